"""Which address a visitor counts as, behind proxies and with IPv6."""

import pytest
from django.test import RequestFactory
from pytest_django.fixtures import Settings

from inference import access


def address(
    proxies: int, settings: Settings, forwarded: str = "", remote: str = "10.0.0.1"
) -> str | None:
    settings.TRUSTED_PROXY_COUNT = proxies
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    return access.client_address(RequestFactory().get("/", headers=headers, REMOTE_ADDR=remote))


@pytest.mark.parametrize(
    ("proxies", "forwarded", "expected"),
    [
        (0, "", "10.0.0.1"),
        (0, "198.51.100.7", "10.0.0.1"),
        (1, "198.51.100.7", "198.51.100.7"),
        (1, "6.6.6.6, 198.51.100.7", "198.51.100.7"),
        (2, "6.6.6.6, 198.51.100.7, 10.0.0.2", "198.51.100.7"),
        (2, "198.51.100.7", "10.0.0.1"),
        (1, "not an address", None),
    ],
)
def test_only_what_our_proxies_appended_is_believed(
    proxies: int, forwarded: str, expected: str | None, settings: Settings
) -> None:
    assert address(proxies, settings, forwarded) == expected


def test_addresses_of_one_ipv6_household_count_as_one(settings: Settings) -> None:
    one = address(0, settings, remote="2001:db8:1:2:aaaa::1")
    other = address(0, settings, remote="2001:db8:1:2:bbbb::9")

    assert one == other == "2001:db8:1:2::"


def test_an_ipv4_address_written_as_ipv6_is_the_same_visitor(settings: Settings) -> None:
    assert address(0, settings, remote="::ffff:192.0.2.4") == "192.0.2.4"
