"""The proposals under the search box by keyboard, by mouse, for a screen reader, and without JavaScript."""

import re
import time

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

from tests.browser.site import RunningSite


@pytest.fixture(scope="module", autouse=True)
def _gathered(site: RunningSite) -> None:
    site.manage("manage.py", "completions")


def box_of(page: Page) -> Locator:
    return page.get_by_role("search").get_by_role("combobox")


def listed(page: Page) -> Locator:
    return page.locator("#suggest")


def typed(page: Page, path: str, text: str) -> None:
    """A page with this text in its search box, and the proposals for it."""
    page.goto(path)
    box_of(page).press_sequentially(text)
    expect(listed(page)).to_be_visible()


@pytest.mark.parametrize("path", ["/", "/models/", "/papers/", "/sources/"])
def test_arrows_walk_through_the_proposals_and_enter_opens_one(page: Page, path: str) -> None:
    typed(page, path, "convnext_b")
    box = box_of(page)
    expect(box).to_have_attribute("aria-expanded", "true")
    expect(page.locator("#suggest-status")).to_have_text(re.compile(r"^\d+ suggestions, use"))
    box.press("ArrowUp")
    expect(listed(page).get_by_role("option").last).to_have_attribute("aria-selected", "true")
    box.press("ArrowDown")
    expect(listed(page).get_by_role("option", selected=True)).to_have_count(0)
    box.press("ArrowDown")
    first = listed(page).get_by_role("option").first
    expect(box).to_have_attribute("aria-activedescendant", first.get_attribute("id") or "")
    expect(box).to_be_focused()
    wanted = listed(page).get_by_role("group", name="Architectures").get_by_role("option").first
    while wanted.get_attribute("aria-selected") != "true":
        box.press("ArrowDown")
    box.press("Enter")
    expect(page).to_have_url(re.compile(r"/architectures/convnext_base/$"))


def test_escape_closes_the_list_and_keeps_what_was_typed(page: Page) -> None:
    typed(page, "/", "convnext")
    box = box_of(page)
    box.press("ArrowDown")
    box.press("Escape")
    expect(listed(page)).to_be_hidden()
    expect(box).to_have_attribute("aria-expanded", "false")
    expect(box).not_to_have_attribute("aria-activedescendant", re.compile("."))
    expect(box).to_have_value("convnext")
    box.press("ArrowDown")
    expect(listed(page)).to_be_visible()


def test_enter_without_a_choice_searches_for_what_was_typed(page: Page) -> None:
    typed(page, "/", "convnext_ba")
    box_of(page).press("Enter")
    expect(page).to_have_url(re.compile(r"/models/\?q=convnext_ba$"))
    expect(listed(page)).to_be_hidden()


def test_a_filter_is_completed_step_by_step_and_acts(page: Page) -> None:
    typed(page, "/models/", "resnet lic")
    box = box_of(page)
    box.press("ArrowDown")
    box.press("Enter")
    expect(box).to_have_value("resnet license:")
    box.press_sequentially("apa")
    expect(listed(page).get_by_role("option").first).to_contain_text("license:apache-2.0")
    listed(page).get_by_role("option").first.click()
    expect(box).to_have_value("resnet license:apache-2.0 ")
    expect(box).to_be_focused()
    box.press("Enter")
    expect(page).to_have_url(re.compile(r"/models/\?q=resnet&license=apache-2.0$"))
    expect(listed(page)).to_be_hidden()


def test_enter_at_once_is_not_undone_by_the_answer_while_typing(page: Page) -> None:
    page.goto("/models/")
    page.route(re.compile(r"q=resnet\+size"), lambda route: (time.sleep(0.6), route.continue_()))
    box_of(page).press_sequentially("resnet size<100MB")
    box_of(page).press("Enter")
    expect(page).to_have_url(re.compile(r"/models/\?q=resnet&size=\.\.100MB$"))


def test_the_list_survives_the_live_answer_that_brings_a_new_box(page: Page) -> None:
    typed(page, "/models/", "convnext_t")
    box = box_of(page)
    box.press("ArrowDown")
    expect(page).to_have_url(re.compile(r"q=convnext_t$"))
    expect(box).to_have_attribute("aria-expanded", "true")
    expect(box).to_have_attribute("aria-activedescendant", re.compile("^suggest-"))
    box.press("Tab")
    expect(listed(page)).to_be_hidden()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_the_open_list_has_no_violations(page: Page, scheme: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.emulate_media(color_scheme=scheme)
    typed(page, "/", "resnet50")
    box_of(page).press("ArrowDown")
    found = Axe().run(page, context=".site-search")
    assert found.response["violations"] == [], found.generate_report()


def test_without_javascript_the_box_is_a_plain_form(plain_page: Page) -> None:
    plain_page.goto("/")
    box = plain_page.get_by_role("searchbox")
    box.fill("convnext")
    expect(listed(plain_page)).to_be_hidden()
    box.press("Enter")
    expect(plain_page).to_have_url(re.compile(r"/models/\?q=convnext$"))
