"""Whether a checkpoint can be tried on a picture here, decided from the catalogue alone."""

from django.conf import settings

from catalog.models import PretrainedModel
from inference.errors import megabytes
from inference.recipes import TorchvisionRecipe, recipe_for

TASK = "image-classification"


def reason_not(pretrained: PretrainedModel) -> str:
    """A sentence that says why not, or "" if it can be tried."""
    if pretrained.task and pretrained.task != TASK:
        task = pretrained.task.replace("-", " ")
        return f"This checkpoint is for {task}; only image classification can be tried here so far."
    if pretrained.num_classes == 0:
        return (
            "This checkpoint has no classifier: it turns a picture into features, so there are no class names to show. "
            "Look for a sibling that was fine-tuned on a data set."
        )
    return _unloadable(pretrained)


def _unloadable(pretrained: PretrainedModel) -> str:
    recipe = recipe_for(pretrained)
    if recipe is None:
        if (pretrained.loading.get("timm") or {}).get("url"):
            return (
                "Its weights are published as a pickle only, which can run code when it is opened, so they are not "
                "loaded here. Look for a sibling on the Hub."
            )
        if pretrained.loading:
            return "It loads with another library than timm and torchvision, which are the ones that run here."
        return "No source says how to load this checkpoint."
    if (
        not pretrained.task
        and not isinstance(recipe, TorchvisionRecipe)
        and not pretrained.num_classes
    ):
        return "No source says what this checkpoint is for."
    if pretrained.size_bytes and pretrained.size_bytes > settings.LOADED_MODELS_MAX_BYTES:
        return (
            f"Its weights take {megabytes(pretrained.size_bytes)}; this site holds at most "
            f"{megabytes(settings.LOADED_MODELS_MAX_BYTES)} in memory (LOADED_MODELS_MAX_BYTES)."
        )
    return ""
