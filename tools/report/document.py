"""report.json: the ledger and the sections as one document, the summary first."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

from .basics import Json
from .context import Context
from .environment import describe
from .ledger import Finding, Tally
from .spec import Loop
from .steps import STEPS

# Differences listed per status, check and ufunc; all are counted.
MOST_LISTED = 40


def _summary(context: Context, sections: dict[str, Json]) -> dict[str, Json]:
    total = context.ledger.total
    accuracy = sections.get("accuracy", {}).get("loops", [])
    matrices = [sections.get(name, {}) for name in ("same_bits", "same_sums", "same_casts")]
    cells = [cell for section in matrices for cell in section.get("matrix", [])]
    return {
        "cases": total.cases,
        "failed": total.failed,
        "deliberate": total.deliberate,
        "not_yet": total.not_yet,
        "loops": len(context.own_loops()),
        "targets": len(context.targets),
        "hashes": sum(len(section.get("hashes", [])) for section in matrices),
        "bit_comparisons": sum(cell["total"] for cell in cells),
        "bit_differences": sum(cell["total"] - cell["equal"] for cell in cells),
        "worst_ulp": {
            f"{row['ufunc']} {row['types']}": round(row["quern"]["worst"], 5) for row in accuracy
        },
        "speed_ratio": {
            size: round(ratio, 3)
            for size, ratio in sections.get("speed", {}).get("median", {}).items()
        },
    }


def _checks(context: Context, sections: dict[str, Json]) -> list[Json]:
    """A row per check; the seconds are those of its step."""
    rows = []
    for step in STEPS:
        for check in step.checks:
            tally = context.ledger.checks.get(check, Tally())
            seconds = round(sections.get("seconds", {}).get(step.section, 0.0), 2)
            rows.append({"check": check, "title": step.title, **asdict(tally), "seconds": seconds})
    rules = context.ledger.checks.get("rules", Tally())
    title = "differences that are meant still occur"
    return [*rows, {"check": "rules", "title": title, **asdict(rules), "seconds": 0.0}]


def _joined(findings: Iterable[Finding]) -> list[Json]:
    """Findings as rows; those that differ in the target alone are one row."""
    rows: dict[tuple[str, ...], Json] = {}
    for finding in findings:
        first = finding.examples[0]
        rule = finding.rule.name if finding.rule else ""
        where = finding.subject
        key = (where.check, where.ufunc, where.types, rule, first.case, first.quern, first.expected)
        row = rows.setdefault(
            key,
            {
                "status": finding.status, "check": where.check, "ufunc": where.ufunc,
                "types": where.types, "targets": [], "rule": rule, "count": 0,
                "examples": [
                    {"case": e.case, "quern": e.quern, "expected": e.expected}
                    for e in finding.examples
                ],
            },
        )  # fmt: skip
        row["count"] += finding.count
        if where.target:
            row["targets"].append(where.target)
    return list(rows.values())


def _differences(context: Context) -> list[Json]:
    """The first rows of each status, check and ufunc; `group` counts what all of them count."""
    groups: dict[tuple[str, str, str], list[Json]] = {}
    for row in _joined(context.ledger.findings()):
        groups.setdefault((row["status"], row["check"], row["ufunc"]), []).append(row)
    kept = []
    for rows in groups.values():
        total = sum(row["count"] for row in rows)
        kept += [row | {"group": total} for row in rows[:MOST_LISTED]]
    return kept


def _rules(context: Context) -> list[Json]:
    return [
        {
            "name": rule.name, "status": rule.status, "checks": list(rule.checks),
            "count": context.ledger.rule_counts[rule.name], "reason": rule.reason,
        }
        for rule in context.ledger.rules
    ]  # fmt: skip


def _promise(context: Context, loop: Loop) -> str:
    if loop.accuracy is None:
        return "exact"
    if loop.is_rounded_correctly:
        return "correctly rounded"
    if loop.signature is not None:
        return f"{loop.accuracy:g} ULP a term"
    as_numpy = loop.ufunc in context.oracle.ufuncs() and not context.is_approximate(loop)
    return "NumPy's bits" if as_numpy else f"{loop.accuracy:g} ULP"


def _by_loop(rows: Iterable[Json]) -> dict[tuple[str, str], Json]:
    return {(row["ufunc"], row["types"]): row for row in rows}


def _ratio(speed: Json, size: int) -> float | None:
    entry = speed.get("sizes", {}).get(str(size))
    return round(entry["ratio"], 3) if entry else None


def _rows(context: Context, sections: dict[str, Json]) -> list[Json]:
    """One row per loop and target: what was compared, and the figures of the loop."""
    tallies: dict[tuple[str, str, str], dict[str, Tally]] = {}
    for subject, tally in context.ledger.subjects.items():
        key = (subject.ufunc, subject.types, subject.target)
        tallies.setdefault(key, {})[subject.check] = tally
    hashes = _by_loop(sections.get("same_bits", {}).get("hashes", []))
    errors = _by_loop(sections.get("accuracy", {}).get("loops", []))
    speeds = _by_loop(sections.get("speed", {}).get("loops", []))
    families = {ufunc.name: ufunc.family for ufunc in context.spec.ufuncs}
    dispatch = sections.get("dispatch", {})
    ran, kinds = dispatch.get("ran", {}), dispatch.get("kinds", {})
    rows = []
    for loop in sorted((*context.own_loops(), *context.core_loops()), key=lambda loop: loop.ufunc):
        at = (loop.ufunc, loop.types)
        for target in context.targets_of(loop):
            checks = tallies.get((*at, target), {})
            total = Tally()
            for tally in checks.values():
                total.cases += tally.cases
                total.failed += tally.failed
                total.deliberate += tally.deliberate
                total.not_yet += tally.not_yet
            is_best = target == context.targets[0]
            speed = speeds.get(at, {}) if is_best else {}
            rows.append(
                {
                    "ufunc": loop.ufunc, "types": loop.types, "target": target,
                    "status": total.status, **asdict(total),
                    "ran_on": ran.get(f"{loop.ufunc}|{loop.types}|{target}", "unknown"),
                    "kind": kinds.get(f"{loop.ufunc}|{loop.types}|{target}", "unknown"),
                    "promise": _promise(context, loop),
                    "worst_ulp": errors.get(at, {}).get("quern", {}).get("worst"),
                    "hash": hashes.get(at, {}).get("hash"),
                    **{f"speed_{size}": _ratio(speed, size) for size in context.scale.sizes},
                    "family": families[loop.ufunc], "origin": loop.origin,
                    "checks": {c: [t.cases, t.failed, t.deliberate] for c, t in checks.items()},
                }
            )  # fmt: skip
    return rows


def document(context: Context, sections: dict[str, Json], threads: int | None) -> dict[str, Json]:
    """Everything the report says, in the order of the file."""
    return {
        "summary": _summary(context, sections),
        "environment": describe(context, threads),
        "checks": _checks(context, sections),
        "rules": _rules(context),
        "differences": _differences(context),
        "rows": _rows(context, sections),
        **{step.section: sections.get(step.section, {}) for step in STEPS},
    }


def _text(value: Json) -> str:
    """JSON with a line for each item of a list, so that two reports can be compared."""
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return "[\n" + ",\n".join("  " + json.dumps(item) for item in value) + "\n ]"
    return json.dumps(value)


def write_json(path: Path, data: dict[str, Json]) -> None:
    parts = [f" {json.dumps(key)}: {_text(value)}" for key, value in data.items()]
    path.write_text("{\n" + ",\n".join(parts) + "\n}\n", encoding="utf-8")


