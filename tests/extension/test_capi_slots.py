"""A function of the C API is a slot appended to spec/capi.yaml; slots are never removed, moved or renamed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from workshop import ADDITIONS, Failed, Tree, append_slot, copy_spec, edit, generate

def members(header: Path) -> list[str]:
    """The functions of the table in order."""
    return re.findall(r"\(\*(\w+)\)\(", header.read_text())


def test_a_slot_is_appended(tmp_path: Path) -> None:
    spec = copy_spec(tmp_path)
    generate(spec, tmp_path / "before")
    append_slot(spec, ADDITIONS / "slot.yaml")
    generate(spec, tmp_path / "after")
    header = Path("include/quern/slots.h")
    before = members(tmp_path / "before" / header)
    assert len(before) > 20
    assert members(tmp_path / "after" / header) == [*before, "array_elements"]
    table = (tmp_path / "after" / "src" / "capi" / "table.cpp").read_text()
    assert re.search(r"    qn_array_elements,\n\};", table), "at the end of the table"


def test_it_is_there_to_call(grown: Tree) -> None:
    """Found through the table, as a caller built against an older library would find the others."""
    assert grown.probe("slot", "array_elements") == "array_elements 6\n"


def first_slots(text: str) -> list[str]:
    return re.split(r"(?m)^(?=  - index:)", text)


def removed(text: str) -> str:
    parts = first_slots(text)
    return "".join([parts[0], *parts[1:2], *parts[3:]])


def reordered(text: str) -> str:
    parts = first_slots(text)
    return "".join([parts[0], parts[2], parts[1], *parts[3:]])


def renumbered(text: str) -> str:
    return text.replace("index: 1\n", "index: 0\n", 1)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (removed, "skips slot 1; a slot once given is never removed"),
        (reordered, "skips slot 0; a slot once given is never removed"),
        (renumbered, "is taken or out of order; the next free slot is 1"),
    ],
)
def test_slots_stay_where_they_are(tmp_path: Path, change: object, message: str) -> None:
    spec = copy_spec(tmp_path)
    path = spec / "capi.yaml"
    assert callable(change)
    path.write_text(change(path.read_text()))
    with pytest.raises(Failed, match=re.escape(message)):
        generate(spec, tmp_path / "generated")
    assert not (tmp_path / "generated").exists(), "nothing is written"


def test_a_name_is_given_once(tmp_path: Path) -> None:
    spec = copy_spec(tmp_path)
    path = spec / "capi.yaml"
    edit(path, "name: qn_abi_version", "name: qn_version")
    with pytest.raises(Failed, match='"qn_version" is already slot 0'):
        generate(spec, tmp_path / "generated")
