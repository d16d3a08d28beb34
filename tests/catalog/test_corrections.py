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


HUB = ("hub:timm/a", "hub-number:5")
REPOSITORY = ("huggingface/timm/a", "huggingface-details/timm/a")


def one_repository(*more: str) -> Listing:
    """A checkpoint of timm that names a repository of the Hub, which two sources list; returns the Hub's."""
    say("timm", "a", "timm:a", "hub:timm/a", *more)
    listed = say("huggingface", "timm/a", *HUB)
    say("huggingface-details", "timm/a", *HUB, "sha256:ff")
    return listed


def entries() -> set[tuple[str, ...]]:
    """The listings of each checkpoint that has any."""
    found = PretrainedModel.objects.prefetch_related("listings").exclude(listings=None)
    return {tuple(sorted(map(str, one.listings.all()))) for one in found}


@pytest.mark.parametrize("source", ["huggingface", "huggingface-details"])
def test_the_listings_of_one_repository_are_taken_out_together(source: str) -> None:
    one_repository()
    say("onnx", "a-int8", parent=("hub:timm/a", "quantized"))
    assert len(entries()) == 2
    taken = Listing.objects.get(source=source, external_id="timm/a")
    corrections.take_out(taken, "Trained again there.", None)
    apart = {("timm/a",), tuple(sorted(REPOSITORY)), ("onnx/a-int8",)}
    for _ in range(2):
        assert entries() == apart
        # What was made from the repository was made from what lies in it.
        assert owner("onnx", "a-int8").parent == owner("huggingface", "timm/a")
        one_repository()
        call_command("resolve")
    taken.refresh_from_db()
    corrections.withdraw(corrections.made_about(taken))
    assert len(entries()) == 2
    assert not KeyCorrection.objects.exists()


def test_a_later_source_of_a_repository_that_was_taken_out_stands_with_it() -> None:
    say("timm", "a", "timm:a", "hub:timm/a")
    corrections.take_out(say("huggingface", "timm/a", *HUB), "Trained again there.", None)
    one_repository()
    assert entries() == {("timm/a",), tuple(sorted(REPOSITORY))}


def test_a_repository_that_was_renamed_is_taken_out_with_its_former_name() -> None:
    say("timm", "a", "timm:a", "hub:timm/a")
    say("huggingface", "timm/a", *HUB)
    renamed = say("huggingface", "new/a", "hub:new/a", "hub-number:5")
    corrections.take_out(renamed, "Trained again there.", None)
    assert entries() == {("timm/a",), ("huggingface/new/a", "huggingface/timm/a")}


def test_those_that_stay_stay_together_though_only_the_repository_joined_them() -> None:
    say("onnx", "x", "hub:timm/a")
    taken = one_repository()
    corrections.take_out(taken, "Trained again there.", None)
    assert entries() == {("onnx/x", "timm/a"), tuple(sorted(REPOSITORY))}
    # Taken back from either side, it is taken back whole.
    stayed = Listing.objects.get(source="timm")
    corrections.withdraw(corrections.made_about(stayed))
    assert len(entries()) == 1


def test_who_names_a_repository_is_taken_out_alone() -> None:
    one_repository()
    corrections.take_out(Listing.objects.get(source="timm"), "Trained again there.", None)
    assert entries() == {("timm/a",), tuple(sorted(REPOSITORY))}


def test_one_repository_is_not_taken_out_of_itself() -> None:
    listed = say("huggingface", "timm/a", *HUB)
    say("huggingface-details", "timm/a", *HUB)
    with pytest.raises(corrections.NothingToCorrect, match="of the same repository"):
        corrections.take_out(listed, "?", None)


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


def test_the_page_says_which_listings_move_together(staff: Client) -> None:
    listed = one_repository()
    before = staff.get(f"/corrections/{listed.pk}/").text
    assert (
        "huggingface-details/timm/a</span> (Huggingface-Details) too: it lists the same" in before
    )
    assert "both name the Hub repository timm/a" in before
    sent = {"verb": "take out", "reason": "Trained again there."}
    after = staff.post(f"/corrections/{listed.pk}/", sent, follow=True).text
    assert "huggingface/timm/a and huggingface-details/timm/a stand apart" in after
    for name in ("timm", "huggingface-details"):
        pk = Listing.objects.get(source=name).pk
        assert "Trained again there." in staff.get(f"/corrections/{pk}/").text


def test_staff_reach_a_correction_from_an_entry_with_one_listing(staff: Client) -> None:
    alone = say("timm", "a", "timm:a")
    link = f'href="/corrections/{alone.pk}/"'
    assert link in staff.get("/models/timm/a/").text
    assert "The same because" not in staff.get("/models/timm/a/").text
    assert link not in Client().get("/models/timm/a/").text


def test_what_changed_tells_who_was_taken_out_of_what_and_joined_with_what(staff: Client) -> None:
    _, other = joined()
    PretrainedModel.objects.update(name="the same name")
    corrections.take_out(other, "Trained again.", None)
    rows = staff.get("/changes/").text.partition("<tbody>")[2]
    taken = [">onnx/b</a>", "Taken out by staff<", ">timm/a<", ">an entry of its own<"]
    assert [rows.find(said) for said in taken] == sorted(rows.find(said) for said in taken)
    assert -1 not in [rows.find(said) for said in taken]
    assert "onnx/b: Taken out by staff: timm/a → an entry of its own" in (
        staff.get("/changes/feed.atom").text
    )
    corrections.withdraw(KeyCorrection.objects.all())
    rows = staff.get("/changes/").text.partition("<tbody>")[2].partition("</tr>")[0]
    assert "Joined with another entry" in rows
    assert rows.find("an entry of its own") < rows.find(">timm/a<")


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
