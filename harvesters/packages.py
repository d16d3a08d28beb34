"""The source files of a Python package, installed or as a wheel, and what stands in them as plain values.

Nothing of them is run: `harvesters.python_source` is for libraries whose tables are built by statements,
this for those that write them down. See docs/decisions/0068-libraries-are-read-installed-or-as-a-wheel.md.
"""

import ast
import hashlib
import importlib.metadata
import io
import warnings
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from harvesters.python_source import SourceUnreadable, installed_package

_MOST_BYTES = 5_000_000


@dataclass(frozen=True)
class Package:
    """`files` by their path, `torchtext/models/t5/bundler.py`; only modules, none of its tests."""

    version: str
    files: Mapping[str, bytes]

    def modules(self, prefix: str, suffix: str = ".py") -> Iterator["Module"]:
        """The modules whose path begins and ends so, in the order of their paths."""
        for path in sorted(self.files):
            if path.startswith(prefix) and path.endswith(suffix):
                yield Module(path, self.files[path])


def installed(distribution: str, package: str) -> Package:
    """An installed package; raises SourceUnreadable if it is not installed."""
    root = installed_package(package)
    version = installed_version(distribution)
    found = (file.relative_to(root.parent).as_posix() for file in root.rglob("*.py"))
    return Package(version, {p: (root.parent / p).read_bytes() for p in found if _wanted(p)})


def installed_version(distribution: str) -> str:
    """Which release is installed, `1.0.31`; raises SourceUnreadable if that cannot be told."""
    try:
        return importlib.metadata.version(distribution).partition("+")[0]
    except importlib.metadata.PackageNotFoundError as problem:
        raise SourceUnreadable(f"{distribution} is only half installed here") from problem


def unpacked(wheel: bytes, sha256: str, version: str) -> Package:
    """A wheel as it was published; raises SourceUnreadable if it is another file or cannot be read."""
    if hashlib.sha256(wheel).hexdigest() != sha256:
        raise SourceUnreadable("what came is not the wheel that was published: its hash is another")
    files = {}
    try:
        with zipfile.ZipFile(io.BytesIO(wheel)) as archive:
            for member in archive.infolist():
                if _wanted(member.filename) and member.file_size <= _MOST_BYTES:
                    files[member.filename] = archive.read(member)
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError) as problem:
        raise SourceUnreadable(f"the wheel cannot be read: {problem}") from problem
    return Package(version, files)


def _wanted(path: str) -> bool:
    return path.endswith(".py") and not path.endswith("_test.py")


class Module:
    """One source file: what its names are assigned, and its functions."""

    def __init__(self, path: str, source: bytes) -> None:
        self.path, self._source = path, source

    @cached_property
    def syntax(self) -> ast.Module:
        try:
            with warnings.catch_warnings():
                # Of escapes that Python will refuse one day; nobody here can mend them.
                warnings.simplefilter("ignore")
                return ast.parse(self._source, self.path)
        except (SyntaxError, ValueError) as problem:
            raise SourceUnreadable(f"{self.path} cannot be read: {problem}") from problem

    @cached_property
    def assigned(self) -> dict[str, ast.expr]:
        """Every name of the top level with the expression it is assigned, the last one if several."""
        return {
            node.targets[0].id: node.value
            for node in self.syntax.body
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
        }

    @cached_property
    def functions(self) -> list[ast.FunctionDef]:
        return [node for node in self.syntax.body if isinstance(node, ast.FunctionDef)]

    def plain(self, node: ast.expr) -> Any:
        """The value that is written there, with the module's own names looked up.

        What is no plain value (a call, somebody else's name) comes as its text.
        """
        match node:
            case ast.Dict():
                return self._dict(node)
            case ast.List() | ast.Tuple():
                return [self.plain(item) for item in node.elts]
            case ast.Name() if node.id in self.assigned:
                return self.plain(self.assigned[node.id])
            case ast.JoinedStr():
                return "".join(self._part(part) for part in node.values)
            case _:
                try:
                    return ast.literal_eval(node)
                except ValueError:
                    return ast.unparse(node)

    def _dict(self, node: ast.Dict) -> dict[Any, Any]:
        found: dict[Any, Any] = {}
        for key, value in zip(node.keys, node.values, strict=True):
            if key is not None:
                found[self.plain(key)] = self.plain(value)
            elif isinstance(other := self.plain(value), dict):  # {**other}
                found |= other
        return found

    def _part(self, part: ast.expr) -> str:
        inner = part.value if isinstance(part, ast.FormattedValue) else part
        return str(self.plain(inner))
