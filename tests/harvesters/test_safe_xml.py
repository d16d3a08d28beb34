"""XML from outside cannot grow beyond measure or read files."""

import time

import pytest

from harvesters.sources.safe_xml import BrokenXml, child, children, local, parse, text, write


def billion_laughs() -> bytes:
    entities = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "lol"}">' for n in range(10))
    return f'<?xml version="1.0"?><!DOCTYPE lolz [{entities}]><lolz>&l9;</lolz>'.encode()


@pytest.mark.parametrize(
    "body",
    [
        billion_laughs(),
        b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
        b'<!DOCTYPE a SYSTEM "http://example.org/a.dtd"><a/>',
    ],
    ids=["billion laughs", "a file", "a foreign type"],
)
def test_entities_are_refused_before_they_are_read(body: bytes) -> None:
    start = time.monotonic()
    with pytest.raises(BrokenXml, match="document type"):
        parse(body)
    assert time.monotonic() - start < 5


@pytest.mark.parametrize(
    "body",
    [
        b"", b"Rate exceeded.", b"<a><b></a>", b"<a>&b;</a>", b"<a>\x00</a>", b"\xff\xfe\xff",
        b'<?xml version="1.0" encoding="klingon"?><a/>',
    ],
)  # fmt: skip
def test_what_is_no_xml_is_refused_with_a_reason(body: bytes) -> None:
    with pytest.raises(BrokenXml, match=r"\w"):
        parse(body)


def test_elements_nested_too_deep_are_refused() -> None:
    assert parse(b"<a>" * 50 + b"</a>" * 50) is not None
    with pytest.raises(BrokenXml, match="more than 50 deep"):
        parse(b"<a>" * 100_000)


def test_names_are_compared_without_their_namespaces() -> None:
    root = parse(b'<a xmlns="x" xmlns:y="z"><y:b>1</y:b><b> 2\n <i>3</i> </b><c/></a>')
    assert local(root) == "a"
    assert [text(root, "b"), text(root, "c"), text(root, "d")] == ["1", "", ""]
    assert len(children(root, "b")) == 2
    assert child(root, "d") is None
    again = parse(write(root).encode())
    assert [local(element) for element in again] == ["b", "b", "c"]


def test_white_space_is_collapsed_and_markup_left_out() -> None:
    assert text(parse(b"<a><b> 2\n  <i>3</i>\t&amp; 4 </b></a>"), "b") == "2 3 & 4"
