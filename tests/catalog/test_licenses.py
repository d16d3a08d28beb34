import ast
import importlib.util
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from catalog.licenses import GROUPS, LICENSES, TABLE, USES, find_license, names_of, read_licenses

UNSTATED = {None, ""}
ENTRY = """
[terms.notice]
commercial = ["yes", "Allowed."]
redistribution = ["yes", "Allowed."]
fine_tuning = ["yes", "Allowed."]
[[license]]
id = "mit"
name = "MIT License"
url = "https://opensource.org/license/mit"
group = "permissive"
open = true
terms = "notice"
"""


def _sources(library: str) -> Iterator[ast.AST]:
    found = importlib.util.find_spec(library)
    assert found
    assert found.submodule_search_locations
    folder = Path(found.submodule_search_locations[0]) / "models"
    return (node for file in folder.rglob("*.py") for node in ast.walk(ast.parse(file.read_text())))


def _licenses_in(library: str) -> set[str | None]:
    """Every literal that the library's models give as their licence: `license="mit"`, `{"license": "mit"}`."""
    keywords = {
        node.value.value
        for node in _sources(library)
        if isinstance(node, ast.keyword)
        and node.arg == "license"
        and isinstance(node.value, ast.Constant)
    }
    entries = {
        value.value
        for node in _sources(library)
        if isinstance(node, ast.Dict)
        for key, value in zip(node.keys, node.values, strict=True)
        if isinstance(key, ast.Constant)
        and key.value == "license"
        and isinstance(value, ast.Constant)
    }
    return keywords | entries


@pytest.mark.parametrize(("library", "least"), [("timm", 18), ("torchvision", 1)])
def test_every_licence_that_the_installed_library_names_is_in_the_table(
    library: str, least: int
) -> None:
    named = _licenses_in(library) - UNSTATED

    assert len(named) >= least
    assert {text for text in named if find_license(text) is None} == set()


def test_every_licence_of_the_recorded_exports_is_in_the_table(shared: Path) -> None:
    timm = json.loads((shared / "data/timm/export_pretrained_cfgs_timm-1.0.31.json").read_text())
    vision = json.loads(
        (shared / "data/torchvision/export_weights_torchvision-0.29.2.json").read_text()
    )

    named = {entry.get("license") for entry in timm["pretrained"]}
    named |= {entry["meta"].get("license") for entry in vision["weights"]}

    assert {text for text in named - UNSTATED if find_license(text) is None} == set()


@pytest.mark.parametrize("license_", LICENSES.values(), ids=LICENSES)
def test_every_verdict_has_its_sentence_and_every_licence_its_text(license_) -> None:
    assert license_.url.startswith("https://")
    assert license_.group in GROUPS
    assert set(license_.reasons) == set(USES)
    assert all(len(reason) > 10 for reason in license_.reasons.values())


@pytest.mark.parametrize("license_", LICENSES.values(), ids=LICENSES)
def test_a_licence_is_found_by_each_of_its_own_spellings(license_) -> None:
    spellings = {license_.id, license_.spdx, license_.name, *license_.aliases} - {""}

    assert {find_license(text) for text in spellings} == {license_}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Apache-2.0", "apache-2.0"),
        ("  apache   2.0 ", "apache-2.0"),
        ("http://www.apache.org/licenses/LICENSE-2.0/", "apache-2.0"),
        ("license:mit", "mit"),
        ("https://github.com/facebookresearch/SWAG/blob/main/LICENSE", "cc-by-nc-4.0"),
        ("openrail++", "openrail++"),
    ],
)
def test_spelling_does_not_matter(text: str, expected: str) -> None:
    found = find_license(text)

    assert found
    assert found.id == expected


@pytest.mark.parametrize("text", ["", None, "my own licence", "mit or apache-2.0", "../mit"])
def test_what_the_table_does_not_know_stays_unknown(text: str | None) -> None:
    assert find_license(text) is None


@pytest.mark.parametrize("name", ["unknown", "other", "cc"])
def test_an_unnamed_licence_permits_nothing_for_certain_and_is_not_open(name: str) -> None:
    license_ = LICENSES[name]

    assert license_.open is None
    assert {verdict for _, _, verdict, _ in license_.uses} == {"unclear"}


@pytest.mark.parametrize(
    ("name", "is_open", "commercial"),
    [
        ("apache-2.0", True, "yes"),
        ("cc-by-sa-4.0", True, "yes"),
        ("cc-by-nc-4.0", False, "no"),
        ("cc-by-nd-4.0", False, "yes"),
        ("apple-amlr", False, "no"),
        ("seer-license", False, "no"),
        ("creativeml-openrail-m", False, "unclear"),
        ("dinov3-license", False, "unclear"),
    ],
)
def test_what_the_best_known_licences_allow(name: str, is_open: bool, commercial: str) -> None:
    assert (LICENSES[name].open, LICENSES[name].commercial) == (is_open, commercial)


def test_no_licence_for_non_commercial_use_is_open_or_allows_commercial_use() -> None:
    limited = [found for found in LICENSES.values() if found.group == "non-commercial"]

    assert {(found.open, found.commercial) for found in limited} == {(False, "no")}


@pytest.mark.parametrize(
    ("replaced", "by", "said"),
    [
        ("[[license]]", "[[license", "is no TOML"),
        ('id = "mit"\n', "", "entry 1 needs the text 'id'"),
        ('id = "mit"', 'id = "MIT"', "MIT: the id is written in lower case"),
        ('group = "permissive"', 'group = "nice"', "mit: group is one of permissive"),
        ('terms = "notice"\n', 'terms = "none"\n', r"mit: there is no \[terms.none\]"),
        ("https://opensource", "http://opensource", "mit: url must begin with https"),
        ("open = true", 'open = "yes"', "mit: open is true, false or left out"),
        ("open = true", "opne = true", "mit has the unknown field 'opne'"),
        ('["yes", "Allowed."]', '["maybe", "Allowed."]', "terms.notice: commercial is a pair"),
        ('["yes", "Allowed."]', '["yes", ""]', "terms.notice: commercial is a pair"),
    ],
)
def test_a_mistake_in_the_table_names_the_entry_and_the_field(
    replaced: str, by: str, said: str
) -> None:
    assert replaced in ENTRY

    with pytest.raises(ImproperlyConfigured, match=said):
        read_licenses(ENTRY.replace(replaced, by, 1))


def test_an_id_that_stands_twice_is_refused() -> None:
    again = ENTRY[ENTRY.index("[[license]]") :]

    with pytest.raises(ImproperlyConfigured, match="mit stands there twice"):
        read_licenses(ENTRY + again)


def test_a_spelling_that_two_licences_share_is_refused() -> None:
    other = ENTRY[ENTRY.index("[[license]]") :].replace('"mit"', '"expat"', 1)
    table = read_licenses(ENTRY + other + 'aliases = ["MIT"]\n')

    with pytest.raises(ImproperlyConfigured, match="'mit' stands for mit and for expat"):
        names_of(table)


def test_the_table_itself_is_valid_and_its_spellings_are_unique() -> None:
    assert names_of(read_licenses(TABLE.read_text()))
