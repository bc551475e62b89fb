"""Loop rows: their types, the expansion of class variables, and bodies typed for each expansion."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace

from .classes import Names
from .context import Context, split_list
from .expression import (
    BodyError,
    BodyExcused,
    BodyFaults,
    Checker,
    ParsedBody,
    Typed,
    called,
    parse_body,
    raised_by,
    refuses_values,
    result_count,
)
from .faults import Place, shorten
from .load import Mapping, Scalar
from .model import INTEGER_OVERFLOW, Core, DType, Expression
from .signature import CoreRows


@dataclass(frozen=True)
class ExpandedLoop:
    """One loop of a row, class variables replaced by dtypes."""

    row: int
    entry: str  # "add.loops[0]"
    types: Scalar
    inputs: tuple[DType, ...]
    outputs: tuple[DType, ...]
    bodies: tuple[Expression, ...]  # one for each output; none if the body is faulty
    flags: tuple[str, ...]
    exact: bool
    refusal: str
    core: Core | None = None  # in the place of a body
    computes: bool = False  # in other dtypes, whose bodies these are
    computed_by: tuple[DType, ...] = ()  # inputs of the loop that does it
    computing: tuple[DType, ...] = ()  # inputs and outputs of its body, where no loop has that
    checked: tuple[Expression, ...] = ()  # the same that report integer overflow; none if the row has none
    family: str = ""  # the kernel family, where the row names another than the ufunc's

    @property
    def key(self) -> tuple[int, ...]:
        return tuple(dtype.index for dtype in self.inputs)

    @property
    def inputs_text(self) -> str:
        return ", ".join(dtype.name for dtype in self.inputs)


@dataclass(frozen=True)
class RowTypes:
    """The types of a row before expansion: each a dtype name or a class variable."""

    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    variables: dict[str, Names]


class LoopReader:
    """Reads the loop rows of one ufunc."""

    def __init__(
        self, context: Context, name: str, node: Mapping, inputs: int, outputs: int, cores: CoreRows
    ) -> None:
        self.cores = cores
        self.context = context
        self.log = context.log
        self.name = name
        self.node = node
        self.arity = (inputs, outputs)
        self.complete = True  # False once a row had to be left out

    def read(self) -> list[ExpandedLoop]:
        """All loops by input dtypes in index order, duplicates left out."""
        found: dict[tuple[int, ...], ExpandedLoop] = {}
        for position, row in self.node.mappings("loops"):
            entry = f"{self.name}.loops[{position}]"
            repeated: dict[int, list[str]] = {}
            loops = list(self.expand(position, row, entry))
            for loop in loops:
                first = found.setdefault(loop.key, loop)
                if first is not loop:
                    repeated.setdefault(first.row, []).append(f"({loop.inputs_text})")
            self.report_repeated(row, entry, repeated, len(loops))
        if len(list(self.node.mappings("loops"))) < len(self.node.sequence("loops")):
            self.complete = False
        return self.bound([found[key] for key in sorted(found)])

    def bound(self, loops: list[ExpandedLoop]) -> list[ExpandedLoop]:
        """The loops, those that compute in another dtype with the loop that does it for them."""
        own = {loop.inputs: loop for loop in loops if not loop.computes}
        missing: dict[tuple[Place, str, str], list[str]] = {}
        made: list[ExpandedLoop] = []
        for loop in loops:
            wanted = tuple(map(self.computing, loop.inputs))
            found = own.get(wanted) if loop.computes else None
            if loop.computing:
                made.append(replace(loop, computed_by=wanted))
                continue
            same = found is not None and found.core is loop.core
            if found is not None and same and found.outputs == tuple(map(self.computing, loop.outputs)):
                made.append(replace(loop, bodies=found.bodies, computed_by=wanted))
                continue
            made.append(loop)
            if loop.computes and self.complete:
                names = ", ".join(dict.fromkeys(dtype.name for dtype in wanted))
                missing.setdefault((loop.types.place, f"{loop.entry}.types", names), []).append(f"({loop.inputs_text})")
        for (place, entry, names), inputs in missing.items():
            self.log.add(place, entry, f"no {names} loop to compute by for {shorten(inputs)}")
        return made

    def computing(self, dtype: DType) -> DType:
        """The dtype that values of a dtype are computed in."""
        return self.context.dtypes.by_name.get(dtype.compute, dtype)

    def report_repeated(self, row: Mapping, entry: str, repeated: dict[int, list[str]], count: int) -> None:
        """Loops that an earlier row has already: all of them, or some."""
        types = row.scalar("types")
        assert types is not None
        for first, inputs in repeated.items():
            self.complete = False
            if len(inputs) == count:
                self.log.add(types.place, f"{entry}.types", f"the row repeats loops[{first}]")
            else:
                self.log.add(types.place, f"{entry}.types", f"loops[{first}] already takes {shorten(inputs)}")

    def expand(self, position: int, row: Mapping, entry: str) -> Iterator[ExpandedLoop]:
        """The loops of one row."""
        types = self.row_types(row, entry)
        flags = self.context.flag_names(row.scalars("flags"), f"{entry}.flags")
        text, body = row.scalar("types"), row.scalar("body")
        assert text is not None
        core = self.cores.of_row(row, entry)
        family = self.family(row, entry)
        parsed = parse_body(body, f"{entry}.body", self.log) if body is not None and not self.cores.stated else None
        checked = row.scalar("checked")
        parsed_checked = parse_body(checked, f"{entry}.checked", self.log) if checked is not None and parsed else None
        if INTEGER_OVERFLOW in flags:
            self.log.add(row.place, f"{entry}.flags", f'"{INTEGER_OVERFLOW}" belongs to bodies under "checked" alone')
            flags = tuple(flag for flag in flags if flag != INTEGER_OVERFLOW)
        if types is None:
            self.complete = False
            return
        faults, faults_of_checked = BodyFaults(), BodyFaults()
        missing: dict[str, None] = {}
        stored = parsed is not None and self.is_stored(parsed)
        expanded = [found for found in self.expanded(types) if core is None or not self.left_out(core, *found)]
        computed = [not stored and any(d.compute for d in (*inputs, *outputs)) for inputs, outputs in expanded]
        for (inputs, outputs), computes in zip(expanded, computed):
            # A row for such dtypes alone gives the body that computes them; a core is always another loop's.
            computing = tuple(map(self.computing, (*inputs, *outputs))) if all(computed) and core is None else ()
            typed: tuple[Expression, ...] = ()
            if parsed and computing:
                typed = self.typed(parsed, computing[: len(inputs)], computing[len(inputs) :], faults)
            elif parsed and not computes:
                typed = self.typed(parsed, inputs, outputs, faults)
            if typed:
                missing.update(dict.fromkeys(self.undeclared(typed, inputs, flags)))
                missing.update(dict.fromkeys(unexplained(typed, row.text("refuses"))))
            typed_checked: tuple[Expression, ...] = ()
            if parsed_checked and typed:
                typed_checked = self.typed(parsed_checked, inputs, outputs, faults_of_checked)
                missing.update(dict.fromkeys(self.unchecked(typed_checked, typed)))
            if core is not None:
                missing.update(dict.fromkeys(self.misfits(core, (*inputs, *outputs), flags)))
            exact, refusal = row.text("exact") == "true", row.text("refuses")
            yield ExpandedLoop(
                position,
                entry,
                text,
                inputs,
                outputs,
                typed,
                flags,
                exact,
                refusal,
                core,
                computes,
                computing=computing,
                checked=typed_checked,
                family=family,
            )
        if parsed:
            faults.report(parsed, self.log)
        if parsed_checked:
            faults_of_checked.report(parsed_checked, self.log)
        for message in missing:
            self.log.add(row.place, entry, message)

    def family(self, row: Mapping, entry: str) -> str:
        """The kernel family that the row names; "" if it leaves that to the ufunc."""
        family, words = row.scalar("family"), self.context.words.families
        if family is not None and family.text not in words:
            self.log.add_unknown(family.place, f"{entry}.family", "family", family.text, words)
        return row.text("family")

    def expanded(self, types: RowTypes) -> Iterator[tuple[tuple[DType, ...], tuple[DType, ...]]]:
        """Inputs and outputs for every choice of the class variables."""
        names = list(types.variables)
        for chosen in itertools.product(*(self.context.members(types.variables[name]) for name in names)):
            known = dict(zip(names, chosen))
            inputs, outputs = (
                tuple(self.chosen(word, known) for word in side) for side in (types.inputs, types.outputs)
            )
            yield inputs, outputs

    def chosen(self, word: str, known: dict[str, DType]) -> DType:
        """The dtype of a word of types, "real(T)" included, for one choice of the variables."""
        name = inner_word(word)
        dtype = known.get(name) or self.context.dtypes.by_name[name]
        return self.context.dtypes.by_name[dtype.real] if name != word else dtype

    def is_stored(self, parsed: ParsedBody) -> bool:
        """Whether a body works on elements as they are stored: it copies them or has only words that do."""
        words = {name for tree in parsed.trees for name in called(tree)}
        known = [self.context.operations.get(word) for word in words]
        return all(word is not None and word.forms[0].stored for word in known)

    def undeclared(
        self, bodies: tuple[Expression, ...], inputs: tuple[DType, ...], flags: tuple[str, ...]
    ) -> Iterator[str]:
        """Flags that the body raises undeclared, and whole-number rows that declare what nothing raises."""
        raised = set().union(*map(raised_by, bodies))
        for flag in self.context.words.flags:
            if flag in raised and flag not in flags:
                yield f'the body raises "{flag}", which the row does not declare'
            if flag in flags and flag not in raised and not any(dtype.significand for dtype in inputs):
                yield f'the row declares "{flag}", which its body never raises for whole numbers'

    def unchecked(self, checked: tuple[Expression, ...], bodies: tuple[Expression, ...]) -> Iterator[str]:
        """What a checked body lacks, or raises beside integer overflow that the body does not."""
        raised, known = (set().union(*map(raised_by, side)) for side in (checked, bodies))
        if checked and INTEGER_OVERFLOW not in raised:
            yield f'the checked body never raises "{INTEGER_OVERFLOW}"'
        for flag in self.context.words.flags:
            if flag in raised - known - {INTEGER_OVERFLOW}:
                yield f'the checked body raises "{flag}", which the body does not'

    def left_out(self, core: Core, inputs: tuple[DType, ...], outputs: tuple[DType, ...]) -> bool:
        """Whether a package's dtype is one that a core operation of the base does not take."""
        own = [dtype for dtype in (*inputs, *outputs) if dtype.own]
        extends = not all(dtype.own for dtype in self.context.dtypes.all)
        return extends and any(dtype.name not in core.classes for dtype in own)

    def misfits(self, core: Core, types: tuple[DType, ...], flags: tuple[str, ...]) -> Iterator[str]:
        """Why a core operation cannot have these types or flags."""
        if len(set(types)) > 1:
            yield f"{core.name} takes operands of one type"
        elif self.computing(types[0]).name not in core.classes:
            yield f"{core.name} does not take {types[0].name}"
        elif flags and types[0].kind not in ("float", "complex"):
            yield f'the row declares "{flags[0]}", which {core.name} never raises for whole numbers'

    def row_types(self, row: Mapping, entry: str) -> RowTypes | None:
        """The types of a row; None, with faults, if they cannot be read."""
        scalar = row.scalar("types")
        assert scalar is not None
        variables = self.variables(row, entry)
        head, arrow, tail = scalar.text.partition("->")
        if not arrow:
            self.log.add(scalar.place, f"{entry}.types", 'types have the form "T, T -> T"')
            return None
        sides = (split_list(head), [(word, at + len(head) + 2) for word, at in split_list(tail)])
        before = len(self.log.faults)
        excused = False
        for side, count, what in zip(sides, self.arity, ("input", "output")):
            if len(side) != count:
                message = f"{len(side)} {what} type(s) where the arguments name {count}"
                self.log.add(scalar.inner.after(side[0][1]), f"{entry}.types", message)
            for word, offset in side:
                name = inner_word(word)
                excused |= name in self.context.dtypes.broken or name in variables and variables[name] is None
                self.check_word(word, offset, scalar, f"{entry}.types", variables)
        used = {inner_word(word) for side in sides for word, _ in side}
        for name in variables:
            if name not in used:
                place = row.mapping("for").keys[name]
                self.log.add(place, f"{entry}.for", f'the variable "{name}" stands in no type')
        if excused or len(self.log.faults) > before:
            return None
        inputs, outputs = (tuple(word for word, _ in side) for side in sides)
        return RowTypes(inputs, outputs, {name: members for name, members in variables.items() if members is not None})

    def variables(self, row: Mapping, entry: str) -> dict[str, Names | None]:
        """Class variables of a row; None for one whose class is faulty."""
        found: dict[str, Names | None] = {}
        for name, node in row.mapping("for").items.items():
            assert isinstance(node, Scalar)
            label = f"{entry}.for.{name}"
            if name in self.context.dtypes.by_name:
                self.log.add(row.mapping("for").keys[name], label, "the variable is named like a dtype")
            members = self.context.classes.evaluate(node, label)
            if members is not None and not members:
                self.log.add(node.place, label, f'the class "{node.text}" has no members')
                members = None
            found[name] = members
        return found

    def check_word(
        self, word: str, offset: int, scalar: Scalar, entry: str, variables: dict[str, Names | None]
    ) -> None:
        """One word of types: a dtype or a variable."""
        dtypes = self.context.dtypes
        name = inner_word(word)
        place = scalar.inner.after(offset)
        if name != word:
            members = variables.get(name) or frozenset([name])
            other = [d.name for d in self.context.members(members) if not d.real]
            if other:
                self.log.add(place, entry, f"{shorten(other)} has no real type, so that {word} is none")
            offset, word = offset + len("real("), name
        if word in variables or word in dtypes.by_name or word in dtypes.broken:
            return
        place = scalar.inner.after(offset)
        if word in self.context.classes.known:
            self.log.add(place, entry, f'"{word}" is a class; name a variable and give its class under "for"')
            return
        self.log.add_unknown(place, entry, "type", word, [*dtypes.by_name, *dtypes.broken, *variables])

    def lanes_of(self, outputs: tuple[DType, ...]) -> list[DType]:
        """The lanes that a loop stores: a complex output has two."""
        by_name = self.context.dtypes.by_name
        return [lane for dtype in outputs for lane in ([by_name[dtype.real]] * 2 if dtype.real else [dtype])]

    def typed(
        self, parsed: ParsedBody, inputs: tuple[DType, ...], outputs: tuple[DType, ...], faults: BodyFaults
    ) -> tuple[Expression, ...]:
        """The body for these types; nothing, with a fault, if it has none."""
        context = self.context
        kinds = tuple(context.words.loop_kinds)
        checker = Checker(context.operations, context.broken_operations, context.dtypes.by_name, inputs, kinds)
        try:
            lanes = self.lanes_of(outputs)
            results = [checker.check(tree) for tree in parsed.trees]
            several = result_count(results[0].expression)
            count = several if len(results) == 1 else len(results)
            if count != len(lanes):
                raise BodyError(0, f"the body gives {count} result(s) where {len(lanes)} belong")
            trees, given = parsed.trees, results
            if several > 1:
                trees, given = trees * several, given * several
            for tree, result, output in zip(trees, given, lanes):
                check_result(tree.offset, result, output)
                if result.expression.result == "constant":
                    check_constant(tree.offset, inputs, outputs)
                if result.expression.result == "mask":
                    check_mask(tree.offset, inputs, outputs)
        except BodyExcused:
            return ()
        except BodyError as error:
            faults.add(error)
            return ()
        return tuple(result.expression for result in results)


