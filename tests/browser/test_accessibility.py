"""Every page, both themes, wide and narrow: axe-core finds nothing, and nothing sticks out of the window."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.browser.conftest import Faults
from tests.browser.pages import MISSING, PAGES

THEMES = ("light", "dark")
WIDTHS = (1280, 390)
RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],
}


def check(page: Page) -> None:
    report = Axe().run(page, options=RULES)
    assert not report.violations_count, report.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("name", PAGES)
def test_page_is_accessible(page: Page, name: str, theme: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.emulate_media(color_scheme=theme)

    page.goto(PAGES[name])

    check(page)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("theme", THEMES)
def test_finished_trial_is_accessible(
    page: Page, finished_trial: str, theme: str, width: int
) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.emulate_media(color_scheme=theme)

    page.goto(finished_trial)
    page.evaluate("document.querySelectorAll('details').forEach((one) => (one.open = true))")

    check(page)


@pytest.mark.parametrize("theme", THEMES)
def test_missing_page_is_accessible(page: Page, faults: Faults, theme: str) -> None:
    page.emulate_media(color_scheme=theme)

    page.goto(MISSING)

    faults.expect("404")
    check(page)


@pytest.mark.parametrize("name", ["home", "narrowed", "model of timm", "try", "sources"])
def test_page_fits_the_narrowest_screen(page: Page, name: str) -> None:
    page.set_viewport_size({"width": 360, "height": 700})

    page.goto(PAGES[name])

    assert page.evaluate("document.documentElement.scrollWidth") <= 360
