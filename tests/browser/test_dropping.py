"""An image that is dropped or pasted is what is tried, whatever was clicked before."""

import base64
import io

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.site import SHIPPED

HAND_OVER = """([how, data]) => {
  const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
  const carried = new DataTransfer();
  carried.items.add(new File([bytes], "mine.png", { type: "image/png" }));
  const event = how === "drop"
    ? new DragEvent("drop", { dataTransfer: carried, bubbles: true, cancelable: true })
    : new ClipboardEvent("paste", { clipboardData: carried, bubbles: true, cancelable: true });
  document.querySelector(how === "drop" ? "#try-form .drop" : "body").dispatchEvent(event);
}"""


@pytest.mark.parametrize("how", ["drop", "paste"])
def test_an_image_that_is_handed_over_is_tried_at_once(page: Page, how: str) -> None:
    file = io.BytesIO()
    Image.new("RGB", (40, 30), "white").save(file, "PNG")
    page.goto(f"/models/{SHIPPED}/try/")
    page.get_by_role("button", name="handwritten 7").click()
    expect(page.locator("#trial img[alt*='handwritten 7']")).to_be_visible()

    page.evaluate(HAND_OVER, [how, base64.b64encode(file.getvalue()).decode()])

    expect(page.locator("#trial img[alt*='mine.png']")).to_be_visible(timeout=20_000)
