"""What every page promises to the browser, and that no page is forgotten."""

import httpx2
import pytest

from config.middleware import HEADERS
from tests.browser.pages import MISSING, NO_PAGES, PAGES, route_of, routes
from tests.browser.site import FinishedTrial, RunningSite

STRICT = {
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "object-src 'none'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
    "form-action 'self'",
}
ALWAYS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
} | {name.lower(): value for name, value in HEADERS.items()}
STATIC = "/static/icon.svg"


def get(site: RunningSite, path: str) -> httpx2.Response:
    return httpx2.get(site.url + path, timeout=30)


def policy(response: httpx2.Response) -> set[str]:
    return {part.strip() for part in response.headers["content-security-policy"].split(";")}


@pytest.mark.parametrize("path", [*PAGES.values(), MISSING], ids=[*PAGES, "missing"])
def test_page_comes_with_the_strict_policy(site: RunningSite, path: str) -> None:
    response = get(site, path)

    assert policy(response) >= STRICT
    assert "unsafe" not in response.headers["content-security-policy"]
    assert ALWAYS.items() <= dict(response.headers).items()
    assert response.headers["x-frame-options"] == "DENY"


def test_finished_trial_comes_with_the_strict_policy(
    site: RunningSite, finished_trial: FinishedTrial
) -> None:
    cookies = {"sessionid": finished_trial.session}

    response = httpx2.get(site.url + finished_trial.path, cookies=cookies)

    assert response.status_code == 200
    assert policy(response) >= STRICT


def test_static_file_comes_with_the_headers(site: RunningSite) -> None:
    response = get(site, STATIC)

    assert response.status_code == 200
    assert ALWAYS.items() <= dict(response.headers).items()


@pytest.mark.parametrize("name", ["home", "browse", "model of timm", "sources"])
def test_reading_sets_no_cookie(site: RunningSite, name: str) -> None:
    assert "set-cookie" not in get(site, PAGES[name]).headers


def test_every_route_is_walked_through(finished_trial: FinishedTrial) -> None:
    walked = {route_of(path) for path in [*PAGES.values(), finished_trial.path]}

    assert routes() - NO_PAGES == walked - {"admin:login"}
