"""NumPy beside quern in one run: layouts, folds over every axis, small calls.

    build/venv/bin/python bench/compare_layouts.py [--build build/release] [--json] [--only layouts]

Both run on one thread, calls are timed alternately, and the least of many repeats counts. A ratio
above 1 says that quern is faster. Other work on the machine makes the figures worthless.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tools"))

import numpy as np

from report.library import import_quern
from report.timing import Timed, best_of

Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True)
class Case:
    """A call that both libraries make: `function(*operands, **keywords)` by name.

    elements: by how many to divide the time; those of the result, or those reduced.
    """

    group: str
    name: str
    function: str
    operands: Sequence[Any]
    keywords: dict[str, Any]
    elements: int


@dataclass(frozen=True)
class Row:
    """Nanoseconds per element, or per call where `elements` is 1."""

    group: str
    name: str
    elements: int
    quern_ns: float
    numpy_ns: float
    ratio: float


def values(dtype: str, *shape: int) -> Array:
    """Numbers from 1 to 100 in an order without a short pattern."""
    steps = np.arange(int(np.prod(shape)), dtype=np.uint64)
    numbers = (steps * np.uint64(2654435761) >> np.uint64(9)) % np.uint64(100) + np.uint64(1)
    return np.asarray(numbers.astype(dtype).reshape(shape))


def shares_of(size: int) -> tuple[Array, Array]:
    """A mask of density 0.5 without a pattern, and its complement."""
    mask = (np.arange(size) * 2654435761 >> 13) % 2 == 0
    return mask, ~mask


def layout_cases(function: str, size: int) -> Iterator[Case]:
    """The layouts of design 3.2 for a binary operation, on float64 where a name says no other."""
    group = f"{function}, {size:,} elements"
    rows = size // 16

    def case(name: str, *operands: Array, **keywords: Any) -> Case:
        shape = np.broadcast_shapes(*(operand.shape for operand in operands))
        keywords.setdefault("out", np.zeros(shape, np.result_type(*operands)))
        return Case(group, name, function, operands, keywords, int(np.prod(shape)))

    def stepped(step: int, dtype: str = "float64") -> Array:
        return values(dtype, abs(step) * size)[::step]

    a, b = values("float64", size), values("float64", size)
    yield case("contiguous", a, b)
    for step in (2, 3, -2):
        yield case(f"step {step}", stepped(step), stepped(step))
    yield case("step 2 + contiguous", stepped(2), b)
    for dtype in ("float32", "int16"):
        yield case(f"step 2, {dtype}", stepped(2, dtype), stepped(2, dtype))
    yield case("reversed", a[::-1], b[::-1])
    yield case("rows of 16", *(values("float64", rows, 24)[:, :16] for _ in range(2)))
    yield case("float64 + float32", a, values("float32", size))
    yield case("(n, 3) + (3,)", values("float64", size // 3, 3), values("float64", 3))
    yield case("where=, density 0.5", a, b, where=shares_of(size)[0])
    yield case("transposed + contiguous", values("float64", 100, size // 100).T,
               values("float64", size // 100, 100))  # fmt: skip
    yield case("byte-swapped", a.astype(">f8"), b)
    yield case("misaligned", misaligned(a), b)
    yield case("out= step 2", a, b, out=np.zeros(2 * size)[::2])
    yield case("out= step 3", a, b, out=np.zeros(3 * size)[::3])
    yield case("out= reversed", a, b, out=np.zeros(size)[::-1])
    for dtype in ("float32", "int16"):
        yield case(f"out= step 2, {dtype}", values(dtype, size), values(dtype, size),
                   out=np.zeros(2 * size, dtype)[::2])  # fmt: skip


def misaligned(array: Array) -> Array:
    buffer = np.zeros(array.nbytes + 1, np.uint8)
    view = buffer[1:].view(array.dtype)
    view[...] = array
    return view


def sum_cases(function: str) -> Iterator[Case]:
    """Reductions over every axis of arrays of telling shapes."""
    shapes: Sequence[tuple[str, tuple[int, ...], Any]] = (
        ("float64", (30_000,), 0), ("float64", (4_000_000,), 0), ("float32", (4_000_000,), 0),
        ("float64", (10_000, 3), 0), ("float64", (10_000, 3), 1), ("float64", (1_000_000, 3), 1),
        ("float64", (168, 168), 0), ("float64", (168, 168), 1),
        ("float64", (2_000, 2_000), 0), ("float64", (2_000, 2_000), 1),
        ("float64", (2_000, 2_000), None), ("float32", (2_000, 2_000), 0),
        ("float64", (100, 100, 100), 0), ("float64", (100, 100, 100), 1),
        ("float64", (100, 100, 100), 2), ("float64", (100, 100, 100), (0, 2)),
        ("float64", (100, 100, 100), (1, 2)), ("float64", (100, 100, 100), (0, 1)),
        ("int8", (4_000_000,), 0), ("int8", (2_000, 2_000), 0), ("int8", (2_000, 2_000), 1),
        ("int64", (4_000_000,), 0), ("int64", (2_000, 2_000), 0), ("uint16", (4_000_000,), 0),
        ("bool", (4_000_000,), 0),
    )  # fmt: skip
    for dtype, shape, axis in shapes:
        array = values(dtype, *shape)
        name = f"{dtype} {' x '.join(f'{extent:,}' for extent in shape)}, axis {axis}"
        yield Case("sum", name, function, (array,), {"axis": axis}, array.size)
    x = values("float64", 2_000, 2_000)
    views = {
        "x[:, ::2]": x[:, ::2], "x[:, ::3]": x[:, ::3], "x[:, ::-1]": x[:, ::-1],
        "x[::2]": x[::2], "x[::-1]": x[::-1], "x.T": x.T,
    }  # fmt: skip
    for name, view in views.items():
        for axis in (0, 1):
            yield Case("sum of views of float64 2,000 x 2,000", f"{name}, axis {axis}", function,
                       (view,), {"axis": axis}, view.size)  # fmt: skip


def fold_cases() -> Iterator[Case]:
    """Order-free reductions of a square over its axes."""
    for function, dtypes in (
        ("max", ("float64", "float32", "int32", "int8")), ("min", ("float64",)),
        ("any", ("bool", "float64")), ("all", ("bool", "int32")),
    ):  # fmt: skip
        for dtype in dtypes:
            square = values(dtype, 2_000, 2_000)
            if function == "any":  # nowhere true: nothing ends the search
                square = np.zeros_like(square)
            for axis in (0, 1, None):
                yield Case("folds of 2,000 x 2,000", f"{function}, {dtype}, axis {axis}", function,
                           (square,), {"axis": axis}, square.size)  # fmt: skip


def call_cases(function: str, reduction: str) -> Iterator[Case]:
    """Calls so small that only their overhead counts: nanoseconds per call."""

    def cases(name: str, *operands: Any, called: str = function) -> Iterator[Case]:
        """With a new result, and into an existing array."""
        result = np.asarray(getattr(np, called)(*operands))
        yield Case("small calls", f"{called}, {name}", called, operands, {}, 1)
        yield Case("small calls", f"{called}, {name}, into out", called, operands,
                   {"out": np.zeros_like(result)}, 1)  # fmt: skip

    for size in (1, 4, 16, 100):
        yield from cases(f"{size} elements", values("float64", size), values("float64", size))
    a, table, point = values("float64", 4), values("float64", 4, 4), np.array(2.0)
    yield from cases("4 elements", a, called="negative")
    yield from cases("4 elements", a, a, called="less")
    yield from cases("4 elements, int32 and float64", values("int32", 4), a)
    yield from cases("4 elements and a number", a, 2.0)
    yield from cases("() and ()", point, point)
    yield from cases("(4,) and ()", a, point)
    yield from cases("(4,) and (1,)", a, values("float64", 1))
    yield from cases("(4, 1) and (1, 4)", table[:, :1].copy(), table[:1])
    yield from cases("(4, 4) and (4,)", table, a)
    yield from cases("(4, 4) and its transpose", table, table.T)
    yield from cases("4 elements, step 2", values("float64", 8)[::2], a)
    yield from cases("4 elements, byte-swapped", a.astype(">f8"), a)
    yield from cases("no elements", a[:0], a[:0])
    yield Case("small calls", f"{function}, 4 elements, where=", function, (a, a),
               {"out": np.zeros(4), "where": a > 2.0}, 1)  # fmt: skip
    yield Case("small calls", f"{function}, 4 elements, dtype=", function, (a, a),
               {"dtype": "float64"}, 1)  # fmt: skip
    yield Case("small calls", f"{reduction}, 4 elements", reduction, (a,), {}, 1)
    yield Case("small calls", f"{reduction}, 4 x 4, axis 0", reduction, (table,), {"axis": 0}, 1)


GROUPS: dict[str, Callable[[argparse.Namespace], Iterator[Case]]] = {
    "layouts": lambda given: (c for size in given.size for c in layout_cases(given.ufunc, size)),
    "sums": lambda given: sum_cases(given.reduction),
    "folds": lambda given: fold_cases(),
    "calls": lambda given: call_cases(given.ufunc, given.reduction),
}


def _native(module: Any, value: Any) -> Any:
    return module.asarray(value) if isinstance(value, np.ndarray) else value


def measure(quern: Any, case: Case, repeats: int) -> Row:
    ours = Timed(
        getattr(quern, case.function),
        [_native(quern, operand) for operand in case.operands],
        {key: _native(quern, value) for key, value in case.keywords.items()},
    )
    numpys = Timed(getattr(np, case.function), case.operands, case.keywords)
    seconds = best_of([ours, numpys], repeats)
    mine, theirs = (1e9 * time / case.elements for time in seconds)
    return Row(case.group, case.name, case.elements, mine, theirs, theirs / mine)


def print_rows(rows: Sequence[Row]) -> None:
    group = ""
    for row in rows:
        if row.group != group:
            group = row.group
            print(f"\n{group}\n{'':48s} {'quern ns':>10s} {'NumPy ns':>10s} {'ratio':>7s}")
        mark = "" if row.ratio >= 0.95 else "  slower"
        print(f"{row.name:48s} {row.quern_ns:10.3f} {row.numpy_ns:10.3f} {row.ratio:6.2f}x{mark}")
    slower = sum(row.ratio < 0.95 for row in rows)
    median = statistics.median(row.ratio for row in rows)
    print(f"\n{len(rows)} rows, median ratio {median:.2f}, {slower} slower than NumPy")


def parse(given: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Times quern beside NumPy, one thread each.")
    parser.add_argument("--build", type=Path, default=ROOT / "build" / "release")
    parser.add_argument("--only", choices=list(GROUPS), action="append", help="groups to time")
    parser.add_argument("--size", type=int, action="append", help="elements of layouts")
    parser.add_argument("--ufunc", default="add", help="binary operation of layouts and calls")
    parser.add_argument("--reduction", default="sum", help="function of the sums")
    parser.add_argument("--target", help="instruction-set target instead of the best")
    parser.add_argument("--repeats", type=int, default=30)
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")
    found = parser.parse_args(given)
    found.size = found.size or [30_000, 1_000_000]
    return found


def main(given: Sequence[str] | None = None) -> int:
    arguments = parse(given)
    quern = import_quern(arguments.build)
    quern.set_thread_limit(1)
    if arguments.target:
        quern.set_target(arguments.target)
    rows = []
    for group in arguments.only or GROUPS:
        rows += [measure(quern, case, arguments.repeats) for case in GROUPS[group](arguments)]
    if arguments.json:
        facts = {
            "quern": quern.__version__, "numpy": np.__version__,
            "target": quern.current_target(), "load": os.getloadavg()[0],
            "rows": [asdict(row) for row in rows],
        }  # fmt: skip
        print(json.dumps(facts, indent=1))
    else:
        print(f"quern {quern.__version__} on {quern.current_target()}, NumPy {np.__version__}; "
              f"load {os.getloadavg()[0]:.1f}")  # fmt: skip
        print_rows(rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
