"""The rules of tests/conformance/deliberate.yaml: which differences from NumPy are meant, and why."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from .basics import Json

if TYPE_CHECKING:
    from .ledger import Difference

STATUSES = ("deliberate", "not yet")
_KEYS = {"status", "checks", "ufuncs", "types", "tags", "reason", "depends_on_cpu"}


class RuleError(Exception):
    """A rule that says nothing, or something unknown."""


@dataclass(frozen=True)
class Rule:
    """Differences that meet every condition have the status, for the reason given.

    checks: names of the checks that may find them.
    ufuncs, types: patterns, of which one must match; empty for any.
    tags: words that the check gave the difference, all of which are needed.
    depends_on_cpu: on some CPUs NumPy agrees, so that the rule may find nothing.
    """

    name: str
    status: str
    checks: tuple[str, ...]
    ufuncs: tuple[str, ...]
    types: tuple[str, ...]
    tags: tuple[str, ...]
    reason: str
    depends_on_cpu: bool

    def covers(self, difference: Difference) -> bool:
        return (
            difference.check in self.checks
            and _matches(difference.ufunc, self.ufuncs)
            and _matches(difference.types, self.types)
            and set(self.tags) <= set(difference.tags)
        )


def _matches(text: str, patterns: Iterable[str]) -> bool:
    wanted = tuple(patterns)
    return not wanted or any(fnmatchcase(text, pattern) for pattern in wanted)


def _rule(name: str, data: Json) -> Rule:
    unknown = sorted(set(data) - _KEYS)
    if unknown:
        raise RuleError(f"rule {name}: unknown keys {', '.join(unknown)}")
    if data.get("status") not in STATUSES:
        raise RuleError(f"rule {name}: the status must be one of {', '.join(STATUSES)}")
    if not data.get("reason") or not data.get("checks"):
        raise RuleError(f"rule {name}: a reason and checks are needed")
    return Rule(
        name=name,
        status=data["status"],
        checks=tuple(data["checks"]),
        ufuncs=tuple(data.get("ufuncs", ())),
        types=tuple(data.get("types", ())),
        tags=tuple(data.get("tags", ())),
        reason=" ".join(str(data["reason"]).split()),
        depends_on_cpu=bool(data.get("depends_on_cpu", False)),
    )


def load_rules(path: Path) -> tuple[Rule, ...]:
    """The rules of a file, in its order; the first that covers a difference decides."""
    data = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    return tuple(_rule(name, entry) for name, entry in data.items())
