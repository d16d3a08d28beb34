"""My machine: which device and how much memory this browser is to remember."""

from decimal import Decimal
from urllib.parse import parse_qsl, urlencode, urlsplit

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from catalog.devices import Device, devices, find
from catalog.facets.units import GIGABYTES
from catalog.remembered import LEAST, MOST, Remembered, read, remember


class MachineForm(forms.Form):
    """Both may be left open."""

    device = forms.ChoiceField(
        required=False,
        help_text="Speeds are shown for it. Only devices that somebody measured on are here.",
    )
    memory = forms.DecimalField(
        required=False,
        min_value=LEAST,
        max_value=MOST,
        max_digits=8,
        decimal_places=2,
        label="Its memory, GB",
        help_text="Of a graphics card its own memory; else what the computer can spare.",
        widget=forms.NumberInput(attrs={"step": "any"}),
    )

    def __init__(self, known: list[Device], *arguments: object, **named: object) -> None:
        super().__init__(*arguments, **named)  # type: ignore[arg-type]
        choices = [(device.slug, device.name) for device in known]
        self.fields["device"].choices = [("", "none"), *choices]  # type: ignore[attr-defined]

    def machine(self, known: list[Device]) -> Remembered:
        """What was filled in; for a valid form only."""
        slug, memory = self.cleaned_data["device"], self.cleaned_data["memory"]
        stated = None if memory is None else Decimal(memory) * GIGABYTES.factor
        return Remembered(find(slug, known) if slug else None, stated)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def machine(request: HttpRequest) -> HttpResponse:
    """A form; what it is sent with is kept in a cookie, and the page goes back to where the person came from."""
    known = devices()
    kept = read(request.COOKIES, known)
    after = request.POST.get("next") or request.GET.get("next", "")
    if request.method == "POST" and "forget" in request.POST:
        return _kept(request, Remembered(), after)
    given = {"device": kept.device.slug if kept.device else _asked(after), "memory": kept.gigabytes}
    form = MachineForm(known, request.POST if request.method == "POST" else None, initial=given)
    if form.is_valid():
        return _kept(request, form.machine(known), after)
    context = {"form": form, "next": after, "kept": kept}
    status = 422 if form.errors else 200
    return render(request, "catalog/machine.html", context, status=status)


def _kept(request: HttpRequest, machine: Remembered, after: str) -> HttpResponse:
    response = HttpResponseRedirect(_back(request, after))
    remember(response, machine)
    said = "This browser remembers your machine." if machine else "Your machine is forgotten."
    messages.success(request, said)
    return response


def _back(request: HttpRequest, after: str) -> str:
    """Where the person came from, if that is here, without the device that stood there: now another one may be."""
    host = {request.get_host()}
    if not url_has_allowed_host_and_scheme(after, host, require_https=request.is_secure()):
        return reverse("catalog:browse")
    parts = urlsplit(after)
    rest = [(name, value) for name, value in parse_qsl(parts.query) if name != "device"]
    return parts._replace(query=urlencode(rest, safe=".,:/")).geturl()


def _asked(after: str) -> str:
    """The device of the list that the person comes from."""
    return dict(parse_qsl(urlsplit(after).query)).get("device", "")
