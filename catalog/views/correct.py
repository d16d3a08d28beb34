"""Staff decide that a listing does not belong to its checkpoint, or that it belongs to another one too."""

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_http_methods

from catalog.corrections import (
    MOST_REASON,
    NothingToCorrect,
    made_about,
    put_together,
    same_repository,
    shared_keys,
    take_out,
    withdraw,
)
from catalog.joins import sentence
from catalog.models import Listing
from catalog.models.checkpoints import LONGEST_SLUG


class CorrectionForm(forms.Form):
    """What to do with the listing, and why."""

    verb = forms.ChoiceField(
        label="Decision",
        choices=[
            ("take out", "It is another checkpoint than the other listings"),
            ("put together", "It is the same checkpoint as the listing named below"),
        ],
        widget=forms.RadioSelect,
    )
    same_as = forms.CharField(
        required=False,
        max_length=LONGEST_SLUG,
        label="The same as",
        help_text="Source and name, such as timm/resnet50.a1_in1k.",
    )
    reason = forms.CharField(max_length=MOST_REASON, label="Why, for whoever reads it later")

    def clean(self) -> None:
        """Finds the listing that is named; raises ValidationError saying what is missing."""
        super().clean()
        if self.cleaned_data.get("verb") != "put together":
            return
        source, _, external_id = self.cleaned_data.get("same_as", "").strip().partition("/")
        found = Listing.objects.filter(source=source, external_id=external_id).first()
        if found is None:
            self.add_error(
                "same_as", "No source lists this. Write source/name, as in the address of its page."
            )
        self.cleaned_data["other"] = found


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("catalog.add_keycorrection", login_url="admin:login")
def correct(request: HttpRequest, pk: int) -> HttpResponse:
    """The keys that join a listing to its checkpoint, what was decided about them, and a form to decide."""
    listing = get_object_or_404(Listing.objects.select_related("source", "pretrained"), pk=pk)
    form = CorrectionForm(request.POST if request.method == "POST" else None)
    made = made_about(listing)
    if request.method == "POST" and "withdraw" in request.POST:
        withdraw(made.select_related("source"))
        messages.success(request, "What the sources state counts again.")
        return HttpResponseRedirect(request.path)
    if form.is_valid() and _decide(listing, form, request):
        listing.refresh_from_db()
        return HttpResponseRedirect(listing.pretrained.get_absolute_url())
    context = {
        "listing": listing,
        "together": [one for one in same_repository(listing) if one.pk != listing.pk],
        "form": form,
        "shared": [(key, sentence(key)) for key in shared_keys(listing)],
        "made": made.select_related("by").order_by("-at"),
    }
    status = 422 if form.errors else 200
    return render(request, "catalog/correct.html", context, status=status)


def _decide(listing: Listing, form: CorrectionForm, request: HttpRequest) -> bool:
    chosen = form.cleaned_data
    try:
        if chosen["verb"] == "take out":
            taken = take_out(listing, chosen["reason"], request.user)
            names, verb = " and ".join(map(str, taken)), "stand" if len(taken) > 1 else "stands"
            apart = f"{names} {verb} apart from the other listings now, also after every harvest."
            messages.success(request, apart)
        else:
            put_together(listing, chosen["other"], chosen["reason"], request.user)
            messages.success(request, f"{listing} and {chosen['other']} are one checkpoint now.")
    except NothingToCorrect as problem:
        form.add_error(None, str(problem))
        return False
    return True
