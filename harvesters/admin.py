"""The staff's side of harvesting: schedules to change, sources, runs and rejected records to look at."""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from kombu.exceptions import OperationalError

from catalog.admin import ReadOnlyAdmin
from catalog.models import Source
from harvesters import schedule, services, tasks
from harvesters.models import HarvestRun, RejectedRecord, Schedule


@admin.register(Source)
class SourceAdmin(ReadOnlyAdmin):
    list_display = ["title", "name", "kind", "homepage"]
    actions = ["harvest_now"]

    @admin.action(description="Harvest now", permissions=["harvest"])
    def harvest_now(self, request: HttpRequest, queryset: QuerySet[Source]) -> None:
        """Make the chosen sources due now and wake the watch."""
        for source in queryset:
            try:
                self.message_user(request, services.ask_for_run(source))
            except services.NotStarted as problem:
                self.message_user(request, str(problem), messages.WARNING)
        try:
            tasks.watch.delay()
        except OperationalError:
            note = "The queue does not answer; they begin once Redis is there again."
            self.message_user(request, note, messages.WARNING)

    def has_harvest_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("harvesters.change_schedule")


@admin.register(Schedule)
class ScheduleAdmin(admin.ModelAdmin):
    """When each source is read by itself; a row is made for every source by the watch."""

    list_display = ["source", "every", "full_every", "paused", "next_due"]
    list_editable = ["every", "full_every", "paused"]
    list_select_related = ["source"]
    readonly_fields = ["source"]
    list_per_page = 50
    ordering = ["source"]

    def save_model(
        self,
        request: HttpRequest,  # noqa: ARG002 - Django's signature
        obj: Schedule,
        form: "ModelForm[Schedule]",
        change: object,  # noqa: ARG002
    ) -> None:
        """Write what was changed and nothing else: a run that ends at this moment plans the next one."""
        obj.save(update_fields=form.changed_data)
        if "every" in form.changed_data and "next_due" not in form.changed_data:
            schedule.plan_anew(obj.pk)

    # Django's signatures: who asks and for which row makes no difference.
    def has_add_permission(self, *_: object) -> bool:
        return False

    def has_delete_permission(self, *_: object) -> bool:
        return False


@admin.register(HarvestRun)
class HarvestRunAdmin(ReadOnlyAdmin):
    list_display = [
        "source", "kind", "state", "started_at", "seen", "created", "updated", "unchanged", "rejected", "gone",
    ]  # fmt: skip
    list_filter = ["source", "state", "kind"]
    list_select_related = ["source"]
    date_hierarchy = "started_at"


@admin.register(RejectedRecord)
class RejectedRecordAdmin(ReadOnlyAdmin):
    list_display = ["external_id", "source", "reason", "attempts", "last_seen"]
    list_filter = ["source"]
    list_select_related = ["source"]
    search_fields = ["external_id", "reason"]
