"""The recorded rows of Papers with Code as an archive: on a server, or as the files of a folder.

`python -m tests.harvesters.replay_paperswithcode FOLDER` writes them; the folder is then what PWC_ARCHIVE
names. The recorded tables come from twelve files, the links from one. That the server gives JSON where the
Hub gives Parquet is synthetic: pyarrow need not be installed.
"""

import csv
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.harvesters.replay import NOT_FOUND, Asked, Reply, Route


def recorded_links(recorded: Path) -> list[Any]:
    with (recorded / "links_sample" / "paper_repo_info.csv").open() as file:
        return list(csv.DictReader(file))


def recorded_tasks(recorded: Path) -> list[Any]:
    tables = sorted((recorded / "evaluation_tables_format").glob("*.json"))
    return [task for table in tables for task in json.loads(table.read_text())]


_PARTS: dict[str, Callable[[Path], list[Any]]] = {
    "links-between-paper-and-code": recorded_links,
    "evaluation-tables": recorded_tasks,
}


def archive(recorded: Path) -> Route:
    """The lists of files that the Hub gives for the archive's data sets, and those files."""

    def route(asked: Asked) -> Reply:
        *folder, name = asked.path.strip("/").split("/")
        if name == "parquet" and folder[:-1] == ["api", "datasets", "pwc-archive"]:
            files = [f"{asked.base}/{folder[-1]}.json"] if folder[-1] in _PARTS else []
            return 200, {}, json.dumps({"default": {"train": files}}).encode()
        part = _PARTS.get(name.removesuffix(".json"))
        return (200, {}, json.dumps(part(recorded)).encode()) if part else NOT_FOUND

    return route


def write_archive(recorded: Path, folder: Path) -> None:
    """Write the two parts that were recorded; `recorded` is the folder of the recorded rows."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, part in _PARTS.items():
        (folder / f"{name}.json").write_text(json.dumps(part(recorded)))


if __name__ == "__main__":
    from tests.recorded import SHARED

    write_archive(SHARED / "data" / "paperswithcode", Path(sys.argv[1]))
