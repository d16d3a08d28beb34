"""The pages of trying, as a visitor meets them: the form and its refusals."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models.functions import Now
from django.test import Client
from pytest_django.fixtures import Settings

from catalog.models import Listing, PretrainedModel, Source
from inference import services, workers
from inference.models import Trial
from inference.queries import bars
from inference.tryable import reason_not
from tests.factories import make_pretrained
from tests.inference.conftest import start
from tests.inference.visiting import HTMX, RESULT, finish, send, try_url, upload


@pytest.fixture(autouse=True)
def fresh_rows(db: None) -> None:
    """Every test here looks at pages, and pages look at rows."""


# --- The form


def test_the_form_is_a_page_and_a_partial_at_one_address(
    client: Client, digits: PretrainedModel
) -> None:
    page = client.get(try_url(digits))
    partial = client.get(try_url(digits), headers=HTMX)

    assert "<html" in page.text
    assert partial.text.strip().startswith('<div id="try"')
    assert partial.text.strip() in page.text.replace("\n\n", "\n") or 'id="try-form"' in page.text
    assert {"HX-Request", "Cookie"} <= set(page["Vary"].replace(" ", "").split(","))
    assert "no-store" in page["Cache-Control"]


def test_a_history_restore_gets_the_whole_page(client: Client, digits: PretrainedModel) -> None:
    answer = client.get(try_url(digits), headers={**HTMX, "HX-History-Restore-Request": "true"})

    assert "<html" in answer.text


def test_the_form_of_an_unknown_checkpoint_is_not_found(client: Client) -> None:
    assert client.get("/models/timm/none/try/").status_code == 404
    assert client.post("/models/timm/none/try/").status_code == 404


def test_the_address_of_another_listing_leads_to_the_canonical_one(
    client: Client, digits: PretrainedModel
) -> None:
    source = Source.objects.create(name="hub", title="Hub", kind="hub")
    Listing.objects.create(
        source=source,
        external_id="some/one.v1",
        pretrained=digits,
        content_hash="x",
        first_seen=Now(),
        last_seen=Now(),
        changed_at=Now(),
    )

    answer = client.get("/models/hub/some/one.v1/try/")

    assert (answer.status_code, answer.url) == (301, try_url(digits))


def test_a_merged_checkpoint_leads_to_what_it_became(
    client: Client, digits: PretrainedModel
) -> None:
    old = make_pretrained(name="old", merged_into=digits)

    assert client.get(try_url(old)).url == try_url(digits)


def test_looking_writes_nothing_and_gives_no_session(
    client: Client, digits: PretrainedModel
) -> None:
    client.get(try_url(digits))

    assert "sessionid" not in client.cookies


def test_before_the_click_the_page_says_what_will_happen(client: Client) -> None:
    remote = make_pretrained(
        name="resnet50.a1_in1k",
        size_bytes=104_000_000,
        num_classes=1000,
        task="image-classification",
        loading={"timm": {"name": "resnet50.a1_in1k", "hub_id": "timm/resnet50.a1_in1k"}},
    )
    assert "104.0 MB of weights are to be fetched first" in client.get(try_url(remote)).text

    workers.describe("cpu", [], ["hub:timm/resnet50.a1_in1k"])
    assert "The weights are on disk" in client.get(try_url(remote)).text

    workers.describe("cpu", ["hub:timm/resnet50.a1_in1k"], [])
    assert "The checkpoint is in memory" in client.get(try_url(remote)).text


def test_how_long_it_took_lately_is_said(client: Client, digits: PretrainedModel) -> None:
    trial = start(digits)
    services.claim_trial(trial.pk, "w|1|1|a")
    services.enter_state(trial.pk, "w|1|1|a", "loading")
    services.finish_trial(trial.pk, "w|1|1|a", RESULT)
    Trial.objects.update(ended_at=Now() + timedelta(seconds=4))
    Trial.objects.update(visitor="")

    assert "The weights are on disk, about 4 s." in client.get(try_url(digits)).text


def test_without_a_worker_the_page_says_so_before_and_after_the_click(
    client: Client, digits: PretrainedModel
) -> None:
    assert "No inference worker is running" in client.get(try_url(digits)).text
    trial = send(client, digits)
    assert "No inference worker is running" in client.get(trial.get_absolute_url()).text

    workers.beat()

    assert "No inference worker is running" not in client.get(try_url(digits)).text
    assert "No inference worker is running" not in client.get(trial.get_absolute_url()).text


def test_an_example_result_is_there_already_and_is_public(
    client: Client, digits: PretrainedModel
) -> None:
    assert "one of our own pictures" not in client.get(try_url(digits)).text
    finish(start(digits, example="seven"))

    text = client.get(try_url(digits)).text

    assert "What it says to one of our own pictures" in text
    assert "three &lt;b&gt;" in text
    assert "examples/seven.webp" in text


def test_after_a_reload_the_form_shows_the_visitors_own_latest_trial(
    client: Client, digits: PretrainedModel
) -> None:
    finish(start(digits, example="seven"))
    trial = send(client, digits, example="three")

    text = client.get(try_url(digits)).text

    assert trial.get_absolute_url() in text
    assert "examples/seven.webp" not in text.split('id="trial"')[1]


# --- What cannot be tried


TIMM = {"timm": {"name": "m", "hub_id": "timm/m"}}


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"task": "object-detection", "loading": TIMM}, "is for object detection"),
        ({"task": "image-classification", "num_classes": 0, "loading": TIMM}, "no classifier"),
        ({"task": "image-classification", "loading": {}}, "No source says how to load"),
        (
            {"task": "image-classification", "loading": {"onnx": {"file": "m.onnx"}}},
            "another library than timm and torchvision",
        ),
        (
            {
                "task": "image-classification",
                "loading": {"timm": {"name": "m", "url": "https://x/m.pth"}},
            },
            "published as a pickle only",
        ),
        (
            {"task": "image-classification", "size_bytes": 9 * 10**9, "loading": TIMM},
            "Its weights take 9.0 GB",
        ),
        ({"loading": TIMM}, "what this checkpoint is for"),
    ],
)
def test_what_cannot_be_tried_says_why_before_the_click(
    client: Client, columns: dict[str, object], words: str
) -> None:
    pretrained = make_pretrained(**columns)

    page = client.get(try_url(pretrained)).text
    answer = client.post(try_url(pretrained), {"example": "clock"})

    assert words in page
    assert 'id="try-form"' not in page
    assert answer.status_code == 422
    assert not Trial.objects.exists()


def test_what_can_be_tried_has_no_reason_not_to_be(digits: PretrainedModel) -> None:
    assert reason_not(digits) == ""


# --- Refusals


def refused(client: Client, pretrained: PretrainedModel, **what: object) -> str:
    answer = client.post(try_url(pretrained), what, headers=HTMX)
    assert answer.status_code == 422
    assert answer.text.strip().startswith('<form id="try-form"')
    assert answer["HX-Retarget"] == "#try-form"
    assert not Trial.objects.exists()
    return answer.text


def test_nothing_chosen_is_a_sentence(client: Client, digits: PretrainedModel) -> None:
    assert "Choose an image, or one of the examples." in refused(client, digits)


def test_a_file_that_is_no_image_is_a_sentence(client: Client, digits: PretrainedModel) -> None:
    text = refused(client, digits, image=upload(b"<script>alert(1)</script>"))

    assert "cannot be read as an image" in text
    assert 'aria-invalid="true"' in text


def test_an_example_that_does_not_exist_is_a_sentence(
    client: Client, digits: PretrainedModel
) -> None:
    assert "There is no such example." in refused(client, digits, example="../../etc/passwd")


def test_an_empty_file_is_a_sentence(client: Client, digits: PretrainedModel) -> None:
    file = SimpleUploadedFile("cat.png", b"", "image/png")

    assert "This file is empty." in refused(client, digits, image=file)


def test_a_body_over_the_limit_is_refused_without_being_stored(
    client: Client, digits: PretrainedModel, settings: Settings
) -> None:
    settings.UPLOAD_MAX_BYTES = 50_000

    text = refused(client, digits, image=upload(b"x" * 200_000))

    assert "larger than 0.05 MB" in text


def test_of_several_names_of_a_class_the_first_one_stands_out(digits: PretrainedModel) -> None:
    named = {
        "index": 1,
        "label": "Shetland sheepdog, Shetland sheep dog, Shetland",
        "probability": 0.5,
    }
    trial = start(digits)
    trial.result = {"predictions": [named, {**named, "label": "class 7"}]}

    shown = [(bar["label"], bar["also"]) for bar in bars(trial)]

    assert shown == [("Shetland sheepdog", "Shetland sheep dog, Shetland"), ("class 7", "")]


def test_too_many_trials_are_a_429_with_a_sentence(
    client: Client, digits: PretrainedModel, settings: Settings
) -> None:
    settings.TRIALS_PER_HOUR = 1
    send(client, digits)

    answer = client.post(try_url(digits), {"example": "three"}, headers=HTMX)

    assert answer.status_code == 429
    assert "within an hour, the most from one visitor or network address" in answer.text
    assert Trial.objects.count() == 1


def test_a_full_storage_is_a_507_with_a_sentence(
    client: Client, digits: PretrainedModel, settings: Settings, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("not a folder")
    storages = {**settings.STORAGES}
    storages["default"] = {**storages["default"], "OPTIONS": {"location": tmp_path / "file"}}
    settings.STORAGES = storages

    answer = client.post(try_url(digits), {"image": upload()}, headers=HTMX)

    assert answer.status_code == 507
    assert "no room for another image" in answer.text
    assert not Trial.objects.exists()


def test_a_post_without_a_token_is_refused(digits: PretrainedModel) -> None:
    strict = Client(enforce_csrf_checks=True)

    assert strict.post(try_url(digits), {"example": "three"}).status_code == 403


@pytest.mark.parametrize(
    "name", ["../../evil.png", "a\0b.png", "CON", "%2e%2e%2f", "x" * 900, "‮gnp.exe"]
)
def test_a_files_name_never_reaches_a_path(
    client: Client, digits: PretrainedModel, name: str
) -> None:
    trial = send(client, digits, image=upload(name=name))

    assert trial.image.startswith("trials/")
    assert trial.image.endswith(".png")
    assert len(trial.image) == len("trials/aa/.png") + 32
    assert client.get(trial.get_absolute_url()).status_code == 200
