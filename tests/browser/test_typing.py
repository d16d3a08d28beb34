"""Live answers never undo what a person is doing: docs/decisions/0023-live-answers-do-not-undo-typing.md."""

import re

from playwright.sync_api import APIResponse, Page, Route, expect


def test_a_range_keeps_focus_and_text_while_answers_arrive(page: Page) -> None:
    page.goto("/models/")
    box = page.locator("#params-max")
    box.press_sequentially("25.")
    expect(page).to_have_url(re.compile(r"params=\.\.25M"))

    expect(box).to_be_focused()
    expect(box).to_have_value("25.")
    box.press_sequentially("6")
    expect(page).to_have_url(re.compile(r"params=\.\.25\.6M"))
    expect(box).to_have_value("25.6")


class Held:
    """The first answer whose address fits, kept back until `release`."""

    def __init__(self, page: Page, pattern: str) -> None:
        self.page = page
        self.answers: list[tuple[Route, APIResponse]] = []
        page.route(re.compile(pattern), self.hold, times=1)

    def hold(self, route: Route) -> None:
        self.answers.append((route, route.fetch()))

    def wait(self) -> None:
        while not self.answers:
            self.page.wait_for_timeout(20)

    def release(self) -> None:
        route, answer = self.answers[0]
        route.fulfill(response=answer)


def test_a_tick_made_while_an_answer_is_on_its_way_stays(page: Page) -> None:
    page.goto("/models/")
    held = Held(page, "source=timm")
    page.locator("#source-timm").check()
    held.wait()

    page.locator("#task-image-classification").check()
    held.release()

    expect(page).to_have_url(re.compile("source=timm&task=image-classification"))
    expect(page.locator("#source-timm")).to_be_checked()
    expect(page.locator("#task-image-classification")).to_be_checked()


def test_words_act_while_typing_and_filters_wait_for_enter(page: Page) -> None:
    page.goto("/models/")
    box = page.locator("#words")
    box.press_sequentially("resnet size<1")
    expect(page).to_have_url(re.compile(r"\?q=resnet$"))
    expect(box).to_have_value("resnet size<1")
    expect(box).to_be_focused()

    box.press_sequentially("00MB")
    box.press("Enter")

    expect(page).to_have_url(re.compile(r"\?q=resnet&size=\.\.100MB$"))
    expect(box).to_have_value("resnet")
    expect(page.locator("#size-max")).to_have_value("100")
    expect(page.get_by_role("link", name="Weights ≤ 100 MB")).to_be_visible()


def test_the_box_in_a_long_facet_finds_its_values(page: Page) -> None:
    page.goto("/models/")
    page.locator("#find-family").press_sequentially("swin")
    expect(page.locator("#facet-family li").first).to_contain_text(
        re.compile("swin", re.IGNORECASE)
    )
    expect(page.locator("#family-resnet")).to_have_count(0)
    expect(page).to_have_url(re.compile(r"/models/$"))
    expect(page.locator("#find-family")).to_be_focused()


def test_excluding_a_ticked_value_by_keyboard_unticks_it_and_keeps_the_focus(page: Page) -> None:
    page.goto("/models/?task=optical-flow")
    page.get_by_role("button", name="Exclude Optical flow").press("Enter")
    expect(page).to_have_url(re.compile(r"/models/\?-task=optical-flow$"))
    excluded = page.locator("#facet-task").get_by_label("not Optical flow")
    expect(excluded).to_be_focused()

    excluded.press("Space")
    expect(page).to_have_url(re.compile(r"/models/$"))
    expect(page.get_by_role("button", name="Exclude Optical flow")).to_be_focused()


def test_an_excluded_value_is_a_tick_that_can_be_taken_away(page: Page) -> None:
    page.goto("/models/?source=torchvision")
    page.locator("#facet-task li").first.hover()
    page.get_by_role("button", name="Exclude Optical flow").click()
    expect(page).to_have_url(re.compile("-task=optical-flow"))

    page.locator("#facet-task").get_by_label("not Optical flow").uncheck()

    expect(page).to_have_url(re.compile(r"/models/\?source=torchvision$"))
