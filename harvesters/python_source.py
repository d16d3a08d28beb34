"""Values out of a library's installed source files, without importing the library.

`import timm` would import torch, which the web image does not have and no harvest needs. A library's
tables of checkpoints are plain values built by a few plain statements, so only those statements are run:
the ones that a wanted name depends on, found in the syntax tree.
"""

import ast
import importlib
import importlib.util
from collections.abc import Iterable, Mapping
from copy import deepcopy
from functools import cached_property
from pathlib import Path
from typing import Any

_HARMLESS = {
    "collections",
    "copy",
    "dataclasses",
    "enum",
    "functools",
    "itertools",
    "math",
    "re",
    "typing",
}


class SourceUnreadable(Exception):
    """A library's source is absent or not shaped as expected; the message says what was looked for."""


def installed_package(name: str) -> Path:
    """The folder of an installed package, found without running any of its code."""
    try:
        spec = importlib.util.find_spec(name)
    except (ImportError, ValueError):
        spec = None
    if spec is None or not spec.submodule_search_locations:
        raise SourceUnreadable(
            f"{name} is not installed here; install the group `registries` to read its checkpoints"
        )
    return Path(next(iter(spec.submodule_search_locations)))


class SourceTree:
    """The modules of one package; `stand_ins` are used for imported names instead of looking them up."""

    def __init__(self, root: Path, stand_ins: Mapping[str, Any] | None = None) -> None:
        self.root = root
        self.stand_ins = dict(stand_ins or {})
        self._modules: dict[Path, SourceModule] = {}

    def module(self, *path: str) -> "SourceModule":
        """The module at `path` below the package, e.g. `module("models", "resnet")`."""
        file = self.root.joinpath(*path)
        file = file / "__init__.py" if file.is_dir() else file.with_suffix(".py")
        if file not in self._modules:
            self._modules[file] = SourceModule(self, file)
        return self._modules[file]

    def modules(self, *folder: str) -> Iterable["SourceModule"]:
        """Every module below a folder, in the order of their paths."""
        for file in sorted(self.root.joinpath(*folder).rglob("*.py")):
            if file not in self._modules:
                self._modules[file] = SourceModule(self, file)
            yield self._modules[file]


