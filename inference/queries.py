"""What the pages ask about trials and workers; nothing here writes."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils import timezone

from catalog.models import Listing, PretrainedModel
from inference.errors import megabytes
from inference.models import InferenceWorker, Trial
from inference.recipes import FolderRecipe, recipe_for

State = Trial.State
LABELS = {
    State.QUEUED: "queued",
    State.FETCHING: "fetching weights",
    State.LOADING: "loading",
    State.RUNNING: "running",
}


def find_pretrained(slug: str) -> PretrainedModel | None:
    """The checkpoint at `<source>/<external id>`; also one that was merged, or is known by another listing."""
    found = PretrainedModel.objects.filter(slug=slug).select_related(
        "merged_into"
    ).first() or _by_listing(slug)
    while found and found.merged_into:
        found = found.merged_into
    return found


def _by_listing(slug: str) -> PretrainedModel | None:
    source, _, external_id = slug.partition("/")
    listing = Listing.objects.filter(source=source, external_id=external_id)
    return next((one.pretrained for one in listing.select_related("pretrained")), None)


# --- Before the click ---------------------------------------------------------------------------

NO_WORKER = (
    "No inference worker is running, so a trial waits in the queue until one is. Start the site with script/server "
    "(without --web-only), or start a worker: celery -A config worker -Q inference -c 1."
)


@dataclass(frozen=True)
class Outlook:
    """What will happen after the click."""

    sentence: str
    has_worker: bool


def outlook(pretrained: PretrainedModel) -> Outlook:
    """Is somebody there, is somebody before me, are the weights there, how long did it take last time?"""
    workers = list(InferenceWorker.objects.live())
    parts = [_weights(pretrained, workers)]
    if waiting := Trial.objects.open().count():
        parts.append(f"{waiting} {'trial is' if waiting == 1 else 'trials are'} before yours.")
    return Outlook(" ".join(parts), bool(workers))


def _weights(pretrained: PretrainedModel, workers: list[InferenceWorker]) -> str:
    recipe = recipe_for(pretrained)
    if recipe is None:
        return ""
    if any(recipe.key in worker.loaded for worker in workers):
        return f"The checkpoint is in memory{_about(pretrained, warm=True)}."
    if isinstance(recipe, FolderRecipe) or any(recipe.key in one.on_disk for one in workers):
        return f"The weights are on disk{_about(pretrained, warm=False)}."
    if pretrained.size_bytes:
        return f"{megabytes(pretrained.size_bytes)} of weights are to be fetched first."
    return "The weights are to be fetched first; how large they are is not known."


def _about(pretrained: PretrainedModel, *, warm: bool) -> str:
    """How long the work took lately, without queue and download: ", about 2 s"."""
    lately = Trial.objects.filter(pretrained=pretrained, state=State.DONE).order_by("-ended_at")[:5]
    times = [seconds for trial in lately if (seconds := _work_seconds(trial, warm=warm))]
    if not times:
        return ""
    middle = sorted(times)[len(times) // 2]
    return f", about {middle:.0f} s" if middle >= 1 else ", less than a second"


def _work_seconds(trial: Trial, *, warm: bool) -> float | None:
    loaded_anew = State.LOADING in trial.times
    if loaded_anew == warm:
        return None
    since = _time(trial.times.get(State.LOADING) or trial.times.get(State.RUNNING))
    return (trial.ended_at - since).total_seconds() if since and trial.ended_at else None


# --- Afterwards ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Step:
    """One state of a trial; `seconds` it has lasted, None if it has not begun."""

    label: str
    seconds: float | None
    is_current: bool
    detail: str = ""


def steps(trial: Trial) -> list[Step]:
    """The states that the trial went through, in order, and those still to come."""
    entered = sorted(
        (moment, state) for state, text in trial.times.items() if (moment := _time(text))
    )
    ends = [moment for moment, _ in entered[1:]] + [trial.ended_at or timezone.now()]
    done = [
        Step(
            LABELS[State(state)],
            max(0.0, (end - begin).total_seconds()),
            state == trial.state,
            _detail(trial, state),
        )
        for (begin, state), end in zip(entered, ends, strict=True)
        if state in LABELS
    ]
    order = list(LABELS)
    later = order[order.index(State(trial.state)) + 1 :] if trial.state in LABELS else []
    begun = {state for _, state in entered} if trial.has_ended else set()
    return done + [Step(LABELS[state], None, False) for state in later if state not in begun]


def _detail(trial: Trial, state: str) -> str:
    if state == State.QUEUED and trial.state == State.QUEUED:
        return f"position {position(trial)}"
    if state == State.FETCHING and trial.fetch_total_bytes:
        return (
            f"{(trial.fetched_bytes or 0) / 1e6:.1f} MB of {trial.fetch_total_bytes / 1e6:.1f} MB"
        )
    return ""


def position(trial: Trial) -> int:
    """1 for the trial that is next."""
    before = Q(created_at__lt=trial.created_at) | Q(created_at=trial.created_at, pk__lt=trial.pk)
    return Trial.objects.filter(before, state=State.QUEUED).count() + 1


def poll_delay(trial: Trial) -> int:
    """Milliseconds until the page should ask again: often at first, since most trials take a second."""
    age = (timezone.now() - trial.created_at).total_seconds()
    return next((delay for limit, delay in ((2, 200), (6, 500), (30, 1000)) if age < limit), 2000)


def bars(trial: Trial) -> list[dict[str, Any]]:
    """The predictions with their probability in percent; of several names of a class the others apart, as `also`."""
    shown = []
    for one in (trial.result or {}).get("predictions", []):
        label, _, also = one["label"].partition(", ")
        shown.append({"label": label, "also": also, "percent": 100 * one["probability"]})
    return shown


def example_of(pretrained: PretrainedModel) -> Trial | None:
    """The newest finished trial on one of the site's own pictures."""
    finished = Trial.objects.examples().filter(pretrained=pretrained)
    return finished.select_related("pretrained").order_by("-ended_at").first()


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
