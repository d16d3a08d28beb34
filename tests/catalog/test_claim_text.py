"""Values in words: what a file takes and gives, further numbers, addresses as links; odd shapes break no page."""

from typing import Any

import pytest

from catalog.claim_text import StatedClaim, claim_text
from catalog.claims import Claim

PORT = {"name": "data", "type": "tensor(float)", "shape": ["N", 3, 224, 224]}


def test_inputs_and_outputs_are_written_with_type_and_shape() -> None:
    ports = {"inputs": [PORT], "outputs": [{**PORT, "name": "probability", "shape": ["N", 1000]}]}
    assert claim_text("io_ports", ports) == (
        "in: data float [N, 3, 224, 224]; out: probability float [N, 1000]"
    )


@pytest.mark.parametrize(
    "ports",
    [
        {},
        {"inputs": None},
        {"inputs": "data"},
        {"inputs": ["data", 3, {}]},
        {"inputs": [{"shape": 3}]},
    ],
)
def test_ports_of_another_shape_break_no_page(ports: dict[str, Any]) -> None:
    assert isinstance(claim_text("io_ports", ports), str)


def test_further_numbers_are_written_by_name() -> None:
    assert claim_text("metrics", {"depth": 107, "cpu_ms_per_step": 58.2}) == (
        "depth 107, cpu ms per step 58.2"
    )


@pytest.mark.parametrize("field", ["demo_url", "image_url", "origin_url", "recipe_url"])
def test_addresses_are_links_and_pictures_are_not_loaded(field: str) -> None:
    stated = StatedClaim(Claim(field, "https://example.org/a.png", "", "", None, None))
    assert (stated.url, stated.text) == ("https://example.org/a.png", "")
