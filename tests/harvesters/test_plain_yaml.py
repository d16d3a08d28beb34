"""YAML of strangers: plain values come out, everything else is refused with a reason."""

import pytest

from harvesters.plain_yaml import MalformedYaml, load_yaml


@pytest.mark.parametrize(("text", "value"), [
    ("2021-08-31", "2021-08-31"),
    ("2021-08-31T10:00:00", "2021-08-31T10:00:00"),
    ("v1.0", "v1.0"),
    ("4120000000", 4120000000),
    ("{a: 1}", {"a": 1}),
    ('\ufeff{"a": [1]}', {"a": [1]}),
    ("", None),
])  # fmt: skip
def test_values_come_plain(text: str, value: object) -> None:
    assert load_yaml(text) == value


BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{after}: &{after} [{', '.join([f'*{before}'] * 9)}]\n"
    for before, after in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(("text", "why"), [
    ("a: [1,", "line 2"),
    ("[" * 100_000, "nested"),  # the library's own reader ends the process here
    ("- " * 100_000 + "1", "nested"),
    (BOMB, "aliases"),
    ("a: &a [*a]", "aliases"),
    ("!!python/object/apply:os.system [ls]", "constructor"),
    ("a: " + "9" * 5000, "no readable YAML"),
    ("a: \ud800", "no readable YAML"),
    ("a: \x00", "no readable YAML"),
    ("{a: b}: c", "unhashable"),
])  # fmt: skip
def test_what_could_harm_is_refused_with_its_reason(text: str, why: str) -> None:
    with pytest.raises(MalformedYaml, match=why):
        load_yaml(text)
