"""The ledger: every comparison of the report is entered here, and only here counted.

A check that compares calls `passed` or `differs`. A difference that no rule covers is a failure.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from .rules import Rule

PASSED, FAILED, DELIBERATE, NOT_YET = "passed", "failed", "deliberate", "not yet"

# Differences of one check, loop, target and rule that are kept with their inputs; all are counted.
MOST_EXAMPLES = 3


@dataclass(frozen=True)
class Subject:
    """What a check looks at. target: empty where the answer cannot depend on it."""

    check: str
    ufunc: str = ""
    types: str = ""
    target: str = ""


@dataclass(frozen=True)
class Difference:
    """One or more comparisons that came out unequal.

    case: the inputs of the first; expected: what NumPy, or the definition, says; count: how many.
    tags: words for rules to go by.
    """

    check: str
    ufunc: str
    types: str
    target: str
    case: str
    quern: str
    expected: str
    tags: tuple[str, ...] = ()
    count: int = 1


@dataclass
class Tally:
    """Numbers of comparisons."""

    cases: int = 0
    failed: int = 0
    deliberate: int = 0
    not_yet: int = 0

    def add(self, status: str, count: int) -> None:
        self.cases += count
        self.failed += count if status == FAILED else 0
        self.deliberate += count if status == DELIBERATE else 0
        self.not_yet += count if status == NOT_YET else 0

    @property
    def status(self) -> str:
        """The gravest outcome."""
        if self.failed:
            return FAILED
        if self.deliberate:
            return DELIBERATE
        return NOT_YET if self.not_yet else PASSED


@dataclass
class Finding:
    """Differences of one subject under one rule: the first examples, and how many in all."""

    subject: Subject
    status: str
    rule: Rule | None
    count: int = 0
    examples: list[Difference] = field(default_factory=list)


class Ledger:
    """Counts comparisons by check and by subject and keeps what differs."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self.rules = tuple(rules)
        self.total = Tally()
        self.checks: dict[str, Tally] = defaultdict(Tally)
        self.subjects: dict[Subject, Tally] = defaultdict(Tally)
        self.rule_counts: dict[str, int] = {rule.name: 0 for rule in self.rules}
        self._findings: dict[tuple[Subject, str], Finding] = {}

    def passed(self, subject: Subject, cases: int = 1) -> None:
        self._count(subject, PASSED, cases)

    def differs(
        self,
        subject: Subject,
        case: str,
        quern: str,
        expected: str,
        *,
        tags: Iterable[str] = (),
        count: int = 1,
    ) -> str:
        """Enters a difference; returns the status that the rules give it."""
        difference = Difference(
            subject.check, subject.ufunc, subject.types, subject.target,
            case, quern, expected, tuple(tags), count,
        )  # fmt: skip
        rule = next((rule for rule in self.rules if rule.covers(difference)), None)
        status = rule.status if rule else FAILED
        self._count(subject, status, count)
        self._keep(subject, status, rule, difference)
        return status

    def compare(self, subject: Subject, case: str, quern: str, expected: str) -> None:
        """Enters one comparison of two texts."""
        if quern == expected:
            self.passed(subject)
        else:
            self.differs(subject, case, quern, expected)

    def _count(self, subject: Subject, status: str, count: int) -> None:
        for tally in (self.total, self.checks[subject.check], self.subjects[subject]):
            tally.add(status, count)

    def _keep(
        self, subject: Subject, status: str, rule: Rule | None, difference: Difference
    ) -> None:
        key = (subject, rule.name if rule else "")
        finding = self._findings.setdefault(key, Finding(subject, status, rule))
        finding.count += difference.count
        if len(finding.examples) < MOST_EXAMPLES:
            finding.examples.append(difference)
        if rule:
            self.rule_counts[rule.name] += difference.count

    def findings(self) -> list[Finding]:
        """What differs: failures first, then what is not there yet, then what is meant."""
        order = {FAILED: 0, NOT_YET: 1, DELIBERATE: 2}
        return sorted(self._findings.values(), key=lambda finding: order[finding.status])

    def report_stale_rules(self, checks: Iterable[str]) -> None:
        """A rule that covers nothing, though its checks ran, describes a difference that is gone."""
        ran = set(checks)
        for rule in self.rules:
            subject = Subject("rules")
            if self.rule_counts[rule.name] > 0 or rule.depends_on_cpu:
                self.passed(subject)
            elif set(rule.checks) <= ran:
                self.differs(subject, rule.name, "no difference found", "differences to explain")
