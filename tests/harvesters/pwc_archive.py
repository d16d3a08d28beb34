"""The recorded rows of Papers with Code as the files of an archive: `python -m tests.harvesters.pwc_archive FOLDER`.

The folder is then what `PWC_ARCHIVE` names. The recorded tables come from twelve files, the links from one.
"""

import csv
import json
import sys
from pathlib import Path


def write_archive(recorded: Path, folder: Path) -> None:
    """Write the two parts that were recorded; `recorded` is the folder of the recorded rows."""
    with (recorded / "links_sample" / "paper_repo_info.csv").open() as file:
        links = list(csv.DictReader(file))
    tables = sorted((recorded / "evaluation_tables_format").glob("*.json"))
    tasks = [task for table in tables for task in json.loads(table.read_text())]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "links-between-papers-and-code.json").write_text(json.dumps(links))
    (folder / "evaluation-tables.json").write_text(json.dumps(tasks))


if __name__ == "__main__":
    from tests.conftest import SHARED

    write_archive(SHARED / "data" / "paperswithcode", Path(sys.argv[1]))
