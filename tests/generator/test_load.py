"""Loading: every value is text and knows its place."""

from __future__ import annotations

from pathlib import Path

from quern_generator.faults import FaultLog
from quern_generator.load import Mapping, Scalar, load_file, load_folder


def load(tmp_path: Path, text: str) -> tuple[Mapping, FaultLog]:
    path = tmp_path / "some.yaml"
    path.write_text(text)
    log = FaultLog()
    found = load_file(path, "spec/some.yaml", log)
    assert found is not None
    return found, log


def test_scalars_stay_text(tmp_path: Path) -> None:
    found, log = load(tmp_path, "a: yes\nb: 1e3\nc: null\nd: 0x10\ne: 2020-01-01\nf: ~\n")
    assert {key: node.text for key, node in found.items.items() if isinstance(node, Scalar)} == {
        "a": "yes",
        "b": "1e3",
        "c": "null",
        "d": "0x10",
        "e": "2020-01-01",
        "f": "~",
    }
    assert not log.faults


def test_places_count_from_one(tmp_path: Path) -> None:
    found, _ = load(tmp_path, 'first: 1\nlist:\n  - "quoted"\n  - {inner: plain}\n')
    assert (found.keys["list"].line, found.keys["list"].column) == (2, 1)
    quoted = found.scalars("list")[0]
    assert (quoted.place.line, quoted.place.column, quoted.inner.column) == (3, 5, 6)
    (_, mapping), = found.mappings("list")
    plain = mapping.scalar("inner")
    assert plain is not None
    assert (plain.place.line, plain.place.column, plain.inner.column) == (4, 13, 13)


def test_the_first_of_two_values_stays(tmp_path: Path) -> None:
    found, log = load(tmp_path, "a: 1\na: 2\n")
    assert found.text("a") == "1"
    assert [str(fault) for fault in log.faults] == ['spec/some.yaml:2:1: some: key "a" is given twice, first on line 1']


def test_a_node_inside_itself_ends(tmp_path: Path) -> None:
    _, log = load(tmp_path, "a: &a [*a]\n")
    assert len(log.faults) == 1


def test_keys_are_words(tmp_path: Path) -> None:
    _, log = load(tmp_path, "? [a, b]\n: 1\n")
    assert [fault.message for fault in log.faults] == ["a key is not a word"]


def test_shown_paths_begin_with_the_folder(root: Path) -> None:
    log = FaultLog()
    files = load_folder(root / "spec", log)
    assert files.casting is not None and files.casting.place.file == "spec/casting.yaml"
    assert files.dtypes["bool"].place.file == "spec/dtypes/bool.yaml"


def test_faults_are_kept_once_and_in_order() -> None:
    log = FaultLog()
    from quern_generator.faults import Place

    log.add(Place("b", 1, 1), "e", "later")
    log.add(Place("a", 2, 1), "e", "second")
    log.add(Place("a", 1, 9), "e", "first")
    log.add(Place("b", 1, 1), "e", "later")
    assert [fault.message for fault in log.sorted] == ["first", "second", "later"]
