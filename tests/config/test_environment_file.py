"""`.env.example` names exactly what the code reads, with the defaults the code has."""

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
READERS = ("config/settings.py", "config/embedded/environment.py")
# Names the file itself, so it cannot stand in it.
EXEMPT = {"ENV_FILE"}
COMPOSE_ONLY = {"POSTGRES_PASSWORD": ""}


def as_text(value: object) -> str:
    """A default as it is written in an environment file."""
    if isinstance(value, list):
        return ",".join(value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def variables_read(path: Path) -> dict[str, str]:
    """Variable -> default, of every `env.kind("NAME", default)` in a module; "" without a default."""
    calls = [
        node
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "env"
        and node.func.attr != "read_env"
    ]
    defaults = {}
    for call in calls:
        given = [*call.args[1:2], *(k.value for k in call.keywords if k.arg == "default")]
        default = ast.literal_eval(given[0]) if given else ""
        defaults[ast.literal_eval(call.args[0])] = as_text(default)
    return defaults


def example() -> dict[str, str]:
    lines = (ROOT / ".env.example").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def test_example_names_every_variable_with_its_default() -> None:
    read = dict(COMPOSE_ONLY)
    for reader in READERS:
        read |= variables_read(ROOT / reader)
    expected = {name: default for name, default in read.items() if name not in EXEMPT}

    assert example() == expected


def test_every_variable_stands_once() -> None:
    names = [
        line.split("=")[0]
        for line in (ROOT / ".env.example").read_text().splitlines()
        if line and not line.startswith("#")
    ]

    assert len(names) == len(set(names))


def test_the_environment_is_read_in_these_modules_only() -> None:
    settings_name = "DJANGO_SETTINGS_MODULE"
    modules = [
        path.relative_to(ROOT).as_posix()
        for app in ("config", "catalog", "harvesters", "inference")
        for path in (ROOT / app).rglob("*.py")
        if "embedded" not in path.parts
        and any(
            name in path.read_text().replace(f'environ.setdefault("{settings_name}"', "")
            for name in ("os.environ", "environ.setdefault", "getenv(", "environ.Env")
        )
    ]

    assert modules == ["config/settings.py"]
