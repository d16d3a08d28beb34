"""Everything the page of one checkpoint says, put together from a constant number of queries."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property

from django.db.models import Prefetch
from django.utils import timezone
from django.utils.safestring import SafeString

from catalog import history, machine, vocabulary
from catalog.cards import render_card
from catalog.claim_text import FieldClaims, Origin, plain_words, stated
from catalog.claims import Claim, claims_of
from catalog.hub_facts import HubFact, hub_facts
from catalog.joins import Join, joins_of
from catalog.licenses import LICENSES, License
from catalog.loading import LoadLines, is_quantized, load_lines
from catalog.models import (
    Change,
    Evaluation,
    LabelSet,
    Listing,
    Paper,
    PaperLink,
    PretrainedModel,
    Repository,
)
from catalog.organizations import names_of
from catalog.related import (
    MOST_SIBLINGS,
    Alternative,
    Score,
    alternatives_to,
    score_of,
    siblings_of,
    similar_to,
)
from catalog.scatter import Plot, plot_of, points_of
from catalog.templatetags.figures import scaled
from catalog.tiles import Tile, tiles_of
from catalog.weights_files import WeightsFile, weights_files

_MOST_CHILDREN = 12
_MOST_CHANGES = 12
_DETAILS_KEPT = timedelta(days=1)


@dataclass(frozen=True)
class LinkedPaper:
    """A paper with everything that the listings say about its part: (role, source, note)."""

    paper: Paper
    says: list[tuple[str, str, str]]


class ModelPage:
    """The page of `pretrained`; `batch` is the number of images its memory is worked out for."""

    def __init__(self, pretrained: PretrainedModel, batch: int = 1) -> None:
        self.pretrained = pretrained
        self.batch = batch
        self.listings = _listings(pretrained)
        self.claims: Mapping[str, list[Claim]] = claims_of(self.listings, pretrained.slug)
        self.evaluations = _evaluations(self.listings)
        self.score: Score | None = score_of(pretrained, self.evaluations)

    # 1, 2: what it is, and the four questions

    @property
    def purpose(self) -> str:
        """One line of facts: `Image classification, 1,000 classes of ImageNet-1k, 25.6 M parameters`."""
        task = vocabulary.task(self.pretrained.task) or "Task unknown"
        parameters = self.pretrained.parameters
        size = f"{scaled(parameters)} parameters" if parameters is not None else ""
        return ", ".join(filter(None, (task, self._classes_of(), size)))

    @property
    def family(self) -> str:
        return vocabulary.label(vocabulary.FAMILIES, self.pretrained.family)

    @property
    def organization(self) -> str:
        return names_of([self.pretrained.organization])[self.pretrained.organization]

    @property
    def description(self) -> tuple[str, Origin] | None:
        claim = self.winner("description")
        return (plain_words(claim.value), Origin(claim)) if claim and claim.value else None

    @property
    def license(self) -> License:
        """The licence of the resolved columns; `unknown` where no source names one the table has."""
        return LICENSES.get(self.pretrained.license) or LICENSES["unknown"]

    @property
    def license_as_stated(self) -> str:
        """What the source wrote, where the table has no entry for it."""
        claim = self.winner("license")
        return str(claim.value) if claim and not self.pretrained.license else ""

    @property
    def tiles(self) -> list[Tile]:
        return tiles_of(self)

    @property
    def may_be_tried(self) -> bool:
        """Whether the button is worth showing; the section below it says why not where it is not."""
        runs_here = {"folder", "timm", "torchvision"} & (self.pretrained.loading or {}).keys()
        return (
            self.pretrained.task == "image-classification"
            and bool(self.pretrained.num_classes)
            and bool(runs_here)
        )

    # 4, 8: how to get it

    @cached_property
    def load_lines(self) -> list[LoadLines]:
        return load_lines(self.pretrained)

    @property
    def files(self) -> list[WeightsFile]:
        return weights_files(self.pretrained, self.claims)

    @cached_property
    def memory(self) -> list[machine.Memory]:
        row = self.pretrained
        return machine.memory(
            row.parameters,
            row.activations if row.activations is not None else self._float_activations,
            batch=self.batch,
            quantized_bytes=row.size_bytes if is_quantized(row) else None,
        )

    @property
    def activations_size(self) -> int | None:
        """Pixels at which the activations were counted; sources may count at another size than is used."""
        claim = self.winner("activations")
        stated = claim.listing.facts.get("input_size") if claim and claim.listing else None
        return stated["value"] if stated else self.pretrained.input_size

    @property
    def _float_activations(self) -> int | None:
        """Quantising changes the bytes of an activation, not their number."""
        row, parent = self.pretrained, self.pretrained.parent
        same = is_quantized(row) and parent is not None and parent.input_size == row.input_size
        return parent.activations if parent is not None and same else None

    # 5: measurements

    @cached_property
    def plot(self) -> Plot | None:
        if self.score is None:
            return None
        return plot_of(points_of(self.pretrained, self.score), self.pretrained, self.score)

    @property
    def score_label(self) -> str:
        """`top-1 on ImageNet-1k`"""
        if self.score is None:
            return ""
        metric = vocabulary.label(vocabulary.METRICS, self.score.metric)
        return f"{metric} on {vocabulary.label(vocabulary.DATASETS, self.score.dataset)}"

    # 6: where it comes from

    @cached_property
    def fields(self) -> list[FieldClaims]:
        return stated(self.claims)

    @property
    def disagreements(self) -> list[FieldClaims]:
        return [field for field in self.fields if field.disagrees]

    @property
    def recipe(self) -> Claim | None:
        return self.winner("recipe_url")

    @property
    def origin(self) -> Claim | None:
        return self.winner("origin_url")

    @cached_property
    def label_set(self) -> LabelSet | None:
        """What its outputs stand for; None where nobody tells. One query."""
        if not self.pretrained.label_set:
            return None
        rows = LabelSet.objects.select_related("same_as")
        found = rows.filter(key=self.pretrained.label_set).first()
        return (found.same_as or found) if found else None

    @property
    def label_set_origin(self) -> Origin | None:
        claim = self.winner("label_set")
        return Origin(claim) if claim else None

    @cached_property
    def papers(self) -> list[LinkedPaper]:
        found: dict[int, LinkedPaper] = {}
        for listing in self.listings:
            for link in listing.paper_links.all():
                paper = found.setdefault(link.paper_id, LinkedPaper(link.paper, []))
                says = (link.get_role_display(), listing.source.title, link.note)
                paper.says.append(says)
        return sorted(found.values(), key=lambda paper: paper.paper.key)

    @cached_property
    def repositories(self) -> list[Repository]:
        return list(self.pretrained.repositories.order_by("full_name"))

    @cached_property
    def children(self) -> list[PretrainedModel]:
        """What was made from this checkpoint: quantised, fine-tuned. One query."""
        rows = PretrainedModel.objects.published().filter(parent=self.pretrained).order_by("name")
        return list(rows.only("slug", "name", "parent_relation")[:_MOST_CHILDREN])

    @cached_property
    def joins(self) -> list[Join]:
        """Every listing, with what makes it the same checkpoint as another."""
        return joins_of(self.listings)

    @cached_property
    def changes(self) -> list[Change]:
        """The last values that became others. One query."""
        return list(history.changes(slug=self.pretrained.slug)[:_MOST_CHANGES])

    # What its hub counts and says

    @cached_property
    def hub_facts(self) -> list[HubFact]:
        return hub_facts(self.claims)

    @property
    def looked_up_at_hub(self) -> str:
        """Its name on the Hugging Face Hub, if what the Hub tells one by one was not asked for since a day."""
        by_source = {one.source_id: one for one in self.listings if one.gone_since is None}
        listed, details = by_source.get("huggingface"), by_source.get("huggingface-details")
        is_fresh = details is not None and details.last_seen > timezone.now() - _DETAILS_KEPT
        return listed.external_id if listed is not None and not is_fresh else ""

    # 7: what else

    @cached_property
    def siblings(self) -> list[PretrainedModel]:
        return siblings_of(self.pretrained)

    @property
    def shown_siblings(self) -> list[PretrainedModel]:
        return self.siblings[:MOST_SIBLINGS]

    @property
    def has_more_siblings(self) -> bool:
        return len(self.siblings) > MOST_SIBLINGS

    @cached_property
    def alternatives(self) -> list[Alternative]:
        """Per axis; empty if no axis has one."""
        found = alternatives_to(self.pretrained, self.score)
        return found if any(alternative.found for alternative in found) else []

    @cached_property
    def similar(self) -> list[PretrainedModel]:
        """Where there is no result to compare by."""
        return similar_to(self.pretrained) if self.score is None else []

    # 9: the card

    @cached_property
    def card(self) -> tuple[SafeString, Origin] | None:
        claim = self.winner("card")
        return (render_card(claim.value), Origin(claim)) if claim and claim.value else None

    def winner(self, field: str) -> Claim | None:
        """What is believed about a field; None if nobody states it."""
        claims = self.claims.get(field)
        return claims[0] if claims else None

    def _classes_of(self) -> str:
        number, training = self.pretrained.num_classes, self.pretrained.training
        if number == 0:
            return "no classifier"
        if number is None:
            return ""
        data = training[-1].get("dataset", "") if training else ""
        of = f" of {vocabulary.label(vocabulary.DATASETS, data)}" if data else ""
        return f"{number:,} classes{of}"


def _listings(pretrained: PretrainedModel) -> list[Listing]:
    links = PaperLink.objects.select_related("paper")
    rows = (
        Listing.objects.filter(pretrained=pretrained)
        .select_related("source")
        .prefetch_related("evaluations", "keys_that_count", Prefetch("paper_links", queryset=links))
    )
    return list(rows.order_by("pk"))


def _evaluations(listings: Sequence[Listing]) -> list[Evaluation]:
    """Every result, the checkpoint's headline data set and its own input size first."""
    found = [result for listing in listings for result in listing.evaluations.all()]
    found.sort(key=lambda r: (r.dataset != "imagenet-1k", r.dataset, r.input_size or 0, r.metric))
    return found
