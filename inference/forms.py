"""What a person sends to start a trial: an image of their own, or one of the examples."""

from typing import Any, cast

from django import forms
from django.conf import settings

from catalog.models import PretrainedModel
from inference import images
from inference.examples import examples_for


class TryForm(forms.Form):
    """After validation either `picture` (decoded and re-encoded) or `cleaned_data["example"]` is there."""

    image = forms.FileField(required=False, max_length=1000)
    example = forms.ChoiceField(required=False)

    def __init__(self, pretrained: PretrainedModel, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.examples = examples_for(pretrained)
        self.lifetime_hours = settings.UPLOAD_LIFETIME_HOURS
        self.picture: images.Picture | None = None
        field = cast(forms.ChoiceField, self.fields["example"])
        field.choices = [("", ""), *((one.name, one.title) for one in self.examples)]
        field.error_messages["invalid_choice"] = "There is no such example. Choose one of these."
        self.fields["image"].error_messages["empty"] = "This file is empty. Choose another one."

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        upload = cleaned.get("image")
        if cleaned.get("example"):
            # Examples are buttons: whoever sends one has clicked it, whatever the file box still holds.
            cleaned["image"] = None
        elif upload:
            try:
                self.picture = images.accept(upload, upload.size)
            except images.RefusedImage as refused:
                self.add_error("image", str(refused))
        elif not self.errors:
            self.add_error("image", "Choose an image, or one of the examples.")
        return cleaned
