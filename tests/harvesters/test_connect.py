"""A name of the outside must not lead inside: the address is checked when it is dialled."""

from urllib.parse import urlsplit

import pytest
from pytest_django import Settings

from harvesters.connect import is_public
from harvesters.http import Http, HttpError
from tests.harvesters.conftest import LocalServer

# The system's resolver takes each of these for 127.0.0.1, as a name server of a stranger could say.
LEADS_INSIDE = ["2130706433", "0x7f000001", "127.1"]


@pytest.mark.parametrize("name", LEADS_INSIDE)
def test_a_name_that_leads_inside_is_not_connected_to(server: LocalServer, name: str) -> None:
    url = f"http://{name}:{urlsplit(server.url).port}"
    with Http(url) as http, pytest.raises(HttpError, match="HARVEST_PRIVATE_HOSTS"):
        http.get(f"{url}/a")
    assert server.asked == []


def test_a_mirror_inside_that_the_setting_names_is(server: LocalServer, settings: Settings) -> None:
    settings.HARVEST_PRIVATE_HOSTS = ["127.1"]
    server.replies((200, {}, b"fine"))
    url = f"http://127.1:{urlsplit(server.url).port}"
    with Http(url) as http:
        assert http.get(f"{url}/a").body == b"fine"


def test_a_base_that_is_an_inside_address_itself_is(server: LocalServer) -> None:
    server.replies((200, {}, b"fine"))
    url = server.url.replace("127.0.0.1", "localhost")
    with Http(url, server.url) as http:
        assert http.get(f"{url}/a").body == b"fine"
        assert http.get(f"{server.url}/a").body == b"fine"


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.1",
        "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1%eth0", "fc00::1", "ff02::1",
        "::ffff:127.0.0.1", "::ffff:169.254.169.254", "64:ff9b::7f00:1", "2002:7f00:1::", "2001:db8::1",
    ],
)  # fmt: skip
def test_an_address_inside_is_known_as_such(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:4700::1111", "64:ff9b::5db8:d822"])
def test_an_address_outside_is_known_as_such(address: str) -> None:
    assert is_public(address)
