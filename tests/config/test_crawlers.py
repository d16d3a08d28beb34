"""The addresses that programs ask of any site."""

from urllib.robotparser import RobotFileParser

import pytest
from django.test import Client
from django.urls import reverse


def test_the_icon_that_programs_ask_for_is_the_one_of_the_pages(client: Client) -> None:
    answer = client.get("/favicon.ico")
    assert answer.status_code == 302
    assert answer["Location"].startswith("/static/icon.")


def test_pages_may_be_read_and_combinations_of_filters_may_not(client: Client) -> None:
    answer = client.get("/robots.txt")
    assert answer["Content-Type"].startswith("text/plain")
    assert answer.text.splitlines()[:3] == [
        "User-agent: *", "Disallow: /*?", "Allow: /*?page=",
    ]  # fmt: skip


@pytest.mark.parametrize(("address", "allowed"), [("/models/timm/x/", True), ("/admin/", False)])
def test_a_robot_understands_it(client: Client, address: str, allowed: bool) -> None:
    robot = RobotFileParser()
    robot.parse(client.get("/robots.txt").text.splitlines())
    assert robot.can_fetch("robot", address) is allowed


@pytest.mark.django_db
@pytest.mark.parametrize("page", ["catalog:home", "catalog:licenses", "harvesters:sources"])
def test_every_page_leads_to_what_changed(client: Client, page: str) -> None:
    footer = client.get(reverse(page)).text.split("<footer")[1]
    assert f'href="{reverse("catalog:changes")}"' in footer


@pytest.mark.django_db
def test_the_sources_lead_to_what_changed_and_that_to_a_day_of_the_past(client: Client) -> None:
    main = client.get(reverse("harvesters:sources")).text.split("<footer")[0]
    assert f'href="{reverse("catalog:changes")}"' in main
    past = f'href="{reverse("catalog:past")}"'
    assert past in client.get(reverse("catalog:changes")).text
