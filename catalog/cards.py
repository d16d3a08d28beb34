"""A publisher's card: Markdown in, harmless HTML out.

The text is hostile until proved otherwise. markdown-it-py renders it, HTML in it included, and nh3 then keeps
only what stands in the lists below; nothing else in the project may call a text from outside safe. Why so
narrow: docs/decisions/0053-cards-are-rendered-narrowly.md.
"""

from functools import lru_cache
from typing import Any

import nh3
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt

from catalog.safe_url import safe_url

TAGS = frozenset({
    "p", "br", "hr", "h3", "h4", "h5", "h6", "em", "strong", "b", "i", "s", "del", "sub", "sup",
    "code", "pre", "blockquote", "ul", "ol", "li", "dl", "dt", "dd", "a",
    "table", "thead", "tbody", "tr", "th", "td", "details", "summary",
})  # fmt: skip
ATTRIBUTES = {"a": {"href", "title"}}
SCHEMES = {"http", "https"}
# A card is read, not searched; beyond this it is cut, so that one card cannot keep a process busy.
MOST_CHARACTERS = 100_000

_cleaner = nh3.Cleaner(
    tags=set(TAGS),
    attributes=ATTRIBUTES,
    url_schemes=SCHEMES,
    url_relative="deny",
    link_rel="nofollow noopener",
    strip_comments=True,
    clean_content_tags={"script", "style"},
)


@lru_cache(maxsize=128)
def render_card(text: str) -> SafeString:
    """The card as HTML of `TAGS` and `ATTRIBUTES` only; pictures become links, since no other origin is asked.

    Its headings start at the third level, below the page's own.
    """
    html = _markdown.render(text[:MOST_CHARACTERS])
    # The only place where harvested text is declared safe.
    return mark_safe(_cleaner.clean(html))  # noqa: S308


def _picture(self: Any, tokens: Any, index: int, options: Any, env: Any) -> str:
    token = tokens[index]
    words = self.renderInlineAsText(token.children or [], options, env).strip()
    url = safe_url(str(token.attrs.get("src", "")))
    label = escape(words or "picture")
    return f'<a href="{escape(url)}">{label}</a>' if url else str(label)


def _lower_heading(self: Any, tokens: Any, index: int, options: Any, env: Any) -> str:
    level = min(int(tokens[index].tag[1]) + 2, 6)
    return f"</h{level}>\n" if tokens[index].nesting < 0 else f"<h{level}>"


def _reader() -> MarkdownIt:
    # Nested quotes and lists cost time beyond what anybody reads.
    reader = MarkdownIt("commonmark", {"html": True, "maxNesting": 20})
    reader.enable(["table", "strikethrough"])
    reader.add_render_rule("image", _picture)
    reader.add_render_rule("heading_open", _lower_heading)
    reader.add_render_rule("heading_close", _lower_heading)
    return reader


_markdown = _reader()
