"""The staff's side of the catalogue: to look things up; harvests write it, so nobody edits it here."""

from django.contrib import admin

from catalog.models import KeyCorrection, Listing, Paper, PretrainedModel


class ReadOnlyAdmin(admin.ModelAdmin):
    """Rows that can be harvested again, so an edit would be lost at the next harvest."""

    show_full_result_count = False

    # Django's signatures: who asks and for which row makes no difference.
    def has_add_permission(self, *_: object) -> bool:
        return False

    def has_change_permission(self, *_: object) -> bool:
        return False

    def has_delete_permission(self, *_: object) -> bool:
        return False


@admin.register(PretrainedModel)
class PretrainedModelAdmin(ReadOnlyAdmin):
    list_display = ["slug", "task", "family", "license", "parameters", "top1", "gone_since"]
    list_filter = ["task", "license"]
    search_fields = ["slug", "name"]
    exclude = ["search_vector"]


@admin.register(Listing)
class ListingAdmin(ReadOnlyAdmin):
    list_display = ["external_id", "source", "version", "last_seen", "changed_at", "gone_since"]
    list_filter = ["source"]
    list_select_related = ["source"]
    search_fields = ["external_id"]


@admin.register(KeyCorrection)
class KeyCorrectionAdmin(ReadOnlyAdmin):
    """What was decided, by whom and why; each is made and taken back on its listing's own page."""

    list_display = ["external_id", "source", "verb", "key", "reason", "by", "at"]
    list_filter = ["verb", "source"]
    list_select_related = ["source", "by"]
    search_fields = ["external_id", "key", "reason"]


@admin.register(Paper)
class PaperAdmin(ReadOnlyAdmin):
    list_display = ["key", "title", "published"]
    search_fields = ["key", "title"]
