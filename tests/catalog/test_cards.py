"""Cards from outside: only what is allowed comes through, judged by a parser that is not the sanitiser's."""

from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog.cards import MOST_CHARACTERS, render_card

# Written out once more on purpose: a list that grows by accident must not grow here, too.
TAGS = frozenset({
    "p", "br", "hr", "h3", "h4", "h5", "h6", "em", "strong", "b", "i", "s", "del", "sub", "sup",
    "code", "pre", "blockquote", "ul", "ol", "li", "dl", "dt", "dd", "a",
    "table", "thead", "tbody", "tr", "th", "td", "details", "summary",
})  # fmt: skip
ATTRIBUTES = {("a", "href"), ("a", "title"), ("a", "rel")}
SCHEMES = {"http", "https"}
REL = "nofollow noopener"


class Inspector(HTMLParser):
    """Collects every start tag with its attributes, as a browser-like reader sees them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str, str]] = []
        self.others: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_comment(self, data: str) -> None:
        self.others.append(data)

    handle_decl = handle_pi = unknown_decl = handle_comment


def assert_harmless(html: str) -> None:
    seen = Inspector(html)
    assert seen.tags <= TAGS
    assert {(tag, name) for tag, name, _ in seen.attributes} <= ATTRIBUTES
    links = [value for _, name, value in seen.attributes if name == "href"]
    assert {urlsplit(link).scheme.lower() for link in links} <= SCHEMES
    assert {value for _, name, value in seen.attributes if name == "rel"} <= {REL}
    assert seen.others == []


ATTACKS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "<a href='javascript:alert(1)'>x</a>",
    "[x](javascript:alert(1))",
    "[x](JAVASCRIPT:alert(1) 'y')",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "![x](javascript:alert(1))",
    "![x](//evil.example/p.png)",
    "<a href='//evil.example'>x</a>",
    "<a href=' &#106;avascript:x'>x</a>",
    "<div hx-get=/steal hx-trigger=load>x</div>",
    "<p data-hx-on:click=x>y</p>",
    "<form action=/admin/><input name=a></form>",
    "<iframe src=//evil.example></iframe>",
    "<style>*{display:none}</style>",
    "<p style='position:fixed' class=overlay id=main>x</p>",
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=alert(1)&gt;'>",
    "<!--[if]><script>x</script-->",
    "<base href=//evil.example><meta http-equiv=refresh content='0;url=//evil'>",
    "```html\n<script>\n```",
    "| a | b |\n|:-|-:|\n| <img src=x> | [l](http://a.org) |",
    "# Heading\n\n<h1 id=main>x</h1>",
    "<a href='http://a.org' target=_blank onclick=x rel=opener>x</a>",
    "</div></details><script>",
]  # fmt: skip
PIECES = st.sampled_from(ATTACKS) | st.text(max_size=12) | st.sampled_from(
    ["<", ">", '"', "'", "`", "&#x6a;", "\x00", "\n\n", "\n> ", "* ", "<a href=", "](", "![", "</", "<!--", "<![CDATA["]
)  # fmt: skip


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_known_attack_comes_out_harmless(attack: str) -> None:
    assert_harmless(render_card(attack))


@settings(max_examples=2000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(PIECES, max_size=8))
def test_whatever_is_put_together_comes_out_harmless(pieces: list[str]) -> None:
    assert_harmless(render_card("".join(pieces)))


def test_the_inspector_would_see_what_a_card_must_not_hold() -> None:
    with pytest.raises(AssertionError):
        assert_harmless("<p onclick=x>y</p>")
    with pytest.raises(AssertionError):
        assert_harmless('<a href="javascript:x" rel="nofollow noopener">y</a>')


def test_markdown_becomes_html_with_headings_below_the_pages_own() -> None:
    html = render_card("# Title\n\nSome *words*, [a link](https://a.org).\n\n|a|b|\n|-|-|\n|1|2|")

    assert "<h3>Title</h3>" in html
    assert '<a href="https://a.org" rel="nofollow noopener">a link</a>' in html
    assert "<td>1</td>" in html


def test_a_picture_becomes_a_link_to_it_and_is_never_fetched() -> None:
    html = render_card("![A chart](https://a.org/chart.png)")

    assert html.strip() == (
        '<p><a href="https://a.org/chart.png" rel="nofollow noopener">A chart</a></p>'
    )


def test_a_picture_without_an_address_that_may_be_linked_leaves_its_words() -> None:
    assert render_card("![A chart](chart.png)").strip() == "<p>A chart</p>"


def test_code_keeps_its_characters() -> None:
    assert "&lt;b&gt; &amp;" in render_card("`<b> &`")


def test_a_very_long_card_is_cut() -> None:
    assert len(render_card("a" * (MOST_CHARACTERS + 500))) < MOST_CHARACTERS + 100


@pytest.mark.timeout(20)
@pytest.mark.parametrize("text", ["> " * 20_000, "[" * 50_000, "*a_" * 30_000, "`" * 90_000])
def test_a_card_made_to_be_slow_is_rendered_all_the_same(text: str) -> None:
    assert_harmless(render_card(text))


def test_harvested_text_is_declared_safe_in_one_place_only() -> None:
    root = Path(__file__).resolve().parents[2]
    files = [*root.glob("catalog/**/*.py"), *root.glob("inference/**/*.py"), *root.glob("harvesters/**/*.py")]  # fmt: skip
    users = [str(f.relative_to(root)) for f in files if "mark_safe(" in f.read_text()]
    templates = [*root.glob("templates/**/*.html")]

    assert users == ["catalog/cards.py"]
    assert [t.name for t in templates if "|safe" in t.read_text()] == []
