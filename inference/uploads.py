"""Refuses an oversized request body before a byte of the file is written anywhere."""

from typing import Any

from django.conf import settings
from django.core.files.uploadhandler import FileUploadHandler, StopUpload
from django.http import HttpRequest

# What a multipart body holds besides the file: boundaries, the CSRF token, names.
ENVELOPE_BYTES = 20_000


def is_too_large(request: HttpRequest) -> bool:
    """Whether the announced body cannot hold an acceptable file."""
    announced = request.META.get("CONTENT_LENGTH") or "0"
    return announced.isdigit() and int(announced) > settings.UPLOAD_MAX_BYTES + ENVELOPE_BYTES


class BoundedUpload(FileUploadHandler):
    """Stands before Django's own handlers, which would write a body of any size to the temporary folder.

    The rest of the body is read and dropped, so that the browser lives to show the answer.
    """

    too_large = False

    def handle_raw_input(self, *args: Any, **kwargs: Any) -> None:  # noqa: ARG002
        # args: input data, META, content length, boundary.
        self.too_large = args[2] > settings.UPLOAD_MAX_BYTES + ENVELOPE_BYTES

    def new_file(self, *args: Any, **kwargs: Any) -> None:  # noqa: ARG002
        if self.too_large:
            raise StopUpload(connection_reset=False)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:  # noqa: ARG002
        return raw_data

    def file_complete(self, file_size: int) -> None:  # noqa: ARG002
        return None
