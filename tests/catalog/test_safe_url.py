import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.safe_url import safe_url
from catalog.templatetags.links import outbound


@pytest.mark.parametrize("url", ["https://a.org/x?y=1#z", "http://a.org", "HTTPS://A.org/x"])
def test_an_ordinary_address_is_linked(url: str) -> None:
    assert safe_url(url) == url


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)", "JaVaScRiPt:alert(1)", "java\tscript:alert(1)", "data:text/html,x",
        "vbscript:x", "//a.org/x", "/x", "a.org", "https:", "https:///x", "ftp://a.org", "\x01javascript:x",
        'https://a.org/" onclick="x', "https://a.org/\\x", "https://a.org/ x", "https://[a", None, 5, "",
    ],
)  # fmt: skip
def test_anything_else_is_not(url: object) -> None:
    assert safe_url(url) == ""
    assert outbound(url, "words") == "words"


@given(st.text() | st.text(alphabet="javscript:/htp.<>\"' \n\t\\", max_size=40))
def test_what_passes_always_begins_with_a_web_scheme(text: str) -> None:
    url = safe_url(text)

    assert url == "" or url.lower().startswith(("http://", "https://"))


def test_words_of_a_link_are_escaped() -> None:
    assert outbound("https://a.org/?a=1&b=2", "<b>") == (
        '<a href="https://a.org/?a=1&amp;b=2" rel="nofollow noopener">&lt;b&gt;</a>'
    )


def test_the_model_page_links_harvested_addresses_only_through_the_gate() -> None:
    folder = Path(__file__).resolve().parents[2] / "templates" / "catalog"
    files = [folder / "model.html", *folder.glob("_model_*.html")]

    written = {found for f in files for found in re.findall(r'href="{{ *([^ |}]+)', f.read_text())}

    # Addresses that the site itself makes.
    own = {"try_address", "tile.href", "url"}
    assert {name for name in written - own if not name.endswith(".get_absolute_url")} == set()
