"""A wrong join can be undone, a missed one made, and no later harvest brings the mistake back."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.core.management import call_command
from django.test import Client

from catalog import corrections
from catalog.models import Change, KeyCorrection, Listing, PretrainedModel, Source
from catalog.records import EvaluationRecord, Fact, ModelRecord
from catalog.services import upsert

pytestmark = pytest.mark.django_db
KEY = "weights:https://x.org/a.pth"


def say(source: str, name: str, *keys: str, top1: float = 70, **more: Any) -> Listing:
    row, _ = Source.objects.get_or_create(name=source, defaults={"title": source.title()})
    record = ModelRecord(
        name,
        facts={"name": Fact(name), "license": Fact(more.pop("license", "mit"))},
        evaluations=(EvaluationRecord("imagenet-1k", "top1", top1),),
        identity_keys=keys,
        **more,
    )
    assert not upsert(row, [record]).rejected
    return Listing.objects.get(source=row, external_id=name)


def owner(source: str, name: str) -> PretrainedModel:
    return Listing.objects.get(source=source, external_id=name).pretrained


def joined() -> tuple[Listing, Listing]:
    return say("timm", "a", KEY), say("onnx", "b", KEY, license="gpl-3.0", top1=80)


def test_a_listing_that_is_taken_out_stands_for_itself_after_every_harvest() -> None:
    _, other = joined()
    assert owner("timm", "a") == owner("onnx", "b")
    corrections.take_out(other, "The file was trained again.", None)
    for _ in range(2):
        one, two = owner("timm", "a"), owner("onnx", "b")
        assert one != two
        assert (one.slug, two.slug) == ("timm/a", "onnx/b")
        assert (one.license, two.license) == ("mit", "gpl-3.0")
        assert [e.value for e in two.evaluations.all()] == [80]
        assert (one.top1, two.top1) == (70, 80)
        assert [(c.field, c.old) for c in two.changes.filter(field="merged_into")] == [
            ("merged_into", "timm/a")
        ]
        say("onnx", "b", KEY, license="gpl-3.0", top1=80)
        say("timm", "a", KEY)
        call_command("resolve")


def test_what_was_merged_once_gets_its_old_address_and_history_back() -> None:
    say("timm", "a", "timm:a")
    separate = say("onnx", "b", "sha256:ff").pretrained_id
    say("onnx", "b", "sha256:ff", "timm:a")
    assert owner("onnx", "b").slug == "timm/a"
    corrections.take_out(Listing.objects.get(external_id="b"), "Not the same.", None)
    assert owner("onnx", "b").pk == separate
    assert owner("onnx", "b").merged_into is None
    last = Change.objects.filter(pretrained=separate, field="merged_into").latest("pk")
    assert (last.old, last.new) == ("timm/a", None)


def test_two_that_no_source_connects_can_be_put_together(client: Client) -> None:
    one, other = say("timm", "a", "timm:a"), say("onnx", "b", "sha256:ff")
    corrections.put_together(one, other, "Same tensors.", None)
    say("onnx", "b", "sha256:ff", top1=75)
    say("timm", "a", "timm:a", top1=71)
    assert owner("timm", "a") == owner("onnx", "b")
    assert owner("timm", "a").slug == "timm/a"
    assert "staff of this site found that they are the same" in client.get("/models/timm/a/").text


def test_a_correction_that_is_taken_back_counts_no_more() -> None:
    _, other = joined()
    corrections.take_out(other, "A mistake.", None)
    corrections.withdraw(KeyCorrection.objects.all())
    assert owner("timm", "a") == owner("onnx", "b")
    one, two = say("x", "c", "x:c"), say("y", "d", "y:d")
    corrections.put_together(one, two, "A mistake.", None)
    corrections.withdraw(KeyCorrection.objects.all())
    assert owner("x", "c") != owner("y", "d")


def test_children_follow_the_listing_they_name() -> None:
    joined_one, _ = say("timm", "a", KEY, "timm:a"), say("onnx", "b", KEY, "onnx:b")
    say("onnx", "b-int8", parent=("onnx:b", "quantized"))
    assert owner("onnx", "b-int8").parent == joined_one.pretrained
    corrections.take_out(Listing.objects.get(external_id="b"), "Not the same.", None)
    assert owner("onnx", "b-int8").parent == owner("onnx", "b")


def test_what_would_change_nothing_is_said() -> None:
    alone = say("timm", "a", "timm:a")
    with pytest.raises(corrections.NothingToCorrect, match="shares no key"):
        corrections.take_out(alone, "?", None)
    with pytest.raises(corrections.NothingToCorrect, match="already"):
        corrections.put_together(alone, alone, "?", None)


@pytest.fixture
def staff(client: Client) -> Client:
    user = User.objects.create_user("staff", password="x", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="add_keycorrection"))
    client.force_login(user)
    return client


def test_strangers_can_neither_see_nor_send_the_form(client: Client) -> None:
    _, other = joined()
    for answer in (
        client.get(f"/corrections/{other.pk}/"),
        client.post(f"/corrections/{other.pk}/"),
    ):
        assert answer.status_code == 302
        assert "login" in answer.headers["Location"]
    assert "Correct</a>" not in client.get("/models/timm/a/").text


def test_staff_take_out_and_take_back_on_a_page(staff: Client) -> None:
    _, other = joined()
    assert f'href="/corrections/{other.pk}/"' in staff.get("/models/timm/a/").text
    page = staff.get(f"/corrections/{other.pk}/").text
    assert "both name the weights file https://x.org/a.pth" in page
    sent = {"verb": "take out", "reason": "<b>trained again</b>"}
    answer = staff.post(f"/corrections/{other.pk}/", sent)
    assert answer.headers["Location"] == "/models/onnx/b/"
    page = staff.get(f"/corrections/{other.pk}/").text
    assert "&lt;b&gt;trained again" in page
    staff.post(f"/corrections/{other.pk}/", {"withdraw": "1"})
    assert owner("timm", "a") == owner("onnx", "b")


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"verb": "take out"}, "required"),
        ({"verb": "put together", "reason": "r", "same_as": "nobody/x"}, "No source lists this"),
        ({"verb": "put together", "reason": "r", "same_as": "timm/a"}, "already"),
    ],
)
def test_what_is_missing_in_the_form_is_said(
    staff: Client, sent: dict[str, str], said: str
) -> None:
    _, other = joined()
    answer = staff.post(f"/corrections/{other.pk}/", sent)
    assert answer.status_code == 422
    assert said in answer.text
