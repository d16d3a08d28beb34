"""Postgres is away, or does not answer in time: a page that says so, and nothing but the site's own words."""

from collections.abc import Iterator

import httpx2
import psycopg
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


@pytest.fixture(scope="module")
def impatient_site(
    site: RunningSite, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningSite]:
    """Another web server of the site, which stops queries after a second."""
    folder = tmp_path_factory.mktemp("impatient")
    port = free_port()
    database, redis = site.environment["DATABASE_URL"], site.environment["REDIS_URL"]
    parts = Site(site.folder, "127.0.0.1", port, database, redis, "x" * 60)
    web = web_service(parts, site.environment | {"WEB_QUERY_SECONDS": "1"})
    alone = RunningSite(f"http://127.0.0.1:{port}", dict(web.environment), folder)
    alone.start(web.command, alone.environment)
    wait_for(lambda: is_alive(alone.url), 60, alone.logs)
    yield alone
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


def test_a_page_whose_query_hangs_says_so_and_the_next_one_answers(
    impatient_site: RunningSite,
) -> None:
    with psycopg.connect(impatient_site.environment["DATABASE_URL"]) as other:
        other.execute("LOCK TABLE catalog_source IN ACCESS EXCLUSIVE MODE")
        response = httpx2.get(f"{impatient_site.url}/sources/", timeout=30)

    assert response.status_code == 503
    assert response.headers["retry-after"] == "10"
    assert "This page took too long" in response.text
    assert "Traceback" not in response.text
    assert httpx2.get(f"{impatient_site.url}/sources/", timeout=30).status_code == 200
