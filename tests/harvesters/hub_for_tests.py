"""A Hub of a few hand-made (synthetic) models in the exact wire format, and a server for any Hub."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Any

from harvesters.sources.huggingface import HuggingFace
from tests.harvesters.replay import ReplayServer, Route
from tests.harvesters.replay_huggingface_data import Item, complete


@contextmanager
def serving(route: Route) -> Iterator[ReplayServer]:
    server = ReplayServer({"/hf": route})
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


def address(server: ReplayServer) -> str:
    return f"{server.url}/hf"


def models_of(server: ReplayServer, *queries: str, **settings: Any) -> HuggingFace:
    """The source over a server; all models if no query is named."""
    return HuggingFace(address(server), queries=queries or ("*",), **settings)


def model(name: str, day: str = "2026-01-01", **fields: Any) -> Item:
    """A model last changed on a day; `fields` as the API names them, `model_index` for `model-index`."""
    item = {
        "id": name,
        "lastModified": f"{day}T12:00:00.000Z",
        "createdAt": "2025-01-01T12:00:00.000Z",
    }
    return complete(
        {**item, **{key.replace("model_index", "model-index"): v for key, v in fields.items()}}
    )
