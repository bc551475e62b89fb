"""The command line: measure, write report.json and index.html, print the figures that matter."""

from __future__ import annotations

import argparse
import sys
import time
import warnings
from collections.abc import Sequence
from pathlib import Path

from .basics import Json
from .context import SCALES, Context
from .document import document, write_json
from .ledger import Ledger
from .library import Library, QuernLibrary, import_quern
from .oracle import NumpyLibrary
from .page import write_page
from .progress import Progress
from .rules import load_rules
from .spec import load_spec
from .steps import run_steps

ROOT = Path(__file__).resolve().parents[2]
RULES = ROOT / "tests" / "conformance" / "deliberate.yaml"


def _arguments(given: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="report", description="Measures quern beside NumPy and writes the conformance report."
    )
    parser.add_argument("--build", type=Path, default=ROOT / "build" / "release",
                        help="build tree with the Python package")  # fmt: skip
    parser.add_argument("--output", type=Path, default=ROOT / "build" / "report",
                        help="folder for report.json and index.html")  # fmt: skip
    scale = parser.add_mutually_exclusive_group()
    for name, what in (("quick", "fewer inputs, two sizes of speed"), ("full", "many more inputs")):
        scale.add_argument(f"--{name}", dest="scale", action="store_const", const=name, help=what)
    return parser.parse_args(given, argparse.Namespace(scale="normal"))


def make_context(library: Library, build: Path, scale: str, progress: Progress) -> Context:
    """A context over the spec and the golden data of this checkout."""
    sys.path.insert(0, str(ROOT / "tests" / "conformance"))
    from golden_reader import Golden

    spec = load_spec(ROOT / "generated")
    return Context(
        library=library,
        oracle=NumpyLibrary(spec.dtypes, [ufunc.name for ufunc in spec.ufuncs]),
        spec=spec,
        golden=Golden(),
        ledger=Ledger(load_rules(RULES)),
        scale=SCALES[scale],
        progress=progress,
        build=build,
    )


def closing_lines(data: dict[str, Json]) -> list[str]:
    summary = data["summary"]
    worst = ", ".join(f"{name} {ulp}" for name, ulp in summary["worst_ulp"].items())
    speed = ", ".join(f"n={size} {ratio}" for size, ratio in summary["speed_ratio"].items())
    return [
        f"{summary['cases']:,} cases: {summary['failed']:,} failed, "
        f"{summary['deliberate']:,} deliberate differences, {summary['not_yet']:,} not yet",
        f"same bits: {summary['bit_comparisons'] - summary['bit_differences']:,} of "
        f"{summary['bit_comparisons']:,} comparisons, {summary['hashes']:,} hashes",
        f"worst ULP: {worst or 'not measured'}",
        f"NumPy's time / quern's, median: {speed or 'not measured'}",
    ]


def failure_lines(data: dict[str, Json], most: int = 12) -> list[str]:
    """The first failures, for a log."""
    failed = [row for row in data["differences"] if row["status"] == "failed"]
    lines = []
    for row in failed[:most]:
        first = row["examples"][0]
        where = " ".join(filter(None, [row["ufunc"], row["types"], "/".join(row["targets"])]))
        lines.append(
            f"FAILED {row['check']}: {where}: {first['case']}: quern {first['quern']}, "
            f"expected {first['expected']} ({row['count']} times)"
        )
    if len(failed) > most:
        lines.append(f"and {len(failed) - most} more in the report")
    return lines


def main(given: Sequence[str] | None = None) -> int:
    arguments = _arguments(given)
    begin = time.monotonic()
    # Both libraries say so, of each such cast.
    warnings.filterwarnings("ignore", message="Casting complex values to real")
    progress = Progress()
    library = QuernLibrary(import_quern(arguments.build))
    context = make_context(library, arguments.build, arguments.scale, progress)
    sections, threads = run_steps(context)
    data = document(context, sections, threads)
    arguments.output.mkdir(parents=True, exist_ok=True)
    write_json(arguments.output / "report.json", data)
    write_page(arguments.output / "index.html", data)
    for line in [*failure_lines(data), *closing_lines(data)]:
        progress.say(line)
    progress.say(f"report: {arguments.output / 'index.html'}")
    progress.say(f"        {arguments.output / 'report.json'}")
    progress.say(f"made in {time.monotonic() - begin:.0f} s")
    return 1 if data["summary"]["failed"] else 0
