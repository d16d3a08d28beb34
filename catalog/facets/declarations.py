"""Every facet and every range of the browse page, one line each, in the order of page and address."""

from collections.abc import Collection, Mapping
from functools import cache

from catalog.facets.computed import MemoryRange, SpeedRange
from catalog.facets.kinds import UNKNOWN, ArrayFacet, Facet, NamedFacet, Range
from catalog.facets.units import (
    COUNT,
    GIGABYTES,
    GMACS,
    IMAGES,
    MEGABYTES,
    MILLIONS,
    PERCENT,
    PIXELS,
    YEARS,
)
from catalog.languages import LANGUAGES
from catalog.licenses import LICENSES
from catalog.organizations import names_of
from catalog.vocabulary import (
    DATASETS,
    FAMILIES,
    FORMATS,
    LIBRARIES,
    ORGANIZATIONS,
    SOURCES,
    TASKS,
    spoken,
)

VERDICTS = ("yes", "no", "unclear")


@cache
def license_names() -> Mapping[str, str]:
    """Names by id, and the words for the groups."""
    return {
        **{license_.id: license_.name for license_ in LICENSES.values()},
        "open": "Any open licence",
        **{group: f"Any {group} licence" for group in license_groups() if group != "open"},
        UNKNOWN: "unknown",
    }


@cache
def license_groups() -> Mapping[str, Collection[str]]:
    """`open`, `permissive`, `copyleft` ... as the ids that belong to them; unknown is no group."""
    groups: dict[str, list[str]] = {"open": []}
    for license_ in LICENSES.values():
        if license_.open:
            groups["open"].append(license_.id)
        if license_.group != UNKNOWN:
            groups.setdefault(license_.group, []).append(license_.id)
    return groups


FACETS: tuple[Facet, ...] = (
    ArrayFacet("source", "Source", column="sources", labels=SOURCES),
    Facet("task", "Task", labels=TASKS, unlisted=spoken),
    ArrayFacet("library", "Library", column="libraries", labels=LIBRARIES),
    ArrayFacet("dataset", "Training data", column="datasets", labels=DATASETS),
    Facet("license", "Licence", labels=license_names, groups=license_groups),
    Facet("commercial", "Commercial use", column="commercial_use", only=VERDICTS),
    Facet("redistribution", "Redistribution", only=VERDICTS, folded=True),
    Facet("fine-tuning", "Fine-tuning", column="fine_tuning", only=VERDICTS, folded=True),
    Facet("family", "Family", labels=FAMILIES),
    Facet("architecture", "Architecture", column="architecture__name", folded=True),
    NamedFacet("organization", "Organisation", labels=ORGANIZATIONS, names=names_of, folded=True),
    ArrayFacet("format", "File format", column="formats", labels=FORMATS, folded=True),
    ArrayFacet("language", "Language", column="languages", labels=LANGUAGES, folded=True),
    ArrayFacet("tag", "Tag", column="tags", folded=True),
)
RANGES = (
    Range("params", "Parameters", "parameters", MILLIONS, 1e5, 1e10, log=True),
    Range("size", "Weights", "size_bytes", MEGABYTES, 1e5, 1e10, log=True),
    Range("gmacs", "Compute", "gmacs", GMACS, 1e-2, 1e4, log=True, whole=False),
    Range("top1", "Top-1 on ImageNet", "top1", PERCENT, 50, 100, bins=25, whole=False),
    Range("top5", "Top-5 on ImageNet", "top5", PERCENT, 75, 100, bins=25, whole=False, folded=True),
    Range("input", "Input size", "input_size", PIXELS, 16, 1024, log=True, folded=True),
    Range("downloads", "Downloads", "downloads", COUNT, 1, 1e8, log=True, folded=True),
    Range("likes", "Likes", "likes", COUNT, 1, 1e5, log=True, folded=True),
    Range("year", "Year of the paper", "year", YEARS, 2010, 2030, bins=20, folded=True),
    SpeedRange("speed", "Speed", "speed", IMAGES, 1, 1e5, log=True, whole=False),
    MemoryRange("memory", "Memory", "memory", GIGABYTES, 1e7, 1e11, log=True),
)
FACET = {facet.name: facet for facet in FACETS}
RANGE = {range_.name: range_ for range_ in RANGES}
