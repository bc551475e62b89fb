"""From input dtypes to loops: the dense table of a ufunc, and the table of its reductions.

A cell is decided by, in this order: a loop marked ``exact`` for just these dtypes, a row of ``resolve``
(``as`` other dtypes, or ``refuse`` with a message), the rule of promotion.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field

from .context import Context, split_list
from .faults import shorten
from .load import Mapping, Scalar
from .loops import ExpandedLoop, closed
from .model import DType
from .promotion import LoopChooser, Signature

Cell = tuple[int, ...]
NO_LOOP = -1  # the refusal without words of its own


@dataclass
class Resolution:
    """The tables of one ufunc, in the model's encoding: a loop index or -(1 + refusal index)."""

    cells: tuple[int, ...] = ()
    refusals: list[str] = field(default_factory=lambda: [""])
    reduction: tuple[int, ...] | None = None


class Resolver:
    """Builds and checks the tables of one ufunc."""

    def __init__(self, context: Context, name: str, node: Mapping, loops: Sequence[ExpandedLoop], inputs: int) -> None:
        self.context = context
        self.log = context.log
        self.name = name
        self.node = node
        self.loops = loops
        self.arity = inputs
        self.chooser = LoopChooser(context.lattice, [Signature(loop.key[:inputs], loop.exact) for loop in loops])
        self.result = Resolution()
        self.chosen: dict[Cell, int] = {}  # what resolve rows decide
        self.deciders: dict[Cell, int] = {}  # and which row does
        self.ambiguous: dict[tuple[int, ...], list[Cell]] = {}

    def rule(self, cell: Cell) -> int:
        """The rule alone, exact loops first."""
        exact = self.chooser.exact.get(cell)
        if exact is not None:
            return exact
        found = self.chooser.candidates(cell)
        if len(found) > 1:
            self.ambiguous.setdefault(found, []).append(cell)
        return found[0] if found else NO_LOOP

    def cell(self, cell: Cell) -> int:
        """The table's value for input dtypes by index."""
        index = 0
        for dtype in cell:
            index = index * len(self.context.dtypes.all) + dtype
        return self.result.cells[index]

    def resolve(self, complete: bool) -> Resolution:
        """Both tables. Checks that need every loop are left out if some are missing."""
        count = len(self.context.dtypes.all)
        for position, row in self.node.mappings("resolve"):
            self.apply_row(position, row, complete)
        exact = self.chooser.exact
        cells = itertools.product(range(count), repeat=self.arity)
        self.result.cells = tuple(
            self.chosen[cell] if cell in self.chosen and cell not in exact else self.rule(cell) for cell in cells
        )
        if complete:
            self.report_ambiguous()
            self.report_unreachable()
        if self.arity == 2 and all(len(loop.outputs) == 1 for loop in self.loops):
            self.result.reduction = self.reduction(complete)
        return self.result

    def apply_row(self, position: int, row: Mapping, complete: bool) -> None:
        """Decides the cells that a resolve row matches."""
        entry = f"{self.name}.resolve[{position}]"
        inputs = row.scalar("inputs")
        assert inputs is not None
        classes = self.context.class_list(inputs, f"{entry}.inputs")
        value = self.outcome(row, entry, complete)
        if classes is None or value is None:
            return
        if len(classes) != self.arity:
            message = f"{len(classes)} class(es) where the ufunc has {self.arity} input(s)"
            self.log.add(inputs.place, f"{entry}.inputs", message)
            return
        members = ([dtype.index for dtype in self.context.members(names)] for names in classes)
        effective = False
        for cell in itertools.product(*members):
            if cell in self.chooser.exact:
                continue
            if cell in self.chosen and self.chosen[cell] != value:
                self.report_overlap(cell, position, inputs, entry)
                return
            effective |= value < NO_LOOP or value != self.rule(cell)
            self.chosen[cell], self.deciders[cell] = value, position
        if not effective and complete:
            self.log.add(inputs.place, entry, "the row changes no cell; without it the types resolve the same")

    def report_overlap(self, cell: Cell, position: int, inputs: Scalar, entry: str) -> None:
        """Two resolve rows that lead one cell to different ends."""
        names = ", ".join(self.context.dtypes.all[index].name for index in cell)
        message = f"resolve[{self.deciders[cell]}] decides ({names}) otherwise"
        self.log.add(inputs.place, f"{entry}.inputs", message)

    def outcome(self, row: Mapping, entry: str, complete: bool) -> int | None:
        """What a resolve row leads to; None, with a fault, if that cannot be told."""
        target, refusal = row.scalar("as"), row.scalar("refuse")
        if (target is None) == (refusal is None):
            self.log.add(row.place, entry, 'a row needs either "as" or "refuse"')
            return None
        if refusal is not None:
            if refusal.text not in self.result.refusals:
                self.result.refusals.append(refusal.text)
            return -(1 + self.result.refusals.index(refusal.text))
        assert target is not None
        dtypes = self.dtype_list(target, f"{entry}.as")
        if dtypes is None:
            return None
        value = self.rule(tuple(dtype.index for dtype in dtypes)) if len(dtypes) == self.arity else NO_LOOP
        if value == NO_LOOP and complete:
            self.log.add(target.place, f"{entry}.as", f"({target.text}) resolves to no loop")
            return None
        return value

    def dtype_list(self, scalar: Scalar, entry: str) -> list[DType] | None:
        """Comma-separated dtypes."""
        found: list[DType] = []
        excused = False
        dtypes = self.context.dtypes
        for word, offset in split_list(scalar.text):
            if word in dtypes.by_name:
                found.append(dtypes.by_name[word])
                continue
            excused = True
            if word not in dtypes.broken:
                place = scalar.inner.after(offset)
                self.log.add_unknown(place, entry, "dtype", word, [*dtypes.by_name, *dtypes.broken])
        return None if excused else found

    def report_ambiguous(self) -> None:
        """Cells for which several loops are alike."""
        for found, cells in sorted(self.ambiguous.items()):
            cells = [cell for cell in cells if len(self.context.lattice.candidates(cell)) < 2]
            if not cells:  # then the promotion is ambiguous already
                continue
            first, second = (self.loops[index] for index in found[:2])
            names = ", ".join(self.context.dtypes.all[index].name for index in cells[0])
            message = f"({names}) resolves to ({first.inputs_text}) and ({second.inputs_text}) alike"
            self.log.add(second.types.place, f"{second.entry}.types", message)

    def report_unreachable(self) -> None:
        """Loops that no input dtypes lead to, one fault for each row."""
        reached = set(self.result.cells)
        lost: dict[int, list[ExpandedLoop]] = {}
        for index, loop in enumerate(self.loops):
            if index not in reached:
                lost.setdefault(loop.row, []).append(loop)
        for loops in lost.values():
            listed = shorten([f"({loop.inputs_text})" for loop in loops])
            self.log.add(loops[0].types.place, f"{loops[0].entry}.types", f"no input leads to {listed}")

    def reduction(self, complete: bool) -> tuple[int, ...] | None:
        """The loop in which each dtype reduces; None if none does."""
        accumulators = self.accumulators(complete)
        values = tuple(self.reduced(accumulators.get(index, index)) for index in range(len(self.context.dtypes.all)))
        return values if any(value >= 0 for value in values) else None

    def reduced(self, accumulator: int) -> int:
        """The loop over one accumulator type, which must be closed over it."""
        value = self.cell((accumulator, accumulator))
        if value < 0:
            return value
        return value if closed(self.loops[value]) else NO_LOOP

    def accumulators(self, complete: bool) -> dict[int, int]:
        """Accumulator types that ``reduce.as`` gives, by dtype."""
        found: dict[int, int] = {}
        for position, row in self.node.mapping("reduce").mappings("as"):
            entry = f"{self.name}.reduce.as[{position}]"
            inputs, accumulator = row.scalar("inputs"), row.scalar("accumulator")
            assert inputs is not None and accumulator is not None
            names = self.context.classes.evaluate(inputs, f"{entry}.inputs")
            dtypes = self.dtype_list(accumulator, f"{entry}.accumulator")
            if names is None or dtypes is None:
                continue
            target, effective = dtypes[0].index, False
            for dtype in self.context.members(names):
                if found.setdefault(dtype.index, target) != target:
                    message = f"another row gives {dtype.name} a different accumulator"
                    self.log.add(inputs.place, f"{entry}.inputs", message)
                effective |= self.reduced(dtype.index) != self.reduced(target)
            if not effective and complete:
                self.log.add(inputs.place, entry, "the row changes nothing; without it the types reduce the same")
        return found
