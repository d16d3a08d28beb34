"""Postgres is away: a page that says so, and nothing but the site's own words."""

from collections.abc import Iterator

import httpx2
import pytest

from config.embedded.environment import Site
from config.embedded.services import web_service
from tests.browser.site import RunningSite, free_port, wait_for


@pytest.fixture(scope="module")
def site_without_database(
    site: RunningSite, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """Another web server of the site, whose Postgres has never answered."""
    folder = tmp_path_factory.mktemp("outage")
    port = free_port()
    database = f"postgres://postgres@/nothing?host={folder}"
    parts = Site(site.folder, "127.0.0.1", port, database, site.environment["REDIS_URL"], "x" * 60)
    web = web_service(parts, site.environment | {"DATABASE_URL": database})
    alone = RunningSite(f"http://127.0.0.1:{port}", dict(web.environment), folder)
    alone.start(web.command, alone.environment)
    wait_for(lambda: is_alive(alone.url), 60, alone.logs)
    yield alone.url
    alone.stop()


def is_alive(url: str) -> bool:
    try:
        return httpx2.get(f"{url}/livez").status_code == 200
    except httpx2.TransportError:
        return False


def test_page_says_that_the_database_is_away(site_without_database: str) -> None:
    response = httpx2.get(f"{site_without_database}/models/?q=resnet", timeout=30)

    assert response.status_code == 503
    assert response.headers["retry-after"] == "10"
    assert "The database does not answer just now" in response.text
    assert "Traceback" not in response.text


def test_readiness_says_no(site_without_database: str) -> None:
    response = httpx2.get(f"{site_without_database}/readyz", timeout=30)

    assert response.status_code == 503
    assert response.text == "Postgres does not answer\n"
