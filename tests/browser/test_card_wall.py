"""The second wall around a publisher's card: even unsanitised, its htmx attributes ask for nothing."""

import pytest
from playwright.sync_api import Page

HOSTILE = (
    '<p hx-get="/steal" hx-trigger="load">x</p><p data-hx-get="/steal" data-hx-trigger="load">x</p>'
)
SHIPPED = "/models/local/digits-test_efficientnet/"
PUT = """([wall, html]) => {
    const box = wall ? document.querySelector(".card-text") : document.querySelector("article");
    box.innerHTML = html;
    htmx.process(document.body);
}"""


@pytest.mark.parametrize(("wall", "expected"), [(True, 0), (False, 2)])
def test_htmx_leaves_a_card_alone(page: Page, wall: bool, expected: int) -> None:
    asked: list[str] = []
    # Answered here, so that the page's own watch sees no failed request.
    page.route("**/steal", lambda route: (asked.append(route.request.url), route.fulfill(body="")))
    page.goto(SHIPPED)
    page.wait_for_load_state("networkidle")

    page.evaluate(PUT, [wall, HOSTILE])
    page.wait_for_timeout(500)

    assert len(asked) == expected
