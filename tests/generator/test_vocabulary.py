"""The vocabulary against what it names: Highway's operations, the bodies in runtime/simd, the reference words."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from quern_generator.highway import HIGHWAY_TARGETS
from quern_generator.model import Spec
from quern_generator.reference import WORDS

HEADERS = [path for path in (Path("/usr/include/hwy"), Path("/usr/local/include/hwy")) if path.is_dir()]
FUNCTION = re.compile(r"HWY_INLINE\s+([\w:<>, ]+?)\s+(\w+)\(D (?:/\*)?\w+(?:\*/)?,\s+FlagSet&[^,)]*(?:,([^)]*))?\)")
# What a body's C++ result says of it; other bodies give a vector.
RESULTS = {"Mask": "mask", "std::true_type": "constant", "std::false_type": "constant"}


@pytest.fixture(scope="module")
def words(root: Path) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((root / "spec" / "vocabulary.yaml").read_text())
    return found


def count(arguments: str) -> int:
    """How many arguments a list between commas names."""
    return arguments.count(",") + 1 if arguments.strip() else 0


def bodies_of(root: Path, header: str) -> dict[str, tuple[int, str]]:
    """Bodies of a header: number of arguments and kind of the result."""
    text = (root / "runtime" / "simd" / f"{header}-inl.h").read_text()
    return {
        name: (
            count(parameters) - ("Store&" in parameters),
            next((kind for part, kind in RESULTS.items() if part in result), "vector"),
        )
        for result, name, parameters in FUNCTION.findall(text)
    }


def test_every_body_exists_with_its_arity_and_result(root: Path, words: dict[str, Any]) -> None:
    for name, entry in words["bodies"].items():
        header = entry.get("header", entry["family"])
        found = bodies_of(root, header)
        assert name in found, f"runtime/simd/{header}-inl.h has no {name}"
        for signature in entry["signatures"]:
            arguments, _, result = signature.partition("->")
            kind = result.strip() if result.strip() in ("mask", "constant") else "vector"
            assert found[name] == (count(arguments), kind), name


@pytest.mark.skipif(not HEADERS, reason="Highway's headers are not where distributions put them")
def test_every_operation_is_highways(words: dict[str, Any]) -> None:
    text = "\n".join(path.read_text() for path in sorted((HEADERS[0] / "ops").glob("*.h")))
    for name, entry in words["operations"].items():
        counts = {count(signature.partition("->")[0]) for signature in entry["signatures"]}
        found = re.findall(rf"HWY_API [^;{{}}()]*?\b{name}\(([^)]*)\)", text)
        assert found, f"Highway has no {name}"
        assert counts <= {count(parameters) for parameters in found}, name


@pytest.mark.skipif(not HEADERS, reason="Highway's headers are not where distributions put them")
def test_every_target_is_highways() -> None:
    text = (HEADERS[0] / "detect_targets.h").read_text()
    assert set(HIGHWAY_TARGETS) <= set(re.findall(r"#define HWY_(\w+) \(1LL << ", text))


def test_reference_words_are_those_of_the_evaluator(words: dict[str, Any]) -> None:
    assert set(words["reference_words"]) == WORDS


def test_casting_levels_and_kinds_are_numpys(words: dict[str, Any]) -> None:
    assert list(words["casting_levels"]) == ["no", "equiv", "safe", "same_kind", "unsafe"]


def test_every_word_has_a_description(words: dict[str, Any]) -> None:
    for group, entries in words.items():
        for word, entry in entries.items():
            summary = entry["summary"] if isinstance(entry, dict) else entry
            assert re.fullmatch(r"[A-Z0-9].*[.]", summary), (group, word)


def test_every_family_is_used(spec: Spec, words: dict[str, Any]) -> None:
    bodies = {entry["family"] for entry in words["bodies"].values()}
    assert {loop.family for ufunc in spec.ufuncs for loop in ufunc.loops} | bodies == set(spec.families)
