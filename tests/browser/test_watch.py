"""The watch over the pages sees what it is there for, and the policy holds in a real browser."""

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import Faults


@pytest.mark.parametrize(
    ("attack", "noticed"),
    [
        ("document.head.append(Object.assign(document.createElement('script'), {text: 'window.owned = 1'}))", "inline script"),
        ("document.body.setAttribute('style', 'color: red')", "inline style"),
        ("document.body.append(Object.assign(new Image(), {src: 'https://example.org/a.png'}))", "example.org"),
        ("console.error('something went wrong')", "something went wrong"),
        ("setTimeout(() => { throw new Error('uncaught') })", "uncaught"),
    ],
)  # fmt: skip
def test_fault_is_noticed(page: Page, faults: Faults, attack: str, noticed: str) -> None:
    page.goto("/models/")

    page.evaluate(f"() => {{ {attack} }}")
    page.wait_for_timeout(200)

    faults.expect(noticed)
    assert page.evaluate("window.owned") is None
