"""What both of arXiv's interfaces have in common: ids, addresses, names, and links to code."""

import re
from collections.abc import Mapping

from pylatexenc.latex2text import LatexNodes2Text  # type: ignore[import-untyped]

from catalog.keys import repository_name
from catalog.reference_records import RepositoryMention, paper_key

# New ids begin with year and month, since 2015 with five digits; older ones with the archive.
_NEW = re.compile(r"(\d\d)(0[1-9]|1[0-2])\.(\d{4,5})")
_OLD = re.compile(r"[a-z]+(?:-[a-z]+)?(?:\.[A-Z]{2})?/\d\d(?:0[1-9]|1[0-2])\d{3}")
# ASCII only: a full-width stop or a Chinese word may follow without a space.
_GITHUB = re.compile(
    r"(?<![\w./-])(?:https?://)?(?:www\.)?github\.com/([\w.-]+/[\w.-]+)", re.ASCII | re.IGNORECASE
)
# Pages of GitHub itself that look like an owner.
_NO_OWNERS = {
    "about", "apps", "collections", "customer-stories", "enterprise", "explore", "features", "issues",
    "login", "marketplace", "notifications", "orgs", "pricing", "pulls", "readme", "search",
    "security", "settings", "sponsors", "stars", "topics", "trending", "users",
}  # fmt: skip
_NAMES_TEX = LatexNodes2Text()


def is_possible_id(arxiv_id: str) -> bool:
    """Whether arXiv can have given this id (without version): one impossible id spoils a whole request."""
    new = _NEW.fullmatch(arxiv_id)
    if new:
        return len(new[3]) == (5 if int(new[1]) >= 15 else 4) and int(new[1] + new[2]) >= 704
    return bool(_OLD.fullmatch(arxiv_id))


def bare_id(address: str) -> str:
    """`http://arxiv.org/abs/2606.13677v1` or `math.GT/0309136v2` -> the id as papers are keyed by it."""
    return paper_key(re.sub(r"^https?://(?:\w+\.)?arxiv\.org/abs/", "", address.strip()))


def abstract_url(arxiv_id: str) -> str:
    return f"https://arxiv.org/abs/{arxiv_id}"


def readable_name(name: str) -> str:
    r"""`Mikol\'a\v{s}` -> `Mikoláš`; as it is if it is no TeX."""
    if "\\" not in name and "{" not in name:
        return name
    try:
        found = _NAMES_TEX.latex_to_text(name[:500])
    except Exception:  # whatever a name provokes, the name itself will do
        return name
    return " ".join(found.split()) or name


def repository_mentions(texts: Mapping[str, str]) -> tuple[RepositoryMention, ...]:
    """The GitHub repositories that texts name, with where; `texts` by place, the best place first."""
    mentions: dict[str, RepositoryMention] = {}
    for place, words in texts.items():
        # TeX writes an underscore as \_ also within an address.
        for found in _GITHUB.findall(words.replace("\\_", "_")):
            name = repository_name(f"https://github.com/{found.rstrip('.')}").rstrip(".")
            owner, _, repository = name.partition("/")
            if not repository.strip(".") or not owner.strip(".") or owner in _NO_OWNERS:
                continue
            if len(owner) <= 100 and len(repository) <= 100:
                mentions.setdefault(name, RepositoryMention(name, note=f"link in its {place}"))
    return tuple(mentions.values())
