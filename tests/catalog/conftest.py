"""Sources that the tests of pages list things in."""

import pytest

from catalog.models import Source


def source(name: str, kind: Source.Kind, title: str = "") -> Source:
    return Source.objects.create(name=name, title=title or name, kind=kind)


@pytest.fixture
def timm() -> Source:
    return source("timm", Source.Kind.LIBRARY)


@pytest.fixture
def torchvision() -> Source:
    return source("torchvision", Source.Kind.LIBRARY)


@pytest.fixture
def arxiv() -> Source:
    return source("arxiv", Source.Kind.PAPERS, "arXiv")


@pytest.fixture
def archive() -> Source:
    return source("paperswithcode", Source.Kind.PAPERS, "Papers with Code")


@pytest.fixture
def github() -> Source:
    return source("github", Source.Kind.REPOSITORIES, "GitHub")
