"""Identity keys: texts that two listings share exactly if they describe the same checkpoint.

A source states a key only where it identifies one set of weights (docs/decisions/0013-same-checkpoint-by-shared-key.md).
"""

import re
from urllib.parse import urlsplit

# Repositories that were renamed; their old addresses still stand in many records.
_RENAMED = {
    "rwightman/pytorch-image-models": "huggingface/pytorch-image-models",
    "open-mmlab/mmclassification": "open-mmlab/mmpretrain",
}


def weights_key(url: str) -> str:
    """The key of a weights file by its address; scheme, query and fragment make no difference."""
    parts = urlsplit(url)
    path = parts.path
    if parts.netloc.lower() == "github.com":
        for old, new in _RENAMED.items():
            path = re.sub(rf"^/{re.escape(old)}/", f"/{new}/", path, flags=re.IGNORECASE)
    return f"weights:https://{parts.netloc.lower()}{path}"


def repository_name(url: str) -> str:
    """`https://github.com/FaceBookResearch/ConvNeXt/tree/main` -> `facebookresearch/convnext`, else empty."""
    found = re.match(r"https?://(?:www\.)?github\.com/([\w.-]+)/([\w.-]+)", url)
    if not found:
        return ""
    name = f"{found[1]}/{found[2].removesuffix('.git')}".lower()
    return _RENAMED.get(name, name)


def arxiv_ids(text: str) -> list[str]:
    """The arXiv ids that a text links to or names as `arXiv:...`, without version, in order."""
    found = re.findall(r"arxiv(?:\.org/(?:abs|pdf|html)/|:)(\d{4}\.\d{4,5})", text, re.IGNORECASE)
    return list(dict.fromkeys(found))
