"""The first page: a search box, four questions, what is new, what was harvested."""

from collections.abc import Iterator

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_cookie

from catalog import remembered
from catalog.devices import devices
from catalog.facets import count, panels, read
from catalog.facets.declarations import FACET
from catalog.facets.kinds import UNKNOWN
from catalog.facets.on_machine import NONE
from catalog.facets.repositories import REPOSITORIES
from catalog.models import Paper, PretrainedModel, Source

FRESH = 8
# "May I?" as words of the search box, which the browse page turns into filters.
LICENSES = (
    ("", "does not matter"),
    ("commercial:yes", "lets me use it in a product"),
    ("license:open", "is an open one"),
    ("fine-tuning:yes", "lets me fine-tune"),
    ("redistribution:yes", "lets me pass the weights on"),
)
MEMORIES = ("4", "8", "12", "16", "24", "48", "80")
SIZES = (("", "any"), ("..20MB", "20 MB"), ("..100MB", "100 MB"), ("..500MB", "500 MB"))

EXAMPLES = (
    (
        "Small, from PyTorch's own library",
        "image classification, at most 10 M parameters, smallest first",
        "task=image-classification&library=torchvision&params=..10M&sort=params",
    ),
    (
        "The best that is open and light",
        "ImageNet-1k, open licence, under 100 MB, best top‑1 first",
        "task=image-classification&library=pytorch&dataset=imagenet-1k&license=open"
        "&size=..100MB&sort=-top1",
    ),
    (
        "Features for my own images",
        "backbones that may be fine-tuned, least compute first",
        "task=image-feature-extraction&fine-tuning=yes&sort=gmacs",
    ),
)


PAPER = "1512.03385"
CODE = (
    "Pretrained PyTorch image classifiers on GitHub",
    "repositories that publish weights, most stars first",
    "has=weights&task=image-classification&framework=pytorch",
)


@csrf_exempt  # changes nothing; another method is answered 405
@require_safe
@vary_on_cookie
def home(request: HttpRequest) -> HttpResponse:
    counts = count(read(""))
    known = devices()
    mine = remembered.read(request.COOKIES, known)
    tasks = sorted(counts.values["task"].items(), key=lambda item: -item[1])
    titles = dict(Source.objects.values_list("name", "title"))
    fresh = PretrainedModel.objects.published().newest_first().only("slug", "name", "task", "top1",
        "parameters", "size_bytes", "license", "commercial_use", "created_at")[:FRESH]  # fmt: skip
    context = {
        "total": counts.total,
        "tasks": [(v, FACET["task"].label(v), number) for v, number in tasks if v != UNKNOWN],
        "licenses": LICENSES,
        "sizes": SIZES,
        "devices": known,
        "mine": mine,
        "no_device": NONE if mine.device else "",
        "memories": sorted({*MEMORIES, mine.gigabytes} - {""}, key=float),
        "fresh": fresh,
        "sources": [
            (titles.get(name, name), number, panels.link(read(f"source={name}")))
            for name, number in sorted(counts.values["source"].items(), key=lambda item: -item[1])
        ],
        "questions": list(_questions()),
    }
    return render(request, "catalog/home.html", context)


def _questions() -> Iterator[tuple[str, str, str]]:
    """(title, reason, address) of what the site answers; the paper's only where it is known."""
    for title, reason, query in EXAMPLES:
        yield title, reason, panels.link(read(query))
    title, reason, query = CODE
    yield title, reason, panels.link(read(query, REPOSITORIES))
    if paper := Paper.objects.filter(key=PAPER).only("key", "title").first():
        yield "A paper’s code, weights and scores", str(paper), paper.get_absolute_url()
