"""Claims about values, judged by the reference: special values, neutral values, identities, examples."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from .classes import Names
from .context import Context
from .dtypes import origin_of
from .faults import Place, shorten
from .load import Mapping, Node, Scalar, Sequence as ListNode
from .loops import ExpandedLoop, closed
from .model import REFUSED, ReductionFunction, SpecialValue
from .reference import NAN, Real, Reference, Refused, Value, convert, finite, parse_value, same, value_text
from .resolution import Resolution
from .signature import CoreReference

PROBES = {
    "boolean": ("false", "true"),
    "signed": ("min", "-1", "0", "1", "2", "max"),
    "unsigned": ("0", "1", "2", "max"),
    "float": ("0.0", "-0.0", "1.0", "-1.5", "max", "-max", "inf", "-inf", "nan"),
    "timedelta": ("nat", "min", "-1", "0", "1", "max"),
    "datetime": ("nat", "min", "-1", "0", "1", "max"),
    "complex": ("0.0+0.0j", "-0.0-0.0j", "1.0-1.5j", "max-maxj", "inf-infj", "-inf+0.0j", "-inf-infj", "nan+nanj"),
}


INFINITIES = ("inf", "-inf")  # a dtype without them has NaN in their place


class Merged:
    """Faults that differ only in the dtypes they were found for."""

    def __init__(self) -> None:
        self.found: dict[tuple[Place, str, str], list[str]] = {}

    def add(self, place: Place, entry: str, message: str, dtypes: str) -> None:
        """Counts a fault for one dtype."""
        known = self.found.setdefault((place, entry, message), [])
        if dtypes not in known:
            known.append(dtypes)

    def report(self, context: Context) -> None:
        """Adds the faults to the log."""
        for (place, entry, message), dtypes in self.found.items():
            context.log.add(place, entry, f"{message} {shorten(dtypes)}")


class ValueChecker:
    """Checks the values that one ufunc file states."""

    def __init__(
        self,
        context: Context,
        name: str,
        node: Mapping,
        loops: Sequence[ExpandedLoop],
        references: Sequence[Reference | CoreReference | None],
        resolution: Resolution,
        complete: bool,
    ) -> None:
        self.context = context
        self.log = context.log
        self.name = name
        self.node = node
        self.loops = loops
        self.references = references
        self.resolution = resolution
        self.complete = complete
        self.failed: set[str] = set()  # references that have a fault already

    def evaluate(self, index: int, inputs: Sequence[Value]) -> tuple[Value, ...] | None:
        """What the reference of a loop gives for each output; None, with a fault, if it fails."""
        loop, reference = self.loops[index], self.references[index]
        if reference is None:
            return None
        try:
            return reference(inputs, loop.inputs, loop.outputs)
        except ArithmeticError as error:
            if reference.text in self.failed:
                return None
            self.failed.add(reference.text)
            values = ", ".join(value_text(value, dtype) for value, dtype in zip(inputs, loop.inputs))
            node = self.node.get("reference")
            place = node.place if node is not None else self.node.place
            message = f"the reference fails for ({values}) of ({loop.inputs_text}): {error}"
            self.log.add(place, f"{self.name}.reference", message)
            return None

    def refuses(self, index: int, inputs: Sequence[Value]) -> bool:
        """Whether the reference of a loop refuses inputs."""
        loop, reference = self.loops[index], self.references[index]
        try:
            if reference is not None:
                reference(inputs, loop.inputs, loop.outputs)
        except ArithmeticError as error:
            return isinstance(error, Refused)
        return False

    def special_values(self) -> tuple[SpecialValue, ...]:
        """All rows, expanded to loops and in their order."""
        found: list[SpecialValue] = []
        for position, row in self.node.mappings("special_values"):
            merged = Merged()
            found += self.special_row(row, f"{self.name}.special_values[{position}]", merged)
            merged.report(self.context)
        return tuple(found)

    def special_row(self, row: Mapping, entry: str, merged: Merged) -> list[SpecialValue]:
        """One row for every loop that it names."""
        types = row.scalar("types")
        assert types is not None
        indices = self.matching(types, f"{entry}.types")
        flags = self.context.flag_names(scalars_of(row.get("raises")), f"{entry}.raises")
        inputs, outputs = row.scalars("in"), scalars_of(row.get("out"))
        width = (len(self.loops[0].inputs), len(self.loops[0].outputs))
        for key, given, wanted in (("in", inputs, width[0]), ("out", outputs, width[1])):
            if len(given) != wanted:
                node = row.get(key)
                assert node is not None
                self.log.add(node.place, f"{entry}.{key}", f"{len(given)} value(s) where {wanted} belong")
                return []
        found: list[SpecialValue] = []
        for index in indices:
            loop = self.loops[index]
            for flag in flags:
                if flag not in loop.flags:
                    place = scalars_of(row.get("raises"))[0].place
                    message = f'"{flag}" is not among the flags for'
                    merged.add(place, f"{entry}.raises", message, f"({loop.inputs_text})")
            values = self.checked(index, inputs, outputs, entry, merged)
            if values is not None:
                origin = origin_of(row.place)
                found.append(SpecialValue(index, values[0], values[1], flags, origin))
        return found

    def matching(self, types: Scalar, entry: str) -> list[int]:
        """Loops whose inputs belong to a class, or to one class each."""
        classes = self.context.class_list(types, entry)
        if classes is None:
            return []
        arity = len(self.loops[0].inputs)
        if len(classes) not in (1, arity):
            self.log.add(types.place, entry, f"{len(classes)} classes where the ufunc has {arity} input(s)")
            return []
        each: list[Names] = classes * arity if len(classes) == 1 else classes
        found = [
            index
            for index, loop in enumerate(self.loops)
            if all(dtype.name in names for dtype, names in zip(loop.inputs, each))
        ]
        if not found and self.complete:
            self.log.add(types.place, entry, f'no loop takes "{types.text}"')
        return found

    def checked(
        self, index: int, inputs: Sequence[Scalar], outputs: Sequence[Scalar], entry: str, merged: Merged
    ) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
        """Canonical texts of a row for one loop, if its values exist and the reference agrees."""
        loop = self.loops[index]
        values: list[Value] = []
        refused = [scalar.text for scalar in outputs] == [REFUSED] * len(outputs)
        claims = () if refused else outputs
        for key, scalars, dtypes in (("in", inputs, loop.inputs), ("out", claims, loop.outputs)):
            for position, (scalar, dtype) in enumerate(zip(scalars, dtypes)):
                value = parse_value(scalar.text, dtype)
                if value is None and not dtype.infinities and scalar.text in INFINITIES:
                    if key == "in":
                        return None
                    value = NAN
                if value is None:
                    merged.add(scalar.place, f"{entry}.{key}", f'"{scalar.text}" is no value of', dtype.name)
                    return None
                values.append(value)
        given, claimed = values[: len(inputs)], values[len(inputs) :]
        if refused:
            return self.checked_refusal(index, given, outputs[0], entry, merged)
        expected = self.evaluate(index, given) or claimed
        for scalar, value, wanted, dtype in zip(outputs, claimed, expected, loop.outputs):
            if not same(wanted, value):
                shown = ", ".join(scalar.text for scalar in inputs)
                text = value_text(wanted, dtype)
                message = f"the reference gives {text} for ({shown}), not {scalar.text}, with inputs"
                merged.add(scalar.place, f"{entry}.out", message, f"({loop.inputs_text})")
                return None
        return (
            tuple(value_text(value, dtype) for value, dtype in zip(given, loop.inputs)),
            tuple(value_text(value, dtype) for value, dtype in zip(claimed, loop.outputs)),
        )

    def checked_refusal(
        self, index: int, inputs: Sequence[Value], claim: Scalar, entry: str, merged: Merged
    ) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
        """Canonical texts of a row that says that a loop refuses its inputs, if the reference does."""
        loop = self.loops[index]
        given = tuple(value_text(value, dtype) for value, dtype in zip(inputs, loop.inputs))
        if not self.refuses(index, inputs):
            message = f"the reference does not refuse ({', '.join(given)}), with inputs"
            merged.add(claim.place, f"{entry}.out", message, f"({loop.inputs_text})")
            return None
        return given, (REFUSED,) * len(loop.outputs)

    def neutral(self, index: int, scalar: Scalar | None, entry: str) -> Value | None:
        """The neutral value of a loop, checked to change nothing."""
        if scalar is None:
            return None
        dtype = self.loops[index].outputs[0]
        value = parse_value(scalar.text, dtype)
        if value is None:
            self.log.add(scalar.place, entry, f'"{scalar.text}" is no value of {dtype.name}')
            return None
        changed = self.changes(index, value, signed_zeros=True)
        if changed is not None:
            self.log.add(scalar.place, entry, f"{scalar.text} is not neutral for {dtype.name}: {changed}")
            return None
        return value

    def changes(self, index: int, value: Value, signed_zeros: bool, infinite: bool = True) -> str | None:
        """How a value changes another by the loop's operation; None if it changes none of the probes."""
        dtype = self.loops[index].outputs[0]
        for text in PROBES.get(dtype.kind, ()):
            if not infinite and ("inf" in text or "nan" in text):
                continue
            probe = parse_value(text, dtype)
            if probe is None:  # an infinity, where the dtype has none
                continue
            for pair in ((value, probe), (probe, value)):
                result = self.evaluate(index, pair)
                if result is None or same(result[0], probe, signed_zeros):
                    continue
                if signed_zeros or not self.drops_sign(index, value, probe, result[0]):
                    shown = ", ".join(value_text(item, dtype) for item in pair)
                    return f"{self.name}({shown}) is {value_text(result[0], dtype)}"
        return None

    def drops_sign(self, index: int, value: Value, probe: Value, result: Value) -> bool:
        """Whether a value changes a sign once and for all, as the operation does by itself (gcd)."""
        again = self.evaluate(index, (value, result))
        return abs(result) == abs(probe) and again is not None and same(again[0], result)

    def check_identity(self) -> None:
        """An identity changes nothing but the sign of zeros, in every loop that reduces.

        Where the operation drops signs it may do so beside the identity, too. Complex numbers with infinite parts are
        left out: 1 * (inf + 0j) is inf + nanj.
        """
        scalar = self.node.mapping("reduce").scalar("identity")
        if scalar is None:
            return
        entry = f"{self.name}.reduce.identity"
        number = number_of(scalar.text)
        if number is None:
            self.log.add(scalar.place, entry, f'"{scalar.text}" is no number')
            return
        for index, loop in enumerate(self.loops):
            if not closed(loop):
                continue
            dtype = loop.outputs[0]
            if not dtype.significand and isinstance(number, Real):
                continue
            changed = self.changes(index, convert(number, dtype), signed_zeros=False, infinite=not dtype.real)
            if changed is not None:
                self.log.add(scalar.place, entry, f"{scalar.text} is no identity for {dtype.name}: {changed}")
                return


def number_of(text: str) -> int | Real | None:
    """A number without a dtype: a whole one, or a real one."""
    try:
        return int(text)
    except ValueError:
        pass
    words = {"inf": Real(None), "-inf": Real(None, True)}
    try:
        return words[text] if text in words else finite(Fraction(text), text.startswith("-"))
    except ValueError:
        return None


def scalars_of(node: Node | None) -> tuple[Scalar, ...]:
    """One scalar or a list of them."""
    if isinstance(node, ListNode):
        return tuple(item for item in node.items if isinstance(item, Scalar))
    return (node,) if isinstance(node, Scalar) else ()


def read_reductions(reduce: Mapping) -> tuple[ReductionFunction, ...]:
    """``reduce.functions``."""
    return tuple(
        ReductionFunction(row.text("name"), row.text("summary"), tuple(s.text for s in row.scalars("aliases")))
        for _, row in reduce.mappings("functions")
    )
