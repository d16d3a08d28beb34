"""What no template may hold, so that the strict Content-Security-Policy can stay and nothing unescaped gets out."""

import re
from pathlib import Path

import pytest
from django.conf import settings

TEMPLATES = sorted((settings.BASE_DIR / "templates").rglob("*.html"))
SCRIPTS = sorted((settings.BASE_DIR / "static").rglob("*.js"))

FORBIDDEN = {
    "an inline event handler": r"<[^>]*\son\w+\s*=",
    "hx-on": r"\bhx-on\b",
    "js: in an htmx attribute": r"\bhx-[\w-]+\s*=\s*[\"']\s*(js|javascript):",
    "a javascript: address": r"javascript:",
    "a style element": r"<style\b",
    "a style attribute": r"<[^>]*\sstyle\s*=",
    "an inline script": r"<script(?![^>]*\b(src=|type=\"application/json\"))",
    "a condition in hx-trigger": r"hx-trigger\s*=\s*[\"'][^\"']*\[",
    "another origin's file": r"(src|srcset|<link[^>]*href)\s*=\s*[\"'](https?:)?//",
    "autoescape off": r"autoescape\s+off",
}
STYLES = re.sub(
    r"/\*.*?\*/", "", (settings.BASE_DIR / "static/css/site.css").read_text(), flags=re.DOTALL
)
DEFINED = set(re.findall(r"\.([a-z][\w-]*)", STYLES))
# Put together while rendering (`verdict-{{ ... }}`), or set by htmx.
COMPOSED = re.compile(r"(verdict|notice|plot-dot|htmx)-\w+")
# Addresses of the site itself; whatever somebody published goes through the tag `outbound`.
OWN_ADDRESS = re.compile(
    r"(\w+\.)*get_absolute_url|canonical|url|look_up|try_address|tile\.href|offer\.url|page\.models\.url|[\w.]+\|address"
)
# Where HTML comes ready from a function that has sanitised or escaped it.
ALLOWED_SAFE: dict[str, int] = {}


def name(path: Path) -> str:
    return str(path.relative_to(settings.BASE_DIR))


@pytest.mark.parametrize(
    ("what", "sample"),
    [
        ("an inline event handler", '<a href="/" onclick="go()">'),
        ("hx-on", '<a hx-on:click="go()">'),
        ("js: in an htmx attribute", """<a hx-vals='js:{"a": 1}'>"""),
        ("a javascript: address", '<a href="javascript:go()">'),
        ("a style element", "<style>a{}</style>"),
        ("a style attribute", '<i style="width: 3%">'),
        ("an inline script", "<script>go()</script>"),
        ("a condition in hx-trigger", '<a hx-trigger="click[ctrlKey]">'),
        ("another origin's file", '<script src="//cdn.example/a.js"></script>'),
        ("autoescape off", "{% autoescape off %}"),
    ],
)
def test_rule_finds_what_it_forbids(what: str, sample: str) -> None:
    assert re.search(FORBIDDEN[what], sample, re.IGNORECASE)


@pytest.mark.parametrize("path", TEMPLATES, ids=name)
def test_template_keeps_to_the_strict_policy(path: Path) -> None:
    text = path.read_text()

    found = [what for what, rule in FORBIDDEN.items() if re.search(rule, text, re.IGNORECASE)]

    assert found == []


@pytest.mark.parametrize("path", TEMPLATES, ids=name)
def test_only_known_places_trust_ready_html(path: Path) -> None:
    trusted = re.findall(r"\|\s*safe\b|\|\s*safeseq\b", path.read_text())

    assert len(trusted) == ALLOWED_SAFE.get(name(path), 0)


@pytest.mark.parametrize("path", TEMPLATES, ids=name)
def test_published_addresses_are_not_linked_as_they_came(path: Path) -> None:
    linked = re.findall(
        r"(?:href|action|src)\s*=\s*[\"']\{\{\s*([^\s|}]+(?:\|address\b)?)", path.read_text()
    )

    assert [address for address in linked if not OWN_ADDRESS.fullmatch(address)] == []


@pytest.mark.parametrize("path", TEMPLATES, ids=name)
def test_every_htmx_link_and_form_works_without_script(path: Path) -> None:
    tags = re.findall(r"<(a|form)\b([^>]*\bhx-(?:get|post)=[^>]*)>", path.read_text())

    needed = {"a": "href=", "form": "action="}
    assert [tag for tag, attributes in tags if needed[tag] not in attributes] == []


@pytest.mark.parametrize("path", SCRIPTS, ids=name)
def test_script_writes_no_html(path: Path) -> None:
    found = re.search(
        r"innerHTML|outerHTML\s*=|insertAdjacentHTML|document\.write|\beval\(|new Function",
        path.read_text(),
    )

    assert not found


@pytest.mark.parametrize("path", TEMPLATES, ids=name)
def test_every_class_has_its_rule_in_the_style_sheet(path: Path) -> None:
    attributes = " ".join(re.findall(r"class=\"([^\"]*)\"", path.read_text()))
    used = set(re.sub(r"[\w-]*\{\{.*?\}\}|\{%.*?%\}", " ", attributes).split())

    assert used - DEFINED == set()


def test_the_style_sheet_holds_no_class_that_nothing_uses() -> None:
    code = [*settings.BASE_DIR.glob("catalog/**/*.py"), *TEMPLATES, *SCRIPTS]
    words = set(re.findall(r"[a-z][\w-]*", " ".join(path.read_text() for path in code)))

    assert {name for name in DEFINED - words if not COMPOSED.fullmatch(name)} == set()
