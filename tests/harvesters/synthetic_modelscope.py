"""A synthetic ModelScope: its OpenAPI as the vendor's client speaks it, over made-up models.

No answer of the real one was ever recorded. What is kept from its documentation: the envelope, the filters,
the order, and that `page_number` x `page_size` reaches 3,000.
"""

import json
from collections.abc import Sequence
from typing import Any

from tests.harvesters.replay import NOT_FOUND, Asked, Reply, Route

REACH = 3000


def entry(number: int = 1, **changed: Any) -> dict[str, Any]:
    """One synthetic model; higher numbers changed later."""
    moment = 1_700_000_000 + number * 60
    return {
        "id": f"synthetic/model-{number}", "display_name": f"Model {number}", "description": "synthetic",
        "downloads": number, "likes": 3, "license": "apache-2.0",
        "tags": ["library:transformers", "license:apache-2.0", "task:text-generation", "dataset:squad"],
        "tasks": ["text-generation"], "params": 8_190_735_360, "file_size": 16_397_461_504,
        "created_at": moment, "last_modified": moment, "private": False, "gated": False,
        "login_required": False, **changed,
    }  # fmt: skip


def modelscope(models: Sequence[Any], reach: int = REACH) -> Route:
    """The route of `/openapi/v1/models` over these models."""

    def route(asked: Asked) -> Reply:
        if asked.path != "/openapi/v1/models":
            return NOT_FOUND
        number, size = int(asked.value("page_number", "1")), int(asked.value("page_size", "10"))
        if size > 50 or number * size > reach:
            return _json(
                400, {"success": False, "code": "InvalidParameter", "message": "out of reach"}
            )
        found = [model for model in models if _fits(model, asked)]
        if asked.value("sort") == "last_modified":
            found.sort(key=_changed, reverse=True)
        chosen = found[(number - 1) * size : number * size]
        data = {
            "total_count": len(found),
            "page_number": number,
            "page_size": size,
            "models": chosen,
        }
        return _json(200, {"success": True, "request_id": "synthetic", "data": data})

    return route


def _json(status: int, content: object) -> Reply:
    return status, {"Content-Type": "application/json"}, json.dumps(content).encode()


def _fits(model: Any, asked: Asked) -> bool:
    if not isinstance(model, dict):
        return True
    held = {
        "filter.task": model.get("tasks"),
        "filter.library": [str(tag).removeprefix("library:") for tag in _texts(model.get("tags"))],
        "filter.license": [model.get("license")],
    }
    named = (
        name not in dict(asked.query) or asked.value(name) in _texts(held[name]) for name in held
    )
    return all(named) and asked.value("search") in str(model.get("id"))


def _texts(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _changed(model: Any) -> float:
    value = model.get("last_modified") if isinstance(model, dict) else 0
    return float(value) if isinstance(value, int | float) else 0.0
