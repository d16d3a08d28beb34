"""A web process as `bench.facets` starts it: answers one request, then those it is given, and says what memory it has."""

import json
import os
import re
import sys
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")


def main() -> None:
    django.setup()
    from django.test import Client

    from bench.facets_measured import plain_static_files

    plain_static_files()
    client = Client()
    assert client.get("/models/").status_code == 200
    print("first", flush=True)
    for query in json.loads(sys.stdin.readline()):
        client.get(f"/models/?{query}")
    print(json.dumps(memory()), flush=True)
    sys.stdin.readline()


def memory() -> dict[str, float]:
    """This process's share of memory (PSS), and what of it is its own, in MB."""
    found = dict(re.findall(r"(\w+):\s+(\d+) kB", Path("/proc/self/smaps_rollup").read_text()))
    own = int(found["Private_Clean"]) + int(found["Private_Dirty"])
    return {"pss_mb": int(found["Pss"]) / 1e3, "private_mb": own / 1e3}
