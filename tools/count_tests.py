"""Adds up the results that tools/test.sh leaves in a folder and says how many tests passed.

Usage: count_tests.py FOLDER

Reads NAME.xml (JUnit, of CTest or pytest), NAME.status ("0 1" if that runner ended badly) and NAME.count ("passed failed"
of a check without a JUnit file). Prints a line for each and, last, "N passed, N failed". The exit status is 1 if anything
failed or nothing ran.
"""

import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import NamedTuple


class Count(NamedTuple):
    """How many tests ended in which way."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def plus(self, other: "Count") -> "Count":
        """Both counts together."""
        return Count(*(a + b for a, b in zip(self, other, strict=True)))


def count_junit(path: Path) -> Count:
    """The test cases of one JUnit file; CTest marks a case by its status attribute, pytest by a child element."""
    total = Count()
    for case in ElementTree.parse(path).iter("testcase"):
        tags = {child.tag for child in case}
        status = case.get("status", "")
        if tags & {"failure", "error"} or status == "fail":
            total = total.plus(Count(failed=1))
        elif "skipped" in tags or status in ("notrun", "disabled"):
            total = total.plus(Count(skipped=1))
        else:
            total = total.plus(Count(passed=1))
    return total


def count_runner(folder: Path, name: str) -> Count:
    """The count of one runner. A bad end that its file does not explain is a failure."""
    path = folder / f"{name}.xml"
    ended_badly = (folder / f"{name}.status").read_text().split()[1] != "0"
    try:
        count = count_junit(path)
    except (OSError, ElementTree.ParseError):
        return Count(failed=1)
    if ended_badly and count.failed == 0:
        count = count.plus(Count(failed=1))
    return count


def count_folder(folder: Path) -> dict[str, Count]:
    """The counts by name of the check or runner."""
    counts = {}
    for path in sorted(folder.glob("*.count")):
        passed, failed = (int(word) for word in path.read_text().split())
        counts[path.stem] = Count(passed, failed)
    for path in sorted(folder.glob("*.status")):
        counts[path.stem] = count_runner(folder, path.stem)
    return counts


def main() -> int:
    """Prints the counts; returns the exit status."""
    counts = count_folder(Path(sys.argv[1]))
    total = Count()
    for name, count in counts.items():
        total = total.plus(count)
        skipped = f", {count.skipped} skipped" if count.skipped else ""
        print(f"      {name}: {count.passed} passed, {count.failed} failed{skipped}")
    print(f"{total.passed} passed, {total.failed} failed")
    return 0 if total.passed and not total.failed else 1


if __name__ == "__main__":
    sys.exit(main())
