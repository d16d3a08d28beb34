"""Tarballs of repositories whose models stand in metafiles, packed from the recorded files."""

import io
import tarfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from tests.harvesters.replay import NOT_FOUND, Asked, Reply, Route


def codeload(data: Path, prefix: str) -> dict[str, Route]:
    """The routes of codeload's repositories, by prefix, owner and name."""
    zoo, hub = data / "open_model_zoo", data / "qualcomm_ai_hub" / "info_yaml"
    folders = {f"open-mmlab/{folder.name}": [folder] for folder in (data / "openmmlab").iterdir()}
    folders["openvinotoolkit/open_model_zoo"] = [zoo / "model_yml", zoo / "readmes_public"]
    folders["qualcomm/ai-hub-models"] = [hub]
    return {f"{prefix}/{name}": _archive(*parts) for name, parts in folders.items()}


def packed(files: Mapping[str, bytes], commit: str = "") -> bytes:
    """A gzipped tarball as `git archive` writes it: one folder on top, the commit as its comment."""
    target = io.BytesIO()
    headers = {"comment": commit} if commit else {}
    with tarfile.open(
        fileobj=target, mode="w:gz", format=tarfile.PAX_FORMAT, pax_headers=headers, compresslevel=1
    ) as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(f"repository-main/{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return target.getvalue()


def _archive(*folders: Path) -> Route:
    """A repository of the files in these folders; in a flat folder `__` stands for the slash."""

    @cache
    def body() -> bytes:
        return packed(
            {
                str(file.relative_to(folder)).replace("__", "/"): file.read_bytes()
                for folder in folders
                for file in sorted(folder.rglob("*"))
                if file.is_file()
            }
        )

    def route(asked: Asked) -> Reply:
        if not asked.path.startswith("/tar.gz/"):
            return NOT_FOUND
        return 200, {"Content-Type": "application/x-gzip"}, body()

    return route
