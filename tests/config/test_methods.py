"""Which methods the pages answer to, met as a client that has no token."""

from uuid import UUID

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

READ_ONLY = (
    "/changes/",
    "/changes/as-of/",
    reverse("catalog:home"),
    reverse("catalog:browse"),
    reverse("catalog:model", args=["timm/x"]),
    reverse("catalog:papers"),
    reverse("catalog:paper", args=["1512.03385"]),
    reverse("catalog:repositories"),
    reverse("catalog:repository", args=["facebookresearch/convnext"]),
    reverse("catalog:datasets"),
    reverse("catalog:dataset", args=["imagenet-1k"]),
    reverse("catalog:licenses"),
    reverse("catalog:license", args=["mit"]),
    reverse("catalog:organizations"),
    reverse("catalog:organization", args=["x"]),
    reverse("catalog:classes"),
    reverse("catalog:class", args=["n01828970"]),
    reverse("catalog:label_set", args=["imagenet-1k"]),
    reverse("catalog:suggest"),
    reverse("catalog:architectures"),
    reverse("catalog:architecture", args=["resnet50"]),
    reverse("harvesters:sources"),
    reverse("harvesters:source", args=["timm"]),
    reverse("inference:trial", args=[UUID(int=0)]),
    reverse("inference:image", args=[UUID(int=0)]),
    "/livez",
    "/readyz",
    "/robots.txt",
    "/favicon.ico",
)

# By POST, for it has something asked; the same public facts for whoever does it, once a day.
LOOKED_UP = (reverse("harvesters:look-up", args=["owner/name"]),)


@pytest.mark.parametrize("address", READ_ONLY)
@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_a_page_that_is_only_read_refuses_the_method_and_does_not_ask_for_a_token(
    address: str, method: str
) -> None:
    response = getattr(Client(enforce_csrf_checks=True), method)(address)
    assert response.status_code == 405
    assert "GET" in response["Allow"]


def test_no_other_view_does_without_a_token() -> None:
    spared = [
        pattern.callback
        for pattern in patterns(get_resolver())
        if getattr(pattern.callback, "csrf_exempt", False)
    ]
    assert set(spared) == {resolved(address) for address in (*READ_ONLY, *LOOKED_UP)}


def resolved(address: str) -> object:
    return get_resolver().resolve(address).func


def patterns(resolver: URLResolver) -> list[URLPattern]:
    found = []
    for entry in resolver.url_patterns:
        found += patterns(entry) if isinstance(entry, URLResolver) else [entry]
    return found
