"""A first view costs a visitor at most 100 kB."""

import pytest
from playwright.sync_api import Browser

from bench.page_weight import LIMIT_BYTES, weigh
from tests.browser.pages import PAGES
from tests.browser.site import RunningSite


@pytest.mark.parametrize("name", PAGES)
def test_first_view_is_light(browser: Browser, site: RunningSite, name: str) -> None:
    weights = weigh(browser, site.url + PAGES[name])

    assert sum(weights.values()) <= LIMIT_BYTES, weights
