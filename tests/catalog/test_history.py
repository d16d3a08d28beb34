"""What changed, and going back to what was said on an earlier day."""

import csv
import io
from datetime import UTC, datetime, timedelta
from typing import Any
from xml.etree import ElementTree

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from catalog import history
from catalog.models import Change, PretrainedModel
from tests.factories import make_pretrained

pytestmark = pytest.mark.django_db
NOW = datetime.now(UTC)
ATOM = "{http://www.w3.org/2005/Atom}"


def days_ago(number: float) -> datetime:
    return NOW - timedelta(days=number)


def listed(name: str, since: float = 100, **columns: Any) -> PretrainedModel:
    row = make_pretrained(name=name, sources=["timm"], **columns)
    PretrainedModel.objects.filter(pk=row.pk).update(created_at=days_ago(since))
    return row


def became(row: PretrainedModel, field: str, old: Any, new: Any, ago: float) -> None:
    Change.objects.create(pretrained=row, field=field, old=old, new=new, at=days_ago(ago))


def names_at(ago: float) -> list[str]:
    return [row.name for row in history.listed_at(days_ago(ago))]


def test_going_back_undoes_the_changes_since_and_only_those() -> None:
    row = listed("a", license="mit", top1=80.0)
    became(row, "license", "", "apache-2.0", ago=30)
    became(row, "license", "apache-2.0", "mit", ago=10)
    licenses = [history.past_of([row], days_ago(n))[0].values["license"] for n in (40, 20, 5)]
    assert licenses == ["", "apache-2.0", "mit"]
    assert history.past_of([row], days_ago(20))[0].since == {"license"}
    assert history.past_of([row], days_ago(5))[0].since == frozenset()


def test_a_day_has_those_that_were_listed_then() -> None:
    listed("always")
    listed("new", since=5)
    gone = listed("gone", gone_since=days_ago(10))
    became(gone, "gone_since", None, days_ago(10).isoformat(), ago=10)
    returned = listed("returned")
    became(returned, "gone_since", None, days_ago(30).isoformat(), ago=30)
    became(returned, "gone_since", days_ago(30).isoformat(), None, ago=15)
    assert names_at(0) == ["always", "new", "returned"]
    assert names_at(12) == ["always", "gone", "returned"]
    assert names_at(20) == ["always", "gone"]
    assert names_at(40) == ["always", "gone", "returned"]


def test_one_that_was_joined_later_stood_for_itself_before() -> None:
    one, other = listed("one"), listed("other")
    PretrainedModel.objects.filter(pk=other.pk).update(merged_into=one)
    became(other, "merged_into", None, one.slug, ago=10)
    assert names_at(20) == ["one", "other"]
    assert names_at(5) == ["one"]


