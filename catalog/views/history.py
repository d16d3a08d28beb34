"""What changed, as a page and as a feed, and the catalogue as of a day."""

from datetime import datetime
from typing import Any

from django.contrib.syndication.views import Feed
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.feedgenerator import Atom1Feed
from django.utils.html import strip_tags
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from catalog import history
from catalog.models import Change
from catalog.templatetags.history import as_value, changed_label, changed_name

_PER_PAGE = 50
_FEED = 100


@csrf_exempt  # changes nothing; another method is answered 405
@require_safe
def changes(request: HttpRequest) -> HttpResponse:
    """The latest changes, of one column or one checkpoint if asked for; unknown names find nothing."""
    field, slug = _asked(request)
    page = Paginator(history.changes(field, slug), _PER_PAGE).get_page(request.GET.get("page"))
    context = {"page": page, "field": field, "slug": slug, "fields": history.LABELS.items()}
    return render(request, "catalog/changes.html", context)


@csrf_exempt  # changes nothing; another method is answered 405
@require_safe
def past(request: HttpRequest) -> HttpResponse:
    """The checkpoints that were listed on a day, a week ago if none is named, with what was known of them then."""
    words = _plain(request.GET.get("q", ""))[:200]
    first = history.first_day()
    asked = _plain(request.GET.get("date", "")) or history.usual_day(first).isoformat()
    day = history.read_day(asked)
    context: dict[str, Any] = {"asked": asked, "day": day, "q": words, "today": timezone.now()}
    context["first"] = first
    if day:
        moment = history.end_of(day)
        found = history.listed_at(moment)
        if words:
            found = found.matching(words)
        page = Paginator(found, _PER_PAGE).get_page(request.GET.get("page"))
        context |= {"page": page, "rows": history.past_of(list(page), moment)}
    return render(request, "catalog/past.html", context)


class ChangesFeed(Feed):
    """The latest changes as Atom; `?model=` and `?field=` narrow it as they do the page."""

    feed_type = Atom1Feed
    title = "Modelscout: what changed"
    description = "Licences, sizes, scores and whereabouts of pretrained models that became others."

    def get_object(self, request: HttpRequest) -> tuple[str, str]:
        return _asked(request)

    def link(self, asked: tuple[str, str]) -> str:  # noqa: ARG002 - syndication hands it over
        return reverse("catalog:changes")

    def items(self, asked: tuple[str, str]) -> list[Change]:
        return list(history.changes(*asked)[:_FEED])

    def item_title(self, item: Change) -> str:
        old, new = (strip_tags(str(as_value(v, item.field))) for v in (item.old, item.new))
        who = f", now by {item.now_by}" if item.now_by else ""
        return f"{changed_name(item)}: {changed_label(item)}: {old} → {new}{who}"

    def item_description(self, item: Change) -> str:
        return item.pretrained.slug

    def item_link(self, item: Change) -> str:
        return item.pretrained.get_absolute_url()

    def item_guid(self, item: Change) -> str:
        return f"urn:modelscout:change:{item.pk}"

    def item_updateddate(self, item: Change) -> datetime:
        return item.at

    def item_pubdate(self, item: Change) -> datetime:
        return item.at


def _asked(request: HttpRequest) -> tuple[str, str]:
    return _plain(request.GET.get("field", "")), _plain(request.GET.get("model", ""))


def _plain(text: str) -> str:
    return text.replace("\x00", "").strip()