class SourceModule:
    """One source file and the values that were asked of it."""

    def __init__(self, tree: SourceTree, file: Path) -> None:
        self.tree = tree
        self.file = file
        self._values: dict[str, Any] = {}

    @property
    def name(self) -> str:
        return self.file.stem

    @cached_property
    def syntax(self) -> ast.Module:
        try:
            return ast.parse(self.file.read_bytes(), self.file.name)
        except (OSError, SyntaxError, ValueError) as problem:
            raise SourceUnreadable(f"{self.file.name} cannot be read: {problem}") from problem

    @property
    def docstring(self) -> str:
        return ast.get_docstring(self.syntax) or ""

    @cached_property
    def functions(self) -> list[ast.FunctionDef]:
        return [node for node in self.syntax.body if isinstance(node, ast.FunctionDef)]

    @cached_property
    def classes(self) -> list[ast.ClassDef]:
        return [node for node in self.syntax.body if isinstance(node, ast.ClassDef)]

    @cached_property
    def _statements(self) -> list[tuple[ast.stmt, set[str]]]:
        return [(node, _bound(node)) for node in self.syntax.body]

    @property
    def names(self) -> set[str]:
        """Every name that the module gives a value to at its top level."""
        return {name for _, bound in self._statements for name in bound}

    def functions_decorated(self, decorator: str) -> list[ast.FunctionDef]:
        """The top-level functions under `@decorator` or `@decorator(...)`."""
        return [f for f in self.functions if decorator in {_called(d) for d in f.decorator_list}]

    def binds(self, name: str) -> bool:
        """Whether the module gives `name` a value at its top level."""
        return name in self.names

    def value(self, name: str) -> Any:
        """What `name` holds once the module's statements that it depends on have run."""
        if name not in self._values:
            if not self.binds(name):
                raise SourceUnreadable(f"{self.file.name} has no {name}")
            self._values[name] = self._run(name)[name]
        return self._values[name]

    def _needed(self, name: str) -> set[str]:
        wanted, waiting = set(), [name]
        while waiting:
            current = waiting.pop()
            if current in wanted:
                continue
            wanted.add(current)
            for node, bound in self._statements:
                if current in bound and not isinstance(node, ast.Import | ast.ImportFrom):
                    # A loop that fills one of our names also binds its own: all it touches is needed.
                    waiting += _used(node) | bound
        return wanted

    def _run(self, name: str) -> dict[str, Any]:
        wanted = self._needed(name)
        space: dict[str, Any] = {"__name__": f"read.{self.name}"}
        try:
            for node, bound in self._statements:
                if isinstance(node, ast.Import | ast.ImportFrom):
                    space.update(self._imported(node, wanted))
                elif bound & wanted:
                    code = ast.Module([_bare(node)], type_ignores=[])
                    exec(compile(code, self.file.name, "exec"), space)  # noqa: S102 - see module text
        except SourceUnreadable:
            raise
        except Exception as problem:
            raise SourceUnreadable(f"{self.file.name} is not as expected: {problem!r}") from problem
        return space

    def _imported(self, node: ast.Import | ast.ImportFrom, wanted: set[str]) -> dict[str, Any]:
        found = {}
        for alias in node.names:
            name = alias.asname or alias.name.partition(".")[0]
            if name not in wanted:
                continue
            if isinstance(node, ast.ImportFrom):
                found[name] = self._from(node, alias.name)
            elif alias.name.partition(".")[0] in _HARMLESS:
                found[name] = importlib.import_module(alias.name)
        return found

    def _from(self, node: ast.ImportFrom, name: str) -> Any:
        if name in self.tree.stand_ins:
            return self.tree.stand_ins[name]
        if not node.level and node.module in _HARMLESS:
            return getattr(importlib.import_module(node.module), name)
        folder = self._folder(node)
        if folder and (folder.with_suffix(".py").is_file() or folder.is_dir()):
            return self.tree.module(*folder.relative_to(self.tree.root).parts).value(name)
        raise SourceUnreadable(
            f"{self.file.name} takes {name} from {node.module}, which is not read"
        )

    def _folder(self, node: ast.ImportFrom) -> Path | None:
        parts = node.module.split(".") if node.module else []
        if node.level:
            return self.file.parents[node.level - 1].joinpath(*parts)
        return self.tree.root.joinpath(*parts[1:]) if parts[:1] == [self.tree.root.name] else None


def _called(decorator: ast.expr) -> str:
    name = decorator.func if isinstance(decorator, ast.Call) else decorator
    return name.id if isinstance(name, ast.Name) else ""


class _Bare(ast.NodeTransformer):
    """A statement without what only a type checker or a registry wants of its functions."""

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.ClassDef:
        for method in node.body:
            decorators = getattr(method, "decorator_list", [])
            self.visit(method)
            if isinstance(method, ast.FunctionDef):
                method.decorator_list = decorators  # a property must stay one
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        node.decorator_list, node.returns = [], None
        for argument in ast.walk(node.args):
            if isinstance(argument, ast.arg):
                argument.annotation = None
        return node


def _bare(node: ast.stmt) -> ast.stmt:
    """The statement, or a stripped copy if it defines functions; tables of thousands of lines do not."""
    defines = any(isinstance(part, ast.FunctionDef) for part in ast.walk(node))
    return _Bare().visit(deepcopy(node)) if defines else node


def _used(node: ast.stmt) -> set[str]:
    """Names that running the statement, or calling what it defines, looks up."""
    return {part.id for part in ast.walk(_bare(node)) if isinstance(part, ast.Name)}


def _bound(node: ast.stmt) -> set[str]:
    """Names that the statement gives a value to, or whose value it changes."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return {node.name}
    if isinstance(node, ast.Import | ast.ImportFrom):
        return {alias.asname or alias.name.partition(".")[0] for alias in node.names}
    names = set()
    for part in ast.walk(node):
        target: ast.expr | None = None
        if isinstance(part, ast.Name | ast.Subscript | ast.Attribute) and isinstance(
            part.ctx, ast.Store
        ):
            target = part
        elif isinstance(part, ast.Call) and isinstance(part.func, ast.Attribute):
            target = part.func  # default_cfgs.update(...)
        while isinstance(target, ast.Subscript | ast.Attribute):
            target = target.value
        if isinstance(target, ast.Name):
            names.add(target.id)
    return names
