"""YAML of strangers as plain values: no objects, no dates, no documents that grow when they are read."""

from typing import Any

import yaml

_MOST_VALUES = 500_000
_DEEPEST = 100


class MalformedYaml(ValueError):
    """The text is no YAML that may be read; the message says where and why."""


class _Loader(yaml.CSafeLoader):
    """Without the resolver that makes dates of `2021-08-31`: versions and names look like that too."""

    yaml_implicit_resolvers = {
        first: [item for item in resolvers if item[0] != "tag:yaml.org,2002:timestamp"]
        for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
    }


def load_yaml(text: str) -> Any:
    """The first document of `text` (JSON is YAML too); raises MalformedYaml."""
    text = text.removeprefix("\ufeff")
    try:
        _check_depth(text)
        loader = _Loader(text)
        try:
            node = loader.get_single_node()
            if node is None:
                return None
            if _expanded(node, {}) > _MOST_VALUES:
                raise MalformedYaml(f"its aliases stand for more than {_MOST_VALUES:,} values")
            return loader.construct_document(node)
        finally:
            loader.dispose()
    except yaml.YAMLError as problem:
        where = getattr(problem, "problem_mark", None)
        line = f", line {where.line + 1}" if where else ""
        why = getattr(problem, "problem", None) or type(problem).__name__
        raise MalformedYaml(f"it is no readable YAML{line}: {why}") from problem
    except (ValueError, RecursionError) as problem:
        if isinstance(problem, MalformedYaml):
            raise
        raise MalformedYaml(f"it is no readable YAML: {problem}") from problem


def _check_depth(text: str) -> None:
    """Refuse what is nested deeply: the library's composer calls itself and ends the process."""
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > _DEEPEST:
            raise MalformedYaml(f"it is nested more than {_DEEPEST} levels deep")


def _expanded(node: yaml.Node, known: dict[int, int]) -> int:
    """How many values a node stands for once its aliases are written out; endless where it holds itself."""
    if id(node) not in known:
        known[id(node)] = (
            _MOST_VALUES + 1
        )  # what it is while it is being counted, so if it holds itself
        children: list[yaml.Node] = []
        if isinstance(node, yaml.MappingNode):
            children = [part for pair in node.value for part in pair]
        elif isinstance(node, yaml.SequenceNode):
            children = node.value
        # Cut off: with a few dozen aliases the true number has hundreds of digits.
        total = 1 + sum(_expanded(child, known) for child in children)
        known[id(node)] = min(total, _MOST_VALUES + 1)
    return known[id(node)]
