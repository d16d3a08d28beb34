"""The staff's side of harvesting: sources, runs, rejected records, and harvesting now."""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from kombu.exceptions import OperationalError

from catalog.admin import ReadOnlyAdmin
from catalog.models import Source
from harvesters import tasks
from harvesters.models import HarvestRun, RejectedRecord
from harvesters.sources import SOURCES


@admin.register(Source)
class SourceAdmin(ReadOnlyAdmin):
    list_display = ["title", "name", "kind", "homepage"]
    actions = ["harvest_now"]

    @admin.action(description="Harvest now", permissions=["view"])
    def harvest_now(self, request: HttpRequest, queryset: QuerySet[Source]) -> None:
        """Queue the chosen sources; one that is being harvested already says so in its worker's log."""
        for source in queryset:
            if source.name not in SOURCES:
                note = f"{source.title} is not read any more; nothing was started."
                self.message_user(request, note, messages.WARNING)
                continue
            try:
                tasks.harvest.delay(source.name)
            except OperationalError:
                note = "The queue does not answer; check that Redis is running, then try again."
                self.message_user(request, note, messages.ERROR)
                return
            self.message_user(request, f"{source.title} is queued; see the sources page.")


@admin.register(HarvestRun)
class HarvestRunAdmin(ReadOnlyAdmin):
    list_display = [
        "source", "state", "started_at", "seen", "created", "updated", "unchanged", "rejected", "gone",
    ]  # fmt: skip
    list_filter = ["source", "state"]
    list_select_related = ["source"]
    date_hierarchy = "started_at"


@admin.register(RejectedRecord)
class RejectedRecordAdmin(ReadOnlyAdmin):
    list_display = ["external_id", "source", "reason", "attempts", "last_seen"]
    list_filter = ["source"]
    list_select_related = ["source"]
    search_fields = ["external_id", "reason"]
