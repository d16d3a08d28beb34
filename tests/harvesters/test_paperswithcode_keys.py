"""Which paper a row of a table means: by its address, else by a title that is one."""

import pytest

from harvesters.sources.paperswithcode_tables import key_of

OPENREVIEW = "https://openreview.net/pdf?id=r1eIiCNYwS"


@pytest.mark.parametrize(
    ("url", "title", "key"),
    [
        (OPENREVIEW, "Zhao et al. ICLR 2020", ""),
        ("", "Cui et al., Findings of EMNLP, 2020", ""),
        ("", "Smith & Jones et al. 2019", ""),
        ("", "https://github.com/google-research/bert", ""),
        ("", "see www.wingspan.cn", ""),
        (
            "",
            "(Singapore Management University) https://arxiv.org/abs/1608.07905",
            "1608.07905",
        ),
        ("", "https://arxiv.org/pdf/1608.07905v2.pdf", "1608.07905"),
        # Two papers: which of them it is nobody knows.
        ("", "https://arxiv.org/abs/1608.07905 and https://arxiv.org/abs/1706.03762", ""),
        ("https://arxiv.org/abs/1706.03762", "as https://arxiv.org/abs/1608.07905", "1706.03762"),
        (OPENREVIEW, "Transformer-XH", "title:transformer-xh-2020"),
        ("", "Reply to Zhao et al.", "title:reply-to-zhao-et-al-2020"),
        ("", "", ""),
    ],
)
def test_an_address_or_a_citation_is_no_title(url: str, title: str, key: str) -> None:
    assert key_of(url, {}, title, "2020-02-04") == key
