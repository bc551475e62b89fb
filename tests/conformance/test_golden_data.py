"""The golden data is whole, readable, and what its recorder writes for the present spec."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

from golden_reader import GOLDEN_FOLDER, CastValues, Golden, LoopValues, Refusal, TypedBits

ROOT = Path(__file__).resolve().parents[2]
RECORDER = ROOT / "tools" / "record_golden.py"
LARGEST_SHARE = 17_000  # bytes for each ufunc, in the mean


@pytest.fixture(scope="module")
def golden() -> Golden:
    return Golden()


def test_every_file_has_the_hash_of_the_manifest(golden: Golden) -> None:
    assert golden.damaged_files() == []


def test_a_changed_file_is_found(golden: Golden, tmp_path: Path) -> None:
    copy = tmp_path / "golden"
    shutil.copytree(GOLDEN_FOLDER, copy)
    with (copy / "casts.bin").open("r+b") as file:
        file.write(b"\xff")
    (copy / "unlisted.bin").write_bytes(b"")
    (copy / "errors.json").unlink()
    assert Golden(copy).damaged_files() == ["casts.bin", "errors.json", "unlisted.bin"]


def test_the_data_stays_small() -> None:
    ufuncs = len(list((GOLDEN_FOLDER.parents[2] / "spec/ufuncs").glob("*.yaml")))
    assert sum(path.stat().st_size for path in GOLDEN_FOLDER.rglob("*.*")) < LARGEST_SHARE * ufuncs


def test_the_data_comes_from_numpy_2_4(golden: Golden) -> None:
    assert golden.manifest.numpy.startswith("2.4.")


def table_counts(golden: Golden) -> Counter[str]:
    return Counter({
        "resolution cells": sum(1 for _ in golden.resolution()),
        "can_cast cells": sum(1 for _ in golden.can_cast()),
        "promote_types cells": sum(1 for _ in golden.promote_types()),
        "result_type cells": sum(1 for _ in golden.result_type()),
        "weak scalar cells": sum(1 for _ in golden.weak_scalars()),
        "reduction cells": sum(1 for _ in golden.reductions()),
        "error calls": sum(1 for _ in golden.error_calls()),
    })  # fmt: skip


def loop_counts(loops: list[LoopValues]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for loop in loops:
        counts[f"value tuples, {loop.kind}"] += loop.inputs.count
        counts["flag tuples"] += loop.inputs.special
        counts["zero ties"] += len(loop.zero_ties)
        counts["loops"] += 1
    return counts


def cast_counts(casts: list[CastValues]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for cast in casts:
        counts["cast values"] += cast.inputs.count
        counts["cast flags"] += cast.inputs.special
        counts["cast specials left out"] += len(cast.left_out)
    return counts


def test_the_counts_are_those_of_the_manifest(golden: Golden) -> None:
    found = table_counts(golden) + loop_counts(list(golden.loops()))
    found += cast_counts(list(golden.casts()))
    expected = {k: number for k, number in golden.manifest.counts.items() if k != "input tuples"}
    assert found == expected


def test_every_resolution_is_a_full_table(golden: Golden) -> None:
    cells = Counter((cell.ufunc, len(cell.inputs)) for cell in golden.resolution())
    size = len(golden.manifest.dtypes)
    assert {ufunc for ufunc, _ in cells} == set(golden.manifest.ufuncs)
    assert all(number == size**arity for (_, arity), number in cells.items())


def test_every_chosen_loop_of_recorded_dtypes_has_values_or_says_not(golden: Golden) -> None:
    dtypes = golden.manifest.dtypes
    chosen = {
        (cell.ufunc, str(cell.outcome))
        for cell in golden.resolution()
        if not isinstance(cell.outcome, Refusal) and cell.outcome.uses_only(dtypes)
    }
    recorded = {(loop.ufunc, str(loop.types)) for loop in golden.loops()}
    assert recorded <= chosen
    # NumPy refuses whole numbers to negative powers, which are among the special values; products of vectors and
    # matrices are no matter of single values.
    left_out = {"power", "matmul", "matvec", "vecdot", "vecmat"}
    assert {ufunc for ufunc, _ in chosen - recorded - set(golden.without_values())} <= left_out


def test_flags_lie_within_the_four_bits(golden: Golden) -> None:
    limit = sum(golden.flag_bits.values())
    assert limit == 15
    recorded: list[LoopValues | CastValues] = [*golden.loops(), *golden.casts()]
    for values in recorded:
        assert len(values.flags) == values.inputs.special
        assert max(values.flags, default=0) <= limit


def test_the_values_of_bits_have_the_size_of_their_dtype(golden: Golden) -> None:
    results: list[object] = [cell.outcome for cell in golden.weak_scalars()]
    results += [cell.outcome for cell in golden.reductions()]
    typed = [result for result in results if isinstance(result, TypedBits)]
    sizes = golden.item_sizes
    assert typed
    assert all(len(r.bits) == sizes[r.dtype] for r in typed if r.bits and r.dtype in sizes)


def test_a_new_recording_has_the_same_bytes() -> None:
    numpy = pytest.importorskip("numpy")
    pytest.importorskip("gmpy2")
    if numpy.__version__ != Golden().manifest.numpy:
        pytest.skip(f"recorded from NumPy {Golden().manifest.numpy}, not {numpy.__version__}")
    command = [sys.executable, str(RECORDER), "--check"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
