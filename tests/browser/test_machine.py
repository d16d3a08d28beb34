"""A device and a memory as a person chooses them: live, remembered, typed in words, without scripts."""

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.site import RunningSite

SPEEDS = """
from catalog.models import PretrainedModel, Source
from catalog.reference_records import SpeedRecord
from catalog.references import upsert_references

source, _ = Source.objects.get_or_create(name="timm-results", kind="measurement")
upsert_references(source, [
    SpeedRecord(name, architecture=name, kind="inference", device="NVIDIA GeForce RTX 4090", precision="amp",
                layout="nchw", is_compiled=False, software="torch 2.9.1", input_size=224, batch_size=256,
                images_per_second=speed)
    for name, speed in [("resnet50", 4000.0), ("resnet18", 9000.0), ("vgg16", 30.0)]
])
known = {"parameters": 25_557_032, "activations": 11_110_000}
PretrainedModel.objects.filter(name="resnet50.a1_in1k").update(**known)
"""


@pytest.fixture(scope="module", autouse=True)
def _speeds(site: RunningSite) -> None:
    site.manage("manage.py", "shell", "-c", SPEEDS)


def test_a_device_shows_its_speeds_at_once_and_keeps_the_focus(page: Page) -> None:
    page.goto("/models/?q=resnet50")
    device = page.get_by_label("Device", exact=True)
    device.focus()
    device.select_option("rtx-4090")

    expect(page.get_by_role("columnheader", name="Images/s")).to_be_visible()
    expect(device).to_be_focused()
    expect(page).to_have_url("/models/?q=resnet50&device=rtx-4090")
    page.get_by_label("Speed on RTX 4090 from").fill("3000")
    expect(page.get_by_role("link", name="Remove Speed on RTX 4090 ≥ 3000")).to_be_visible()
    expect(page.locator("tbody tr").first).to_contain_text("4,000")


@pytest.mark.parametrize("script", [True, False])
def test_a_machine_is_remembered_and_what_fits_is_one_click_away(
    new_context: Callable[..., BrowserContext], script: bool
) -> None:
    page = new_context(java_script_enabled=script).new_page()
    page.goto("/models/")
    page.get_by_role("link", name="Remember my machine").click()
    page.get_by_label("Device").select_option("rtx-4090")
    page.get_by_label("Its memory, GB").fill("0.5")
    page.get_by_role("button", name="Remember").click()

    expect(page).to_have_url("/models/?device=rtx-4090")
    page.get_by_role("link", name="16 images", exact=True).click()
    expect(page).to_have_url("/models/?memory=..0.5GB&device=rtx-4090&batch=16")
    chip = page.get_by_role("link", name="Remove Memory at fp16, 16 images ≤ 0.5 GB")
    expect(chip).to_be_visible()
    expect(page.locator("tbody tr")).to_have_count(1)
    page.goto("/models/?device=none")
    expect(page.get_by_label("Device", exact=True)).to_have_value("none")


def test_a_need_in_words_becomes_chips(page: Page) -> None:
    page.goto("/models/")
    box = page.locator("#words")
    box.fill("under 20 ms on an RTX 4090, under 200 MB, at least 75 %")
    box.press("Enter")

    chips = page.get_by_role("list", name="Filters that are set")
    expect(chips).to_contain_text("Speed on RTX 4090 ≥ 50 images/s")
    expect(chips).to_contain_text("Weights ≤ 200 MB")
    expect(chips).to_contain_text("Top-1 on ImageNet ≥ 75 %")
    expect(page.get_by_text("Speed is throughput at the measured batch")).to_be_visible()
    expect(box).to_have_value("")
