"""Chromium on a site of its own, and a watch that lets no fault of a page pass."""

import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page

from tests.browser.site import FinishedTrial, RunningSite, running_site

# pytest-playwright keeps an event loop in the main thread, which Django takes for asynchronous code.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
SCREENSHOTS = Path(__file__).resolve().parents[2] / "var" / "browser"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """A picture of what the browser showed when a test failed."""
    report = (yield).get_result()
    page = getattr(item, "funcargs", {}).get("page")
    if report.when == "call" and report.failed and page is not None and not page.is_closed():
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        path = SCREENSHOTS / (re.sub(r"[^\w-]+", "-", item.name) + ".png")
        page.screenshot(path=path, full_page=True)
        report.sections.append(("screenshot", str(path)))


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of an installed Chromium; without one a person's run skips, a CI run fails."""
    found = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if found:
        return found
    reason = "no Chromium found (Debian, Ubuntu: sudo apt install chromium)"
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict, chromium: str) -> dict:
    quiet = ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
    quiet += ["--disable-component-update", "--disable-sync", "--disable-dev-shm-usage"]
    return browser_type_launch_args | {"executable_path": chromium, "args": quiet}


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSite]:
    """The running site, with everything harvested that needs no network."""
    with running_site(tmp_path_factory.mktemp("site")) as site:
        yield site


@pytest.fixture(scope="session")
def finished_trial(site: RunningSite) -> FinishedTrial:
    """A finished trial and the session of whoever started it."""
    return site.finished_trial()


@pytest.fixture(scope="session")
def staff_session(site: RunningSite) -> str:
    """The session of a member of staff."""
    return site.staff_session()


@pytest.fixture(scope="session")
def base_url(site: RunningSite) -> str:
    return site.url


@pytest.fixture
def browser_context_args(base_url: str) -> dict[str, Any]:
    size = {"width": 1280, "height": 800}
    return {"base_url": base_url, "viewport": size, "reduced_motion": "reduce"}


# Leaving a page ends its requests, and a newer filter ends an older one's; htmx calls that an error.
ABORTED = re.compile(r"htmx:(sendAbort|afterRequest)")


class Faults(list[str]):
    """What went wrong in the pages of a test."""

    def __init__(self, origin: str) -> None:
        super().__init__()
        self.origin = origin

    def watch(self, context: BrowserContext) -> None:
        context.on("console", self._console)
        context.on("weberror", lambda event: self.append(f"page error: {event.error}"))
        context.on("request", self._request)
        context.on("requestfailed", self._failed)

    def expect(self, pattern: str) -> None:
        """Takes away what the test provoked; it must be there."""
        matching = [fault for fault in self if re.search(pattern, fault)]
        assert matching, f"no fault matches {pattern!r}: {list(self)}"
        self[:] = [fault for fault in self if fault not in matching]

    def _console(self, message: Any) -> None:
        # Violations of the Content-Security-Policy and answers of 400 and more are console errors too.
        if message.type in ("error", "warning") and not ABORTED.match(message.text):
            self.append(f"console {message.type}: {message.text}")

    def _request(self, request: Any) -> None:
        if not request.url.startswith((self.origin + "/", "data:", "blob:")):
            self.append(f"request to another origin: {request.url}")

    def _failed(self, request: Any) -> None:
        if request.failure != "net::ERR_ABORTED":
            self.append(f"request failed: {request.url} {request.failure}")


@pytest.fixture
def faults(site: RunningSite) -> Iterator[Faults]:
    """Fails the test for anything wrong in any of its pages."""
    faults = Faults(site.url)
    yield faults
    assert not faults


@pytest.fixture
def new_context(new_context: Callable[..., BrowserContext], faults: Faults) -> Callable:
    """Contexts under watch."""

    def make(**arguments: Any) -> BrowserContext:
        context = new_context(**arguments)
        faults.watch(context)
        return context

    return make


@pytest.fixture
def plain_page(new_context: Callable[..., BrowserContext]) -> Page:
    """A page of a browser without JavaScript."""
    return new_context(java_script_enabled=False).new_page()
