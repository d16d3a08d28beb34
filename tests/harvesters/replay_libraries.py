"""Routes for the sources that are files of repositories: keras.io's table, PyTorch Hub's cards, ONNX's zoo."""

import io
import tarfile
from pathlib import Path

from tests.harvesters.replay import NOT_FOUND, Asked, Reply, Route

HUB_COMMIT = "c7895df70c7767403e36f82786d6b611b7984557"


def one_file(file: Path) -> Route:
    """A route that answers every path with one file."""

    def route(asked: Asked) -> Reply:
        return 200, {"Content-Type": "text/plain; charset=utf-8"}, file.read_bytes()

    return route


def onnx_models(folder: Path) -> Route:
    """The raw files of onnx/models: the manifest, and the READMEs of its models where they lie there."""

    def route(asked: Asked) -> Reply:
        below = asked.path.lstrip("/")
        wanted = below if below.endswith(".json") else f"readmes/{below.removeprefix('validated/')}"
        file = (folder / wanted).resolve()
        if not file.is_relative_to(folder.resolve()) or not file.is_file():
            return NOT_FOUND
        return 200, {"Content-Type": "text/plain; charset=utf-8"}, file.read_bytes()

    return route


def tarball_of(folder: Path, top: str, commit: str) -> Route:
    """The files of a folder as codeload packs a repository: one top folder, the commit in a comment."""

    def route(asked: Asked) -> Reply:
        target = io.BytesIO()
        with tarfile.open(
            fileobj=target, mode="w:gz", format=tarfile.PAX_FORMAT, pax_headers={"comment": commit}
        ) as archive:
            for file in sorted(folder.iterdir()):
                member = tarfile.TarInfo(f"{top}/{file.name}")
                member.size = file.stat().st_size
                with file.open("rb") as content:
                    archive.addfile(member, content)
        return 200, {"Content-Type": "application/x-gzip"}, target.getvalue()

    return route
