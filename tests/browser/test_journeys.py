"""The main job as a visitor meets it: browse, narrow, open, try, result."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import Faults
from tests.browser.site import SHIPPED

TRIAL_MS = 90_000


def facet(page: Page, name: str, value: str):
    return page.locator(f"input[name={name}][value='{value}']")


def expect_models(page: Page, count: int) -> None:
    expect(
        page.get_by_role("status").filter(has_text=re.compile(rf"^\s*{count:,} models?"))
    ).to_be_visible()


def expect_the_three(page: Page) -> None:
    first = page.locator("#trial table tbody tr").first
    expect(first).to_contain_text("three", timeout=TRIAL_MS)
    expect(page.locator("#trial")).not_to_have_attribute("hx-trigger", re.compile(".*"))


def test_browse_narrow_open_try_result(page: Page) -> None:
    page.goto("/models/")
    facet(page, "source", "local").check()
    expect_models(page, 1)
    expect(page).to_have_url(re.compile(r"/models/\?source=local$"))

    page.locator("#results").get_by_role("link", name="digits-test_efficientnet").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("digits-test_efficientnet")
    page.get_by_role("button", name="handwritten 3").click()

    expect_the_three(page)


def test_own_picture_is_classified(page: Page, tmp_path: Path) -> None:
    page.goto(f"/models/{SHIPPED}/try/")
    page.screenshot(path=tmp_path / "picture.png")

    page.set_input_files("#try-form input[type=file]", tmp_path / "picture.png")

    expect(page.locator("#trial table tbody tr")).to_have_count(5, timeout=TRIAL_MS)
    expect(page.get_by_role("img", name="picture.png")).to_be_visible()


def test_file_that_is_no_picture_is_refused_in_place(
    page: Page, faults: Faults, tmp_path: Path
) -> None:
    (tmp_path / "notes.txt").write_text("no picture")
    page.goto(f"/models/{SHIPPED}/")

    page.set_input_files("#try-form input[type=file]", tmp_path / "notes.txt")

    expect(page.locator("#image-error")).to_be_visible()
    expect(page).to_have_url(re.compile(rf"/models/{SHIPPED}/$"))
    faults.expect("status of 422")


def test_back_button_returns_to_each_narrowing(page: Page) -> None:
    page.goto("/models/")
    facet(page, "library", "torchvision").check()
    expect(page).to_have_url(re.compile(r"\?library=torchvision$"))
    facet(page, "task", "optical-flow").check()
    expect(page).to_have_url(re.compile("task=optical-flow"))
    page.locator("#results tbody a").first.click()
    expect(page.get_by_role("heading", name="Where it comes from")).to_be_visible()

    page.go_back()
    expect(facet(page, "task", "optical-flow")).to_be_checked()
    page.go_back()
    expect(facet(page, "task", "optical-flow")).not_to_be_checked()
    expect(facet(page, "library", "torchvision")).to_be_checked()
    page.go_back()

    expect(page).to_have_url(re.compile(r"/models/$"))
    expect(facet(page, "library", "torchvision")).not_to_be_checked()
    expect(page.get_by_role("link", name="Sources", exact=True)).to_be_visible()


def test_chip_takes_its_filter_away(page: Page) -> None:
    page.goto("/models/?source=torchvision&task=optical-flow")
    expect_models(page, 8)

    page.get_by_role("link", name=re.compile("Task: Optical flow")).click()

    expect_models(page, 166)
    expect(facet(page, "task", "optical-flow")).not_to_be_checked()


def test_keyboard_alone_leads_to_a_result(page: Page) -> None:
    page.goto("/models/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("/")
    page.keyboard.type("digits")
    page.keyboard.press("Enter")
    expect_models(page, 1)
    page.keyboard.press("Tab")  # out of the box, where letters are text
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("digits-test_efficientnet")
    expect(page.locator("#try-form")).to_be_visible()

    tab_to(page, "three")
    page.keyboard.press("Enter")

    expect_the_three(page)


def tab_to(page: Page, value: str) -> None:
    """Presses Tab until the button with this value has the focus."""
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.value") == value:
            return
    pytest.fail(f"Tab never reached the button {value!r}")


def test_list_of_keys_opens_and_closes(page: Page) -> None:
    page.goto("/models/")

    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")

    expect(page.get_by_role("dialog")).to_be_hidden()


def test_without_javascript_everything_works(plain_page: Page) -> None:
    plain_page.goto("/models/")
    facet(plain_page, "source", "local").check()
    plain_page.get_by_role("button", name="Apply").click()
    expect_models(plain_page, 1)
    plain_page.locator("#results").get_by_role("link", name="digits-test_efficientnet").click()
    plain_page.get_by_role("link", name="Try it", exact=True).click()
    plain_page.get_by_role("button", name="handwritten 3").click()
    expect(plain_page).to_have_url(re.compile(r"/trials/[0-9a-f-]{36}/$"))

    expect_the_three(plain_page)


def test_enter_in_a_range_applies_it_and_excludes_nothing(plain_page: Page) -> None:
    plain_page.goto("/models/")
    plain_page.get_by_label("Parameters to").fill("30")
    plain_page.keyboard.press("Enter")

    expect(plain_page).to_have_url(re.compile(r"/models/\?params=\.\.30M$"))


def test_drawer_of_filters_on_a_narrow_screen(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto("/models/")
    expect(facet(page, "source", "local")).to_be_hidden()

    page.get_by_role("button", name="Filters").click()
    facet(page, "source", "local").check()
    page.get_by_role("button", name="Apply").click()

    expect_models(page, 1)
    expect(facet(page, "source", "local")).to_be_hidden()


def test_lost_connection_is_said_aloud_and_forgotten(
    page: Page, context: BrowserContext, faults: Faults
) -> None:
    page.goto("/models/")
    context.set_offline(True)
    facet(page, "source", "local").check()
    expect(page.locator("#messages")).to_contain_text("The site does not answer")

    context.set_offline(False)
    facet(page, "source", "local").uncheck()

    expect(page.locator("#messages")).to_be_empty()
    faults.expect("ERR_INTERNET_DISCONNECTED|htmx:sendError")
