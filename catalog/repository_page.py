"""Everything the page of one repository says, put together from a constant number of queries."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.db.models import F, QuerySet
from django.urls import reverse

from catalog import chain, stated
from catalog.evidence import naming_listings, told_and_absent
from catalog.keys import repository_name
from catalog.licenses import LICENSES, License
from catalog.models import (
    PaperRepository,
    PretrainedModel,
    PublishedResult,
    Repository,
    RepositoryListing,
)
from catalog.models_of import FIELDS, browse_url

_MOST_MODELS = 10
_MOST_FILES = 100
_MOST_OTHERS = 8
_MOST_RESULTS = 200


@dataclass(frozen=True)
class ReleaseFile:
    """A file of weights in a release; None or empty where its source does not say."""

    name: str
    release: str
    url: str
    sha256: str
    bytes: int | None
    downloads: int | None


class RepositoryPage:
    """The page of `repository`."""

    def __init__(self, repository: Repository) -> None:
        self.repository = repository
        rows = RepositoryListing.objects.filter(repository=repository).select_related("source")
        self.listings, self.absences = told_and_absent(rows.order_by("pk"))

    @property
    def owner(self) -> str:
        return self.repository.full_name.partition("/")[0]

    @property
    def license(self) -> License | None:
        return LICENSES.get(self.repository.license)

    @cached_property
    def fields(self) -> list[stated.SaidOf]:
        return stated.said(self.listings, stated.REPOSITORY_LABELS)

    @property
    def disagreements(self) -> list[stated.SaidOf]:
        return [field for field in self.fields if field.disagrees]

    @property
    def files(self) -> list[ReleaseFile]:
        """Weight files of its releases, most downloaded first."""
        found = [_file(item) for item in self.repository.weights_files if isinstance(item, dict)]
        found.sort(key=lambda file: -(file.downloads or 0))
        return found[:_MOST_FILES]

    @cached_property
    def papers(self) -> list[chain.LinkedRepository]:
        rows = PaperRepository.objects.filter(repository=self.repository)
        return chain.linked_repositories(
            rows.select_related("source", "repository", "paper").defer(
                "repository__search_vector", "paper__search_vector", "paper__abstract"
            )
        )

    @property
    def shown_papers(self) -> list[chain.LinkedRepository]:
        return self.papers[: chain.MOST]

    @cached_property
    def former_names(self) -> list[str]:
        return sorted(self.repository.former_names.values_list("full_name", flat=True))

    # Weights

    @property
    def _named_by(self) -> QuerySet[PretrainedModel]:
        return PretrainedModel.objects.published().filter(repositories=self.repository)

    @cached_property
    def total_models(self) -> int:
        return self._named_by.count()

    @property
    def models_url(self) -> str:
        return browse_url(repository=self.repository.full_name)

    @cached_property
    def models(self) -> list[chain.LinkedModel]:
        """The best of them, each with who says that it belongs here."""
        ordered = self._named_by.order_by(F("top1").desc(nulls_last=True), "slug")
        rows = list(ordered.only(*FIELDS)[:_MOST_MODELS])
        said = naming_listings([row.pk for row in rows], [self.repository])
        here = self.repository.pk
        found = [chain.LinkedModel(row, said.get((here, row.pk), [])) for row in rows]
        chain.add_scores(found)
        return found

    @cached_property
    def results(self) -> list[PublishedResult]:
        """Rows of leaderboards that link this code, or of papers whose authors' code it is."""
        official = {one.paper.pk for one in self.papers if one.is_official}
        rows = PublishedResult.objects.filter(
            paper__in=[one.paper.pk for one in self.papers[: chain.MOST]]
        ).select_related("leaderboard__dataset", "leaderboard__source")
        slim = rows.defer("leaderboard__facts").order_by("leaderboard", "row", "pk")
        return [
            result
            for result in slim[:_MOST_RESULTS]
            if result.paper_id in official or self.repository.full_name in _code_of(result)
        ]

    @cached_property
    def others(self) -> list[Repository]:
        """Other repositories of its owner, most stars first."""
        rows = Repository.objects.filter(full_name__startswith=f"{self.owner}/", renamed_to=None)
        ordered = rows.exclude(pk=self.repository.pk).order_by(
            F("stars").desc(nulls_last=True), "full_name"
        )
        return list(ordered.only("full_name", "description", "stars")[: _MOST_OTHERS + 1])

    @property
    def shown_others(self) -> list[Repository]:
        return self.others[:_MOST_OTHERS]

    @property
    def owner_url(self) -> str:
        return f"{reverse('catalog:repositories')}?{urlencode({'owner': self.owner})}"

    @property
    def has_more_others(self) -> bool:
        return len(self.others) > _MOST_OTHERS

    @cached_property
    def chain(self) -> list[chain.Step]:
        """Paper -> code -> weights -> score; the code is the repository whose page this is."""
        stars = self.repository.stars
        detail = f"{stars:,} stars" if stars is not None else ""
        this = chain.Edge(self.repository.full_name, self.repository.get_absolute_url(), detail)
        return [
            chain.paper_step(self.papers),
            chain.Step("Code", [this], ""),
            chain.weights_step(self.models, self.total_models),
            chain.score_step(self.models, self.results),
        ]


def _code_of(result: PublishedResult) -> set[str]:
    return {repository_name(str(link.get("url", ""))) for link in result.code_urls}


def _file(item: Mapping[str, Any]) -> ReleaseFile:
    """What a source wrote about a file, as far as it is of the kind it should be."""
    return ReleaseFile(
        _text(item.get("name")),
        _text(item.get("release")),
        _text(item.get("url")),
        _text(item.get("sha256")),
        _number(item.get("bytes")),
        _number(item.get("downloads")),
    )


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _number(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
