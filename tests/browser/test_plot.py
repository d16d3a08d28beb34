"""The plot as a person uses it: with the mouse, with the keyboard, with and without scripts."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

PLOT = "/models/?view=plot"
DIMMED = """() => [...document.querySelectorAll(".plot-dots")]
  .map((one) => [one.className.baseVal.split("plot-dot-")[1], getComputedStyle(one).opacity])"""


def test_tab_reaches_the_plot_once_and_arrows_go_from_dot_to_dot(page: Page) -> None:
    page.goto(PLOT)
    page.locator("#family-all").focus()

    page.keyboard.press("Tab")
    expect(page.locator("[data-plot]")).to_be_focused()
    page.keyboard.press("ArrowRight")
    first = page.locator("[data-readout]").text_content()
    page.keyboard.press("ArrowRight")
    second = page.locator("[data-readout]").text_content()
    page.keyboard.press("ArrowLeft")

    assert first != second
    assert re.search(r": Top-1 [\d.]+ %, parameters [\d.,]+ M", second or "")
    expect(page.locator("[data-readout]")).to_have_text(first or "")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('svg')") is None


def test_enter_opens_the_dot_that_the_arrows_lead_to(page: Page) -> None:
    page.goto(PLOT)
    page.locator("[data-plot]").focus()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowDown")
    name = (page.locator("[data-readout]").text_content() or "").partition(":")[0]

    page.keyboard.press("Enter")

    expect(page.locator("h1")).to_contain_text(name)


def test_pointing_at_a_dot_tells_its_name_and_a_click_opens_it(page: Page) -> None:
    page.goto(PLOT)
    dot = page.locator(".plot-dots a").last
    title = dot.locator("title").text_content() or ""

    dot.hover(force=True)
    expect(page.locator("[data-readout]")).to_have_text(title)
    dot.click(force=True)

    expect(page.locator("h1")).to_contain_text(title.partition(":")[0])


@pytest.mark.parametrize(("script", "family"), [(True, "ResNet"), (False, "Others")])
def test_the_legend_keeps_one_family_and_dims_the_others(
    new_context: Callable[..., BrowserContext], script: bool, family: str
) -> None:
    page = new_context(java_script_enabled=script).new_page()
    page.goto(PLOT)

    page.locator(".plot-legend .choice", has_text=family).click()

    checked = page.locator(".plot-legend input:checked").get_attribute("id") or ""
    # Playwright's own world works where the page's scripts do not.
    shown = dict(page.evaluate(DIMMED))
    assert shown.pop(checked.partition("-")[2]) == "1"
    assert set(shown.values()) == {"0.1"}


def test_another_axis_is_drawn_at_once_and_stands_in_the_address(page: Page) -> None:
    page.goto(PLOT)
    page.locator(".plot-legend .choice", has_text="ResNet").click()

    page.get_by_label("Across").select_option("gmacs")

    expect(page.locator("#plot figcaption")).to_contain_text("Top-1 against compute")
    expect(page).to_have_url(re.compile(r"\?view=plot&x=gmacs$"))
    # The family that is looked at stays.
    checked = page.locator(".plot-legend input:checked")
    expect(checked).to_have_value("resnet")
    page.get_by_role("link", name="Table", exact=True).click()
    expect(page).to_have_url(re.compile(r"\?x=gmacs$"))


def test_what_nothing_beats_is_a_filter_with_a_chip(page: Page) -> None:
    page.goto(PLOT)
    front = int((page.locator("#plot h2").text_content() or "").split()[1])

    page.get_by_role("link", name="List only these").click()

    chip = page.locator(".chip", has_text="Nothing beats it: parameters and top-1")
    expect(chip).to_be_visible()
    expect(page.locator("#count")).to_have_text(f"{front} models")
    expect(page.locator("#best")).to_have_value("params,top1")
    chip.click()
    expect(page).to_have_url(re.compile(r"/models/$"))
    expect(page.locator("#best")).to_have_value("")


def test_axes_can_be_chosen_without_a_script(plain_page: Page) -> None:
    page = plain_page
    page.goto(PLOT)

    page.get_by_label("Up", exact=True).select_option("top5")
    page.get_by_role("button", name="Draw").click()

    expect(page).to_have_url(re.compile(r"\?view=plot&y=top5$"))
    expect(page.locator("#plot figcaption")).to_contain_text("Top-5 against parameters")


@pytest.mark.parametrize("media", ["screen", "print"])
def test_the_plot_fits_the_page(page: Page, media: str) -> None:
    page.set_viewport_size({"width": 390, "height": 800})
    page.emulate_media(media=media)  # type: ignore[arg-type]
    page.goto(PLOT)

    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert (page.locator("svg.plot").bounding_box() or {})["width"] > 300
