"""Headers that every answer carries, static files and error pages included."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase

# Nothing here uses a sensor, a payment or a camera; a page that is not ours may embed none of our answers.
_PERMISSIONS = (
    "accelerometer", "browsing-topics", "camera", "display-capture", "geolocation", "gyroscope",
    "magnetometer", "microphone", "midi", "payment", "usb",
)  # fmt: skip
HEADERS = {
    "Permissions-Policy": ", ".join(f"{name}=()" for name in _PERMISSIONS),
    "Cross-Origin-Resource-Policy": "same-origin",
}


class SecurityHeaders:
    """Stands first, so that what the later ones answer themselves (static files) is covered too."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        return response