def unexplained(bodies: tuple[Expression, ...], refusal: str) -> Iterator[str]:
    """A body that refuses values without a reason, or a reason without such a body."""
    refuses = any(map(refuses_values, bodies))
    if refuses and not refusal:
        yield 'the body refuses some values; say why under "refuses"'
    if refusal and not refuses:
        yield 'the row says why it refuses values, which its body never does'


def inner_word(word: str) -> str:
    """The dtype or variable in a word of types: the T of "real(T)"."""
    return word[len("real(") : -1].strip() if word.startswith("real(") and word.endswith(")") else word


def check_result(offset: int, result: Typed, output: DType) -> None:
    """What a body gives must be what the loop stores."""
    kind = result.expression.result
    if kind == "constant":
        return
    if kind == "number":
        raise BodyError(offset, "the body is a number and uses no input")
    if kind == "mask" and output.kind != "boolean":
        raise BodyError(offset, "the body gives a mask, which cannot be stored as", dtype=output.name)
    if kind == "vector" and result.lanes is not output:
        lanes = result.lanes.name if result.lanes is not None else "no"
        raise BodyError(offset, f"the body gives {lanes} lanes, the loop stores {output.name}")


def check_constant(offset: int, inputs: tuple[DType, ...], outputs: tuple[DType, ...]) -> None:
    """A constant fills the only output, a bool; a loop that may reduce has to join its inputs."""
    output = outputs[0]
    if len(outputs) > 1 or output.kind != "boolean":
        raise BodyError(offset, "the body gives a truth value, which cannot be stored as", dtype=output.name)
    if len(inputs) == 2 and set(inputs) == {output}:
        raise BodyError(offset, "a body that joins no inputs cannot reduce", dtype=output.name)


def check_mask(offset: int, inputs: tuple[DType, ...], outputs: tuple[DType, ...]) -> None:
    """A mask is the only result, and it has as many lanes as every input."""
    if len(outputs) > 1:
        raise BodyError(offset, "a body with several results gives no mask")
    if len({dtype.bits // (2 if dtype.real else 1) for dtype in inputs}) > 1:
        raise BodyError(offset, f"inputs of different width ({shorten([d.name for d in inputs])}) have no common mask")


def closed(loop: ExpandedLoop) -> bool:
    """Whether a loop combines two values of a type into one of the same."""
    if loop.core is not None:
        return False
    return len(loop.inputs) == 2 and len(loop.outputs) == 1 and len({*loop.inputs, *loop.outputs}) == 1
