"""Every page, both themes, wide and narrow: axe-core finds nothing, and nothing sticks out of the window."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.browser.conftest import Faults
from tests.browser.pages import MISSING, PAGES
from tests.browser.site import FinishedTrial

WIDTHS = (1280, 390)
NARROWEST = 360
# Names of descriptions that are not on the page, which axe leaves to a person.
NOWHERE = """(all) => all.flatMap((one) => one.getAttribute("aria-describedby").split(" "))
  .filter((id) => !document.getElementById(id))"""
# Waited for: a table that no longer fits gets its scroll box back with one of the next frames.
FITS = """new Promise((done) => {
  const look = (frames) => {
    const fits = document.documentElement.scrollWidth <= innerWidth;
    fits || !frames ? done(fits) : requestAnimationFrame(() => look(frames - 1));
  };
  look(200);
})"""
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def visit(page: Page, path: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.emulate_media(color_scheme="light")
    page.goto(path)


def check(page: Page) -> None:
    """All rules in the light theme; where it is wide the colours of the dark one, the only thing that changes."""
    assert page.locator("[aria-describedby]").evaluate_all(NOWHERE) == []
    assert_no_violation(page, {"runOnly": RULES, "resultTypes": ["violations"]})
    if page.viewport_size == {"width": WIDTHS[0], "height": 800}:  # colours know no width
        page.emulate_media(color_scheme="dark")
        # Two frames, after which every colour has become the dark one.
        page.evaluate(
            "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
        )
        assert_no_violation(page, {"runOnly": ["color-contrast"], "resultTypes": ["violations"]})
    page.set_viewport_size({"width": NARROWEST, "height": 800})
    assert page.evaluate(FITS)


def assert_no_violation(page: Page, options: dict) -> None:
    report = Axe().run(page, options=options)
    assert not report.violations_count, report.generate_report()


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", PAGES)
def test_page_is_accessible(page: Page, name: str, width: int) -> None:
    visit(page, PAGES[name], width)

    check(page)


@pytest.mark.parametrize("width", WIDTHS)
def test_finished_trial_is_accessible(
    page: Page, finished_trial: FinishedTrial, base_url: str, width: int
) -> None:
    cookie = {"name": "sessionid", "value": finished_trial.session, "url": base_url}
    page.context.add_cookies([cookie])

    visit(page, finished_trial.path, width)
    page.evaluate("document.querySelectorAll('details').forEach((one) => (one.open = true))")

    check(page)


def sign_in(page: Page, session: str, base_url: str) -> None:
    page.context.add_cookies([{"name": "sessionid", "value": session, "url": base_url}])


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", ["model of torchvision", "a source"])
def test_what_staff_see_is_accessible(
    page: Page, staff_session: str, base_url: str, name: str, width: int
) -> None:
    sign_in(page, staff_session, base_url)

    visit(page, PAGES[name], width)

    check(page)


@pytest.mark.parametrize("width", WIDTHS)
def test_correcting_a_join_is_accessible(
    page: Page, staff_session: str, base_url: str, faults: Faults, width: int
) -> None:
    sign_in(page, staff_session, base_url)
    visit(page, PAGES["model of torchvision"], width)
    page.locator("a[href^='/corrections/']").last.click()
    path = page.url
    check(page)

    page.get_by_label("It is the same checkpoint").check()
    page.get_by_label("The same as").fill("nowhere/nothing")
    page.get_by_label("Why").fill("It says so.")
    page.get_by_role("button", name="Decide").click()
    page.get_by_text("No source lists this").wait_for()
    faults.expect("422")
    check(page)

    page.get_by_label("It is another checkpoint").check()
    page.get_by_role("button", name="Decide").click()
    visit(page, path, width)
    page.get_by_role("heading", name="What was decided").wait_for()
    check(page)
    page.get_by_role("button", name="Take it back").click()


@pytest.mark.parametrize(
    "name",
    [
        "home",
        "browse",
        "data sets",
        "model of torchvision",
        "sources",
        "a source",
        "paper",
        "repository",
        "architecture",
        "repositories",
    ],
)
def test_on_a_phone_every_value_of_a_stacked_table_is_seen_with_its_columns_name(
    page: Page, name: str
) -> None:
    visit(page, PAGES[name], NARROWEST)

    lost = page.locator("table.data-stacked td").evaluate_all(
        """(cells) => cells.filter((cell) => {
          const head = cell.closest("table").tHead.rows[0].cells[cell.cellIndex]?.textContent;
          const box = cell.getBoundingClientRect();
          const named = !cell.dataset.label || cell.dataset.label === head;
          return !named || box.left < 0 || box.right > innerWidth || (cell.textContent.length > 60 && box.width < 200);
        }).map((cell) => cell.outerHTML)"""
    )

    assert page.locator("table.data-stacked td").count() > 3
    assert lost == []


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", ["what changed", "as of a day", "data set"])
def test_the_button_of_a_form_comes_after_its_fields_and_stands_on_the_line_of_boxes(
    page: Page, name: str, width: int
) -> None:
    visit(page, PAGES[name], width)
    form = page.locator("main form.fields")
    boxes = form.locator("input:visible, select")

    bottoms = form.locator("input:visible, select, button").evaluate_all(
        "(all) => all.map((one) => Math.round(one.getBoundingClientRect().bottom))"
    )

    assert boxes.count() >= 1
    assert len(bottoms) == boxes.count() + 1
    # On the last line of boxes, or where that is full on a line of its own.
    assert bottoms[-1] == bottoms[-2] or bottoms[-1] > bottoms[-2] + 20


@pytest.mark.parametrize("width", WIDTHS)
def test_missing_page_is_accessible(page: Page, faults: Faults, width: int) -> None:
    visit(page, MISSING, width)

    faults.expect("404")
    check(page)


def test_open_drawer_of_filters_is_accessible(page: Page) -> None:
    visit(page, PAGES["narrowed"], 390)
    page.get_by_role("button", name="Filters").click()

    check(page)
