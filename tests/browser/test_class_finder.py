"""The class finder as a visitor meets it, with the keyboard alone."""

import re

from playwright.sync_api import Page, expect


def type_words(page: Page, words: str) -> None:
    page.keyboard.press("/")
    page.keyboard.press("Control+a")
    page.keyboard.type(words)


def expect_rows(page: Page, *names: str) -> None:
    rows = page.locator("#results [data-row]")
    expect(rows.first).to_have_text(names[0])
    expect(rows).to_have_count(len(names))


def test_a_class_is_found_opened_and_leads_to_the_models_that_know_it(page: Page) -> None:
    page.goto("/classes/")
    type_words(page, "bee eaters")
    expect_rows(page, "bee eater")
    page.locator("#table").get_by_role("link", name="bee eater", exact=True).press("Enter")

    expect(page.get_by_role("heading", level=1)).to_have_text("bee eater")
    expect(page.get_by_text("feeds on especially bees")).to_be_visible()
    link = page.get_by_role("link", name=re.compile(r"^1,\d{3} models know it$"))
    link.focus()
    page.keyboard.press("Enter")

    expect(page).to_have_url(re.compile(r"/models/\?class=n01828970$"))
    expect(page.get_by_text("Knows the class: bee eater")).to_be_visible()
    expect(page.locator("#results [data-row]")).to_have_count(30)


def test_one_name_of_two_things_shows_both_with_what_they_are(page: Page) -> None:
    page.goto("/classes/?q=crane")
    rows = page.locator("#table tbody tr")
    expect(rows.nth(0)).to_contain_text("wading bird")
    expect(rows.nth(1)).to_contain_text("lifts and moves heavy objects")


def test_a_slip_of_the_keys_is_asked_about(page: Page) -> None:
    page.goto("/classes/?q=forkift")
    page.get_by_role("link", name="forklift").press("Enter")
    expect_rows(page, "forklift")


def test_words_in_the_search_for_models_lead_to_the_class(page: Page) -> None:
    page.goto("/models/?q=electric+locomotive")
    page.get_by_role("link", name=re.compile("know the class electric locomotive")).press("Enter")
    expect(page.get_by_text("Knows the class: electric locomotive")).to_be_visible()


def test_the_classes_of_a_model_come_when_they_are_asked_for(page: Page) -> None:
    page.goto("/models/timm/resnet50.a1_in1k/")
    expect(page.get_by_role("link", name="tench")).to_have_count(0)
    page.get_by_text("Find one of them").press("Enter")
    expect(page.get_by_role("link", name="tench")).to_be_visible()

    page.get_by_label("Find a class or the number of an output").fill("bee-eater")

    expect(page.locator("#outputs tbody tr")).to_have_count(1)
    expect(page.locator("#outputs")).to_contain_text("92")
