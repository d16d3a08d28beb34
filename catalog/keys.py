"""Identity keys: texts that two listings share exactly if they describe the same checkpoint.

A source states a key only where it identifies one set of weights (docs/decisions/0013-same-checkpoint-by-shared-key.md).
"""

import re
from urllib.parse import urlsplit

# Characters of an id at its source. The Hub takes owners and names of up to 96 each today, but keeps older names
# of up to 250; a folder's name, which a repository's is, has at most 255 (docs/decisions/0085-how-long-an-id-may-be.md).
LONGEST_ID = 400

# A GitHub full name in lower case, the name of a Repository: at most 200 characters, and no way up in an address.
REPOSITORY = re.compile(r"(?!\.{1,2}/)[a-z0-9_.-]{1,99}/(?!\.{1,2}$)[a-z0-9_.-]{1,100}")
# Repositories that were renamed; their old addresses still stand in many records.
_RENAMED = {
    "rwightman/pytorch-image-models": "huggingface/pytorch-image-models",
    "open-mmlab/mmclassification": "open-mmlab/mmpretrain",
}
# Files that torchvision wrote again, as is believed with the same weights: the published accuracies agree to
# 0.02 points, the tensors were not compared. Inception v3 is none of them: its accuracies differ by 0.4.
_WRITTEN_AGAIN = {
    "resnet18-5c106cde.pth": "resnet18-f37072fd.pth",
    "resnet34-333f7ec4.pth": "resnet34-b627a593.pth",
    "resnet50-19c8e357.pth": "resnet50-0676ba61.pth",
}


def weights_key(url: str) -> str:
    """The key of a weights file by its address; scheme, query and fragment make no difference.

    Renamed repositories, the two addresses of a raw file at GitHub and torchvision's rewritten files have
    one key each (docs/decisions/0071-one-address-per-weights-file.md).
    """
    parts = urlsplit(url)
    host, path = parts.netloc.lower(), parts.path
    if host == "raw.githubusercontent.com":
        host, path = "github.com", re.sub(r"^(/[^/]+/[^/]+)/", r"\1/raw/", path)
    if host == "github.com":
        for old, new in _RENAMED.items():
            path = re.sub(rf"^/{re.escape(old)}/", f"/{new}/", path, flags=re.IGNORECASE)
    elif host == "huggingface.co":
        path = re.sub(r"^(/[^/]+/[^/]+)/blob/", r"\1/resolve/", path)
    elif host == "download.pytorch.org":
        folder, _, name = path.rpartition("/")
        path = f"{folder}/{_WRITTEN_AGAIN.get(name, name)}"
    return f"weights:https://{host}{path}"


def written_before(key: str) -> str:
    """The address of the file that torchvision wrote again as the one of this key, else empty."""
    folder, _, name = key.removeprefix("weights:").rpartition("/")
    older = next((old for old, new in _WRITTEN_AGAIN.items() if new == name), "")
    return f"{folder}/{older}" if older and weights_key(f"{folder}/{older}") == key else ""


def repository_name(url: str) -> str:
    """`https://github.com/FaceBookResearch/ConvNeXt/tree/main` -> `facebookresearch/convnext`, else empty."""
    found = re.match(r"https?://(?:www\.)?github\.com/([\w.-]+)/([\w.-]+)", url)
    if not found:
        return ""
    name = f"{found[1]}/{found[2].removesuffix('.git')}".lower()
    return _RENAMED.get(name, name) if REPOSITORY.fullmatch(name) else ""


def arxiv_ids(text: str) -> list[str]:
    """The arXiv ids that a text links to or names as `arXiv:...`, without version, in order."""
    found = re.findall(r"arxiv(?:\.org/(?:abs|pdf|html)/|:)(\d{4}\.\d{4,5})", text, re.IGNORECASE)
    return list(dict.fromkeys(found))