def test_the_page_as_of_a_day_shows_the_values_of_then_in_a_constant_number_of_queries(
    client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(20):
        row = listed(f"m{number:02}", license="mit")
        became(row, "license", "apache-2.0", "mit", ago=10)
    with django_assert_max_num_queries(4):
        page = client.get("/changes/as-of/", {"date": f"{days_ago(20):%Y-%m-%d}"}).text
    assert page.count("Apache-2.0") == 20
    assert "20 checkpoints on" in page


def test_without_a_day_the_page_opens_a_week_ago(client: Client) -> None:
    row = listed("old", license="mit")
    became(row, "license", "apache-2.0", "mit", ago=3)
    listed("new", since=1)
    page = client.get("/changes/as-of/").text
    assert f'value="{days_ago(7):%Y-%m-%d}"' in page
    assert "1 checkpoint on" in page
    assert "Apache-2.0" in page


def test_a_catalogue_younger_than_a_week_opens_on_its_first_day(client: Client) -> None:
    listed("first", since=2)
    page = client.get("/changes/as-of/").text
    assert f'value="{days_ago(2):%Y-%m-%d}"' in page
    assert "1 checkpoint on" in page


def test_before_the_first_day_the_page_leads_to_it(client: Client) -> None:
    listed("first", since=2)
    page = client.get("/changes/as-of/?q=first&date=2020-01-01").text
    assert "The catalogue begins on" in page
    assert f'href="/changes/as-of/?q=first&amp;date={days_ago(2):%Y-%m-%d}"' in page


def test_words_that_nothing_matched_on_a_day_can_be_dropped(client: Client) -> None:
    listed("resnet")
    day = f"{days_ago(5):%Y-%m-%d}"
    page = client.get("/changes/as-of/", {"date": day, "q": "nothing like it"}).text
    assert "No checkpoint that matches “nothing like it”" in page
    assert f'href="/changes/as-of/?date={day}"' in page


def test_an_empty_catalogue_says_so_as_of_any_day(client: Client) -> None:
    assert "Nothing has been harvested yet" in client.get("/changes/as-of/").text


@pytest.mark.parametrize("text", ["tomorrow", "9999-01-01", "2026-02-31", "<b>"])
def test_what_is_no_day_up_to_today_is_said(client: Client, text: str) -> None:
    page = client.get("/changes/as-of/", {"date": text}).text
    assert "is no day up to today" in page
    assert "<b>" not in page


def test_changes_are_shown_last_first_and_narrowed(client: Client) -> None:
    row, other = listed("a"), listed("b")
    became(row, "license", "mit", "apache-2.0", ago=3)
    became(other, "size_bytes", 1_000_000, None, ago=1)
    page = client.get("/changes/").text
    assert page.index(">b<") < page.index(">a<")
    assert "Apache-2.0" not in client.get("/changes/?field=size_bytes").text
    only = client.get("/changes/", {"model": row.slug}).text
    assert "1.00" not in only
    assert client.get("/changes/?field=nonsense%00&page=x").status_code == 200


def test_the_feed_is_atom_and_hostile_names_stay_text(client: Client) -> None:
    row = listed("<script>alert(1)</script>")
    became(row, "license", "mit", None, ago=1)
    response = client.get("/changes/feed.atom")
    assert response.headers["Content-Type"].startswith("application/atom+xml")
    entries = ElementTree.fromstring(response.content).findall(f"{ATOM}entry")  # noqa: S314 - our own
    assert [entry.findtext(f"{ATOM}title") for entry in entries] == [
        "<script>alert(1)</script>: Licence: MIT → –"
    ]
    assert b"<script>" not in response.content


def test_that_something_became_known_is_no_news_but_is_undone_when_going_back() -> None:
    row = listed("a", license="mit")
    became(row, "license", "", "mit", ago=3)
    became(row, "commercial_use", "unclear", "yes", ago=3)
    became(row, "top1", None, 80.0, ago=3)
    became(row, "gone_since", None, days_ago(2).isoformat(), ago=2)
    assert [change.field for change in history.changes()] == ["gone_since"]
    assert history.past_of([row], days_ago(5))[0].values["license"] == ""


def test_a_model_shows_what_changed_of_it(client: Client) -> None:
    row = listed("a")
    assert 'id="model_history"' not in client.get(row.get_absolute_url()).text
    became(row, "top1", 80.0, 81.25, ago=1)
    page = client.get(row.get_absolute_url()).text
    assert "81.25" in page.split('id="model_history"')[1].split("</section>")[0]


def test_the_catalogue_of_a_day_comes_as_a_table() -> None:
    row = listed("a", parameters=2_000)
    became(row, "parameters", 1_000, 2_000, ago=1)
    out = io.StringIO()
    call_command("catalogue", as_of=f"{days_ago(5):%Y-%m-%d}", stdout=out)
    rows = list(csv.DictReader(io.StringIO(out.getvalue())))
    assert [(r["name"], r["parameters"], r["changed since"]) for r in rows] == [
        ("a", "1000", "parameters")
    ]
    with pytest.raises(CommandError, match="no day"):
        call_command("catalogue", as_of="soon")
