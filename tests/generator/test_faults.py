"""Every check of a spec has a seeded fault here, with its full message; all of them are found in one run."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml
from quern_generator.build import build
from quern_generator.faults import nearest

HERE = Path(__file__).resolve().parent
DATA: dict[str, Any] = yaml.safe_load((HERE / "seeded_faults.yaml").read_text())
SEEDS: list[dict[str, Any]] = DATA["seeds"]
RELATIVE = re.compile(r":<([+-]\d+)>:")
TOGETHER = [seed for seed in SEEDS if not seed.get("alone")]


def plant(folder: Path, seed: dict[str, Any]) -> None:
    """Makes one seed's change in a copy of the spec."""
    path = folder / seed["file"]
    if seed.get("delete"):
        path.unlink()
        return
    if "bytes" in seed:
        path.write_bytes(seed["bytes"].encode("latin-1"))
        return
    if "text" in seed:
        path.write_text(seed["text"])
        return
    template = DATA["templates"].get(seed.get("template"))
    text = template if template is not None else path.read_text()
    for edit in seed.get("edits", ()):
        old, new = (edit[key] + ("\n" if template is not None else "") for key in ("old", "new"))
        assert text.count(old) == 1, f"{seed['id']}: {text.count(old)} times {old!r}"
        text = text.replace(old, new)
    text += seed["append"] + "\n" if "append" in seed else ""
    path.write_text(text.replace("NAME", path.stem) if template is not None else text)


def expected(folder: Path, seed: dict[str, Any]) -> list[str]:
    """A seed's messages; a line `<+1>` is counted from where the text of its first edit stands in the planted file."""
    faults: list[str] = seed["faults"]
    if not any(RELATIVE.search(fault) for fault in faults):
        return faults
    planted, new = (folder / seed["file"]).read_text(), seed["edits"][0]["new"]
    assert planted.count(new) == 1, f"{seed['id']}: {planted.count(new)} times {new!r}"
    first = planted[: planted.index(new)].count("\n") + 1
    return [RELATIVE.sub(lambda found: f":{first + int(found[1])}:", fault, count=1) for fault in faults]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the small spec beside these tests, to plant faults in."""
    copied = tmp_path / "spec"
    shutil.copytree(HERE / "spec", copied)
    return copied


@pytest.mark.parametrize("seed", SEEDS, ids=[seed["id"] for seed in SEEDS])
def test_fault_is_reported_in_full(folder: Path, seed: dict[str, Any]) -> None:
    plant(folder, seed)
    spec, log = build(folder)
    assert spec is None
    assert [str(fault) for fault in log.sorted] == expected(folder, seed)


def test_all_faults_are_reported_in_one_run(folder: Path) -> None:
    for seed in TOGETHER:
        plant(folder, seed)
    start = time.process_time()  # the processor, whatever else the machine does
    spec, log = build(folder)
    seconds = time.process_time() - start
    assert spec is None
    assert {str(fault) for fault in log.faults} == {fault for seed in TOGETHER for fault in expected(folder, seed)}
    assert len(TOGETHER) >= 40
    assert seconds < 1


def run(root: Path, folder: Path, arguments: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """The command line in a process of its own."""
    command = [sys.executable, "-m", "quern_generator", "--spec", str(folder), *arguments]
    return subprocess.run(command, cwd=root / "generator", capture_output=True, text=True, check=False)


def plant_named(folder: Path, name: str) -> list[str]:
    """Plants one seed by its name; its messages."""
    seed = next(seed for seed in SEEDS if seed["id"] == name)
    plant(folder, seed)
    return expected(folder, seed)


def test_command_line_prints_faults_and_exits_with_2(root: Path, folder: Path) -> None:
    faults = plant_named(folder, "unknown_operation")
    found = run(root, folder, ["check"])
    assert found.returncode == 2
    assert found.stdout == ""
    assert found.stderr.splitlines() == [*faults, "1 fault; nothing is written"]


def test_faults_as_json(root: Path, folder: Path) -> None:
    plant_named(folder, "unknown_flag")
    found = run(root, folder, ["check", "--json"])
    assert found.returncode == 2
    assert json.loads(found.stdout) == [
        {
            "file": "spec/ufuncs/new_unknown_flag.yaml",
            "line": 6,
            "column": 73,
            "entry": "new_unknown_flag.loops[0].flags[0]",
            "message": 'unknown flag "overflw"',
            "suggestion": "overflow",
        }
    ]


def test_nothing_is_written_when_there_are_faults(root: Path, folder: Path, tmp_path: Path) -> None:
    plant_named(folder, "unknown_operation")
    output = tmp_path / "generated"
    assert run(root, folder, ["generate", "--output", str(output)]).returncode == 2
    assert not output.exists()


def test_sound_spec_has_no_faults(root: Path, folder: Path) -> None:
    found = run(root, folder, ["check"])
    assert (found.returncode, found.stderr) == (0, "")
    assert found.stdout.endswith(": no faults\n")
    assert json.loads(run(root, folder, ["check", "--json"]).stdout) == []


@pytest.mark.parametrize(
    ("word", "expected"),
    [("Ad", "Add"), ("overflw", "overflow"), ("FLOAT32", "float32"), ("itn8", "int8"), ("xyz", None), ("", None)],
)
def test_nearest_word(word: str, expected: str | None) -> None:
    words = ["Add", "And", "Abs", "overflow", "underflow", "float32", "float64", "int8", "uint8"]
    assert nearest(word, words) == expected
