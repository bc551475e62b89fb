"""What every measurement is given."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .basics import Json
from .ledger import Ledger
from .library import Library
from .mpfr import has_function
from .oracle import NumpyLibrary
from .progress import Progress
from .spec import Loop, Spec
from .times import UNITS, in_units, run_as

if TYPE_CHECKING:
    from golden_reader import Golden
else:
    Golden = Any


@dataclass(frozen=True)
class Scale:
    """How much is measured.

    values: random tuples per loop; accuracy: points per approximate loop; repeats: of each timing;
    sizes: elements per timed call.
    """

    name: str
    values: int
    accuracy: int
    repeats: int
    sizes: tuple[int, ...]


QUICK = Scale("quick", 5_000, 100_000, 3, (16, 1_000))
NORMAL = Scale("normal", 100_000, 1_000_000, 7, (16, 1_000, 1_000_000))
FULL = Scale("full", 200_000, 10_000_000, 15, (16, 1_000, 1_000_000))
SCALES = {scale.name: scale for scale in (QUICK, NORMAL, FULL)}


@dataclass
class Context:
    """The two libraries, the spec, the golden data, the ledger, and how much to measure."""

    library: Library
    oracle: NumpyLibrary
    spec: Spec
    golden: Golden
    ledger: Ledger
    scale: Scale
    progress: Progress
    build: Path

    @cached_property
    def names_of_dtypes(self) -> tuple[str, ...]:
        """The dtypes that both have, in the spec's order."""
        return tuple(name for name in self.spec.dtypes if name in self.oracle.dtypes())

    @cached_property
    def dtypes(self) -> tuple[str, ...]:
        """The same with those that count time in several units."""
        return in_units(self.names_of_dtypes, UNITS)

    @cached_property
    def loop_dtypes(self) -> tuple[str, ...]:
        """The same with those that count time in the one unit that loops are run in."""
        return tuple(map(run_as, self.names_of_dtypes))

    @property
    def all_targets(self) -> tuple[str, ...]:
        """Targets that this CPU runs, best first."""
        return self.library.targets()

    @property
    def targets(self) -> tuple[str, ...]:
        """Those that everything is built for: on the others most loops run as on the best of these below."""
        return tuple(target for target in self.all_targets if target in self.spec.whole_targets)

    def targets_of(self, loop: Loop) -> tuple[str, ...]:
        """The same, and the others that the loop has code of its own on."""
        return tuple(target for target in self.all_targets if target in self.targets or target in loop.targets)

    def is_approximate(self, loop: Loop) -> bool:
        """Whether results are NumPy's within a bound only.

        So are functions that MPFR knows and that the spec does not promise to round correctly: their
        results in NumPy depend on its version and on the CPU. All else is NumPy's bit for bit.
        """
        return not loop.is_rounded_correctly and has_function(self.names[loop.ufunc])

    def function_loops(self) -> tuple[Loop, ...]:
        """Elementwise loops of ufuncs that NumPy has as functions of another kind."""
        return tuple(loop for loop in self.own_loops() if self.oracle.function(loop.ufunc) is not None)

    @cached_property
    def names(self) -> dict[str, tuple[str, ...]]:
        """The names of each ufunc, aliases included."""
        return {ufunc.name: (ufunc.name, *ufunc.aliases) for ufunc in self.spec.ufuncs}

    @cached_property
    def parameters(self) -> dict[str, tuple[str, ...]]:
        """The names of each ufunc's last inputs that take no part in the choice of a loop."""
        return {ufunc.name: ufunc.parameters for ufunc in self.spec.ufuncs}

    def loops(self) -> tuple[Loop, ...]:
        """Elementwise loops that NumPy has too, those with equal inputs together."""
        return tuple(loop for loop in self.own_loops() if loop.ufunc in self.oracle.ufuncs())

    def own_loops(self) -> tuple[Loop, ...]:
        """The same and those of ufuncs that NumPy lacks: what is compared with itself alone."""
        return tuple(loop for loop in self._known_loops() if loop.signature is None)

    def core_loops(self) -> tuple[Loop, ...]:
        """Loops that NumPy has too, of ufuncs with a signature."""
        found = (loop for loop in self._known_loops() if loop.signature is not None)
        return tuple(loop for loop in found if loop.ufunc in self.oracle.ufuncs())

    def _known_loops(self) -> tuple[Loop, ...]:
        """Loops over dtypes that NumPy has."""
        known = set(self.names_of_dtypes)
        found = [loop for loop in self.spec.loops if known.issuperset(loop.inputs + loop.outputs)]
        order = {name: index for index, name in enumerate(self.spec.dtypes)}
        return tuple(sorted(found, key=lambda loop: [order[name] for name in loop.inputs]))


Section = dict[str, Json]
