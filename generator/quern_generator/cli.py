"""The command line: ``generate`` (the default), ``check`` and ``explain NAME``.

Exit codes: 0 success, 1 the output could not be written or there is nothing of that name, 2 the spec
has faults (nothing is written) or the command line is wrong.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from .build import build
from .explain import UnknownName, explain
from .faults import FaultLog
from .model import Spec

FAULTS = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command; the result is the exit code."""
    options = parser().parse_args(arguments)
    for folder in filter(None, (options.spec, options.base)):
        if not folder.is_dir():
            print(f"quern_generator: there is no folder {folder}", file=sys.stderr)
            return FAULTS
    if (options.base is None) != (options.package == "quern"):
        print("quern_generator: --base and --package go together", file=sys.stderr)
        return FAULTS
    spec, log = build(options.spec, options.base, options.package)
    if spec is None:
        report(log, options.json)
        return FAULTS
    if options.command == "check":
        return check(spec, options.json)
    if options.command == "explain":
        return explain_name(spec, options.name, options.json)
    return generate(spec, options.output, options.json)


def parser() -> argparse.ArgumentParser:
    """The command line's grammar."""
    description = "Expands specs into the code of an array library."
    made = argparse.ArgumentParser(prog="quern_generator", description=description)
    made.add_argument("--spec", type=Path, default=Path("spec"), help="folder of the specs (spec)")
    made.add_argument("--output", type=Path, default=Path("generated"), help="folder to write to (generated)")
    made.add_argument("--base", type=Path, help="spec folder of the base, for a package out of tree")
    made.add_argument("--package", default="quern", help="name of the package out of tree")
    made.add_argument("--json", action="store_true", help="print JSON")
    inherited = argparse.ArgumentParser(add_help=False)
    for name in ("--spec", "--output", "--base"):
        inherited.add_argument(name, type=Path, default=argparse.SUPPRESS, help=argparse.SUPPRESS)
    inherited.add_argument("--package", default=argparse.SUPPRESS, help=argparse.SUPPRESS)
    inherited.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help=argparse.SUPPRESS)
    commands = made.add_subparsers(dest="command", metavar="COMMAND")
    commands.add_parser("generate", parents=[inherited], help="write what has changed, delete what is stale (default)")
    commands.add_parser("check", parents=[inherited], help="report the faults of the specs")
    command = commands.add_parser("explain", parents=[inherited], help="show what a ufunc or dtype expands to")
    command.add_argument("name", metavar="NAME")
    return made


def report(log: FaultLog, as_json: bool) -> None:
    """Prints all faults."""
    if as_json:
        print(log.json())
        return
    print(log.text(), file=sys.stderr)
    count = len(log.faults)
    print(f"{count} fault{'s' if count != 1 else ''}; nothing is written", file=sys.stderr)


def counts(spec: Spec) -> dict[str, int]:
    """How much a spec holds, without what belongs to its base."""
    ufuncs = [ufunc for ufunc in spec.ufuncs if ufunc.own]
    return {
        "ufuncs": len(ufuncs),
        "loops": sum(len(ufunc.loops) for ufunc in ufuncs),
        "dtypes": sum(dtype.own for dtype in spec.dtypes),
        "targets": len(spec.targets),
        "special values": sum(len(ufunc.special_values) for ufunc in ufuncs),
    }


def check(spec: Spec, as_json: bool) -> int:
    """Says that a spec is sound."""
    found = counts(spec)
    if as_json:
        print("[]")
    else:
        print(", ".join(f"{count} {what}" for what, count in found.items()) + ": no faults")
    return 0


def explain_name(spec: Spec, name: str, as_json: bool) -> int:
    """Prints what a name expands to."""
    try:
        text = explain(spec, name)
    except UnknownName as error:
        print(f"quern_generator: {error}", file=sys.stderr)
        return 1
    print(json.dumps({"name": name, "text": text}, indent=2) if as_json else text)
    return 0


def generate(spec: Spec, output: Path, as_json: bool) -> int:
    """Writes the output folder."""
    from .write import OutputError
    from .write import generate as write

    try:
        written = write(spec, output)
    except OutputError as error:
        print(f"quern_generator: {error}", file=sys.stderr)
        return 1
    if as_json:
        print(json.dumps([str(path) for path in written], indent=2))
    else:
        print(f"{len(written)} file{'s' if len(written) != 1 else ''} in {output} changed")
    return 0
