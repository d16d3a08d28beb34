"""XML from outside: read without entities, which could grow beyond measure or read files."""

import xml.etree.ElementTree as ET
from xml.etree.ElementTree import Element

_DEEPEST = 50


class BrokenXml(Exception):
    """Not well-formed, or with a document type of its own; the message says what."""


class _Guarded(ET.TreeBuilder):
    def __init__(self) -> None:
        super().__init__()
        self._depth = 0

    def doctype(self, name: str, *_: str | None) -> None:
        # Entities can be declared nowhere else, and nobody we read from has any.
        raise BrokenXml(f"it declares a document type {name!r:.40}")

    def start(self, tag: str, attrs: dict[str, str], /) -> Element:
        self._depth += 1
        if self._depth > _DEEPEST:  # what reads the tree goes down by recursion
            raise BrokenXml(f"its elements are nested more than {_DEEPEST} deep")
        return super().start(tag, attrs)

    def end(self, tag: str, /) -> Element:
        self._depth -= 1
        return super().end(tag)


def parse(body: bytes) -> Element:
    """The root element; raises BrokenXml. Names keep their namespaces: see `local`."""
    try:
        return ET.fromstring(body, ET.XMLParser(target=_Guarded()))  # noqa: S314 - see above
    except (ET.ParseError, LookupError, ValueError) as problem:  # LookupError: unknown encoding
        raise BrokenXml(str(problem)) from problem


def write(element: Element) -> str:
    """`element` as XML text, to be parsed again."""
    return ET.tostring(element, encoding="unicode")


def local(element: Element) -> str:
    """Its name without the namespace: servers write the same namespace in several ways."""
    return element.tag.rpartition("}")[2]


def children(element: Element, name: str) -> list[Element]:
    """Its children of that local name, in order."""
    return [child for child in element if local(child) == name]


def child(element: Element, name: str) -> Element | None:
    """Its first child of that local name."""
    return next(iter(children(element, name)), None)


def text(element: Element, name: str) -> str:
    """The text of its first child of that local name with white space collapsed, empty if there is none."""
    found = child(element, name)
    return " ".join("".join(found.itertext()).split()) if found is not None else ""
