"""Repositories' tarballs: only what is wanted, nothing outside, nothing without end."""

import gzip
import io
import tarfile

import pytest

from harvesters.sources.base import Unreachable
from harvesters.tarball import read_tarball


def packed(*members: tuple[str, bytes], comment: str = "") -> bytes:
    """A gzipped tarball as `git archive` writes it; the commit is its global comment."""
    target = io.BytesIO()
    headers = {"comment": comment} if comment else {}
    with tarfile.open(
        fileobj=target, mode="w:gz", format=tarfile.PAX_FORMAT, pax_headers=headers
    ) as archive:
        for name, content in members:
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return target.getvalue()


def markdown(path: str) -> bool:
    return path.endswith(".md")


def test_wanted_files_come_by_their_path_below_the_top_folder() -> None:
    body = packed(
        ("hub-master/a.md", b"A"), ("hub-master/b/c.md", b"C"), ("hub-master/d.png", b"D")
    )
    assert read_tarball(body, markdown).files == {"a.md": b"A", "b/c.md": b"C"}


def test_the_commit_is_read_from_the_archive() -> None:
    assert read_tarball(packed(("x/a.md", b""), comment="c7895df"), markdown).commit == "c7895df"
    assert read_tarball(packed(("x/a.md", b"")), markdown).commit == ""


@pytest.mark.parametrize("name", ["/etc/a.md", "../a.md", "x/../../a.md", "a.md"])
def test_names_that_lead_elsewhere_are_passed_over(name: str) -> None:
    assert read_tarball(packed((name, b"bad"), ("x/good.md", b"")), markdown).files == {
        "good.md": b""
    }


def test_links_are_not_followed() -> None:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w:gz") as archive:
        link = tarfile.TarInfo("x/a.md")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    assert read_tarball(target.getvalue(), markdown).files == {}


def test_a_wanted_file_may_not_be_too_large() -> None:
    body = packed(("x/a.md", b"12345"), ("x/a.png", b"1234567890"))
    assert read_tarball(body, markdown, largest=5).files
    with pytest.raises(Unreachable, match=r"a\.md in the tarball is larger than 4 bytes"):
        read_tarball(body, markdown, largest=4)


def test_there_may_not_be_too_many_members() -> None:
    body = packed(("x/a.md", b""), ("x/b.md", b""))
    assert read_tarball(body, markdown, most=2).files
    with pytest.raises(Unreachable, match="more than 1 members"):
        read_tarball(body, markdown, most=1)


def test_a_bomb_is_not_unpacked() -> None:
    bomb = packed(("x/a.png", bytes(5_000_000)), ("x/b.md", b""))
    assert len(bomb) < 10_000
    with pytest.raises(Unreachable, match="unpacks to more than 1,000,000 bytes"):
        read_tarball(bomb, markdown, unpacked=1_000_000)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>maintenance</html>",
        gzip.compress(b"no tar"),
        packed(("x/a.md", bytes(100_000)))[:60],
        packed(("x/a.md", b"abc"))[:-12] + b"\xff" * 12,
    ],
    ids=["nothing", "a page", "no tar", "cut", "wrong sum"],
)
def test_what_is_no_tarball_is_said_to_be_none(body: bytes) -> None:
    with pytest.raises(Unreachable, match="no readable tarball"):
        read_tarball(body, markdown)
