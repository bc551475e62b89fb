"""One ufunc file as a model.Ufunc: arguments, loops, tables, references, reductions, claims."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .capi import RESERVED
from .check_examples import ExampleChecker
from .check_values import ValueChecker, read_reductions
from .classes import Names
from .context import Context
from .dtypes import Source, origin_of
from .expression import raised_by
from .kinds import body_kind, core_kind
from .load import Mapping, Scalar
from .loops import ExpandedLoop, LoopReader, closed
from .model import CoreSignature, DType, Expression, Loop, SpecialValue, Ufunc
from .reference import VARIABLES, WORDS, Reference, ReferenceFault, Value, compile_reference, value_text
from .resolution import Resolution, Resolver
from .signature import CoreReference, CoreRows, compile_core_reference, read_signature

NAME = re.compile(r"[a-z][a-z0-9_]*")
ACCURACY = re.compile(r"exact|[0-9]+(\.[0-9]+)?")
OPERATORS = ("+", "-", "*", "/", "//", "%", "**", "<", "<=", ">", ">=", "==", "!=", "&", "|", "^", "~", "<<", ">>", "@")
EXACT_FOLDS = ("sum", "product")
MOST_INPUTS = 8
MOST_OUTPUTS = 4
NO_NAME = '"{}" is no name that C, C++ and Python share'


@dataclass(frozen=True)
class LoopFacts:
    """What else is known of a loop beside its types and body."""

    reference: Reference | CoreReference | None
    accuracy: str
    neutral: Value | None


class UfuncReader:
    """Reads one ufunc file."""

    def __init__(self, context: Context, stem: str, source: Source) -> None:
        self.context = context
        self.log = context.log
        self.name = stem
        self.node = source.node
        self.own = source.own
        self.unreadable: set[str] = set()  # keys with a class that is faulty
        arguments = self.node.mapping("arguments")
        self.parameters = len(arguments.scalars("parameters"))
        self.inputs = [scalar.text for key in ("in", "parameters") for scalar in arguments.scalars(key)]
        self.outputs = [scalar.text for scalar in self.node.mapping("arguments").scalars("out")]

    def read(self) -> Ufunc | None:
        """The ufunc; what is faulty has faults in the log and may be left out. None if nothing is left."""
        self.check_head()
        if not self.choosing or not 0 < len(self.inputs) <= MOST_INPUTS or not 0 < len(self.outputs) <= MOST_OUTPUTS:
            return None
        cores = self.cores()
        reader = LoopReader(self.context, self.name, self.node, len(self.inputs), len(self.outputs), cores)
        loops = reader.read()
        if not loops:
            if reader.complete:
                self.fault("loops", "a ufunc needs a loop")
            return None
        resolver = Resolver(self.context, self.name, self.node, loops, self.choosing)
        resolution = resolver.resolve(reader.complete)
        references = self.references(loops, reader.complete)
        checker = ValueChecker(self.context, self.name, self.node, loops, references, resolution, reader.complete)
        facts = self.facts(loops, references, checker, reader.complete)
        special_values = checker.special_values()
        checker.check_identity()
        self.check_exactly(loops, facts)
        ExampleChecker(self.context, self.context.casting, checker, resolver, cores.signature).check()
        return self.assemble(loops, facts, resolution, special_values, cores.signature)

    def check_exactly(self, loops: Sequence[ExpandedLoop], facts: Sequence[LoopFacts]) -> None:
        """Checked loops that reduce by the tree need a meaning of the whole reduction."""
        scalar = self.node.mapping("reduce").scalar("exactly")
        if scalar is not None and scalar.text not in EXACT_FOLDS:
            self.log.add_unknown(scalar.place, f"{self.name}.reduce.exactly", "word", scalar.text, EXACT_FOLDS)
        by_tree = [loop for loop, fact in zip(loops, facts) if loop.checked and fact.neutral is not None]
        if by_tree and scalar is None:
            self.fault("reduce", f'checked loops reduce by the tree; say what they give "exactly": {" or ".join(EXACT_FOLDS)}')
        if scalar is not None and not by_tree and not self.unreadable:
            self.fault("reduce", 'no checked loop reduces by the tree, so that "exactly" says nothing')

    def cores(self) -> CoreRows:
        """The signature, and what it asks of loops."""
        scalar = self.node.scalar("signature")
        signature = read_signature(scalar, f"{self.name}.signature", self.log) if scalar is not None else None
        if signature is not None:
            given = (len(signature.inputs), len(signature.outputs))
            if given != (len(self.inputs), len(self.outputs)):
                named = f"the arguments name {len(self.inputs)} and {len(self.outputs)}"
                self.fault("signature", f"{given[0]} inputs and {given[1]} outputs where {named}")
                signature = None
        if scalar is not None and "reduce" in self.node.items:
            self.fault("reduce", "a ufunc with a signature does not reduce")
        return CoreRows(signature, scalar is not None, self.context.cores, self.context.broken_cores, self.log)

    @property
    def choosing(self) -> int:
        """Inputs whose dtypes choose the loop."""
        return len(self.inputs) - self.parameters

    def fault(self, key: str, message: str) -> None:
        """A fault at the value of a key."""
        node = self.node.get(key)
        self.log.add(node.place if node is not None else self.node.place, f"{self.name}.{key}", message)

    def check_head(self) -> None:
        """Names, family and operator."""
        node = self.node
        if node.text("name") != self.name:
            self.fault("name", f'the name is "{node.text("name")}", the file "{self.name}.yaml"')
        family = node.scalar("family")
        assert family is not None
        if family.text not in self.context.words.families:
            words = self.context.words.families
            self.log.add_unknown(family.place, f"{self.name}.family", "family", family.text, words)
        arguments = node.mapping("arguments")
        self.check_arguments(arguments)
        for key, scalar in [("name", node.scalar("name")), *(("aliases", s) for s in node.scalars("aliases"))]:
            if scalar is not None and not is_name(scalar.text):
                self.log.add(scalar.place, f"{self.name}.{key}", NO_NAME.format(scalar.text))
        operator = node.scalar("operator")
        if operator is not None and operator.text not in OPERATORS:
            self.fault("operator", f'"{operator.text}" is no operator of Python')
        weak = node.scalar("weak_out_of_range")
        if weak is not None and weak.text != "compare":
            self.log.add_unknown(weak.place, f"{self.name}.weak_out_of_range", "word", weak.text, ["compare"])

    def check_arguments(self, arguments: Mapping) -> None:
        """Argument names, and how many there are."""
        seen: set[str] = set()
        for key in ("in", "parameters", "out"):
            scalars = arguments.scalars(key)
            for position, scalar in enumerate(scalars):
                entry = f"{self.name}.arguments.{key}[{position}]"
                if not is_name(scalar.text):
                    self.log.add(scalar.place, entry, NO_NAME.format(scalar.text))
                if scalar.text in seen:
                    self.log.add(scalar.place, entry, f'two arguments are called "{scalar.text}"')
                seen.add(scalar.text)
        if self.inputs and not self.choosing:
            self.fault("arguments", "every input is a parameter; at least one has to choose the loop")
        elif not 0 < len(self.inputs) <= MOST_INPUTS:
            self.fault("arguments", f"{len(self.inputs)} inputs; possible are 1 to {MOST_INPUTS}")
        if not 0 < len(self.outputs) <= MOST_OUTPUTS:
            self.fault("arguments", f"{len(self.outputs)} outputs; possible are 1 to {MOST_OUTPUTS}")

    def references(self, loops: Sequence[ExpandedLoop], complete: bool) -> list[Reference | CoreReference | None]:
        """The reference of each loop."""
        node = self.node.get("reference")
        if isinstance(node, Scalar):
            reference = self.compile(node, f"{self.name}.reference")
            return [reference] * len(loops)
        assert isinstance(node, Mapping)
        compiled = {
            key: self.compile(value, f"{self.name}.reference.{key}")
            for key, value in node.items.items()
            if isinstance(value, Scalar)
        }
        chosen = self.by_class(node, "reference", loops, complete)
        for loop, key in zip(loops, chosen):
            if key is None and complete and "reference" not in self.unreadable and len(compiled) == len(node.keys):
                self.fault("reference", f"no reference for ({loop.inputs_text})")
                break
        return [compiled.get(key) if key is not None else None for key in chosen]

    def compile(self, scalar: Scalar, entry: str) -> Reference | CoreReference | None:
        """A reference; None, with a fault, if it cannot be read."""
        try:
            if self.node.scalar("signature") is not None:
                return compile_core_reference(scalar.text, len(self.inputs))
            return compile_reference(scalar.text, len(self.inputs), len(self.outputs))
        except ReferenceFault as error:
            place = scalar.inner.after(error.offset)
            if error.word:
                valid = WORDS - set(VARIABLES[len(self.inputs) :])
                self.log.add_unknown(place, entry, "word", error.word, valid)
            else:
                self.log.add(place, entry, error.message)
            return None

    def by_class(
        self, node: Mapping, label: str, loops: Sequence[ExpandedLoop], complete: bool, reducing: bool = False
    ) -> list[str | None]:
        """For each loop the key of ``node`` whose class holds all its inputs, the least such class.

        Claims without a loop are faults, and so are overlapping classes of which neither holds the other.
        """
        chosen: list[str | None] = [None] * len(loops)
        classes: dict[str, Names] = {}
        for key, place in node.keys.items():
            if key not in node.items:
                continue
            entry = f"{self.name}.{label}.{key}"
            members = self.context.classes.evaluate(Scalar(key, place, place), entry)
            if members is None:
                self.unreadable.add(label)
                continue
            fits = [i for i, loop in enumerate(loops) if all(dtype.name in members for dtype in loop.inputs)]
            fits = [i for i in fits if closed(loops[i]) and not loops[i].computes] if reducing else fits
            if not fits and complete:
                what = "loop that reduces" if reducing else "loop"
                self.log.add(place, entry, f'no {what} takes "{key}"')
            classes[key] = members
            for index in fits:
                other = chosen[index]
                if other is not None and not members < classes[other] and not members > classes[other]:
                    self.log.add(place, entry, f'"{other}" already covers ({loops[index].inputs_text})')
                    break
                if other is None or members < classes[other]:
                    chosen[index] = key
        return chosen

    def facts(
        self,
        loops: Sequence[ExpandedLoop],
        references: Sequence[Reference | CoreReference | None],
        checker: ValueChecker,
        complete: bool,
    ) -> list[LoopFacts]:
        """Accuracy and neutral value of each loop."""
        accuracy = self.accuracy(loops, complete)
        neutral_node = self.node.mapping("reduce").mapping("neutral")
        chosen = self.by_class(neutral_node, "reduce.neutral", loops, complete, reducing=True)
        neutrals: list[Value | None] = []
        faulty: set[str] = set()
        for index, key in enumerate(chosen):
            scalar = neutral_node.scalar(key) if key is not None and key not in faulty else None
            value = checker.neutral(index, scalar, f"{self.name}.reduce.neutral.{key}")
            neutrals.append(value)
            if scalar is not None and value is None and key is not None:
                faulty.add(key)
        return [LoopFacts(*row) for row in zip(references, accuracy, neutrals)]

    def accuracy(self, loops: Sequence[ExpandedLoop], complete: bool) -> list[str]:
        """The claim for each loop: "exact" or a bound in ULP."""
        node = self.node.mapping("accuracy")
        for key, value in node.items.items():
            text = value.text if isinstance(value, Scalar) else ""
            if not ACCURACY.fullmatch(text) or text != "exact" and not 0.5 <= float(text) <= 1000:
                message = f'"{text}" is neither "exact" nor a bound in ULP of at least 0.5'
                self.log.add(value.place, f"{self.name}.accuracy.{key}", message)
        chosen = self.by_class(node, "accuracy", loops, complete)
        for loop, claim in zip(loops, chosen):
            missing = claim is None and complete and "accuracy" not in self.unreadable
            if missing and any(dtype.significand for dtype in loop.outputs):
                self.fault("accuracy", f"no accuracy for ({loop.inputs_text})")
                break
        return [node.text(claim, "exact") if claim is not None else "exact" for claim in chosen]

    def assemble(
        self,
        loops: Sequence[ExpandedLoop],
        facts: Sequence[LoopFacts],
        resolution: Resolution,
        special_values: tuple[SpecialValue, ...],
        signature: CoreSignature | None,
    ) -> Ufunc:
        """The model of the ufunc."""
        node, reduce = self.node, self.node.mapping("reduce")
        reference = node.get("reference")
        made = tuple(self.loop(index, loop, fact) for index, (loop, fact) in enumerate(zip(loops, facts)))
        return Ufunc(
            name=self.name,
            summary=node.text("summary"),
            description=node.text("description"),
            aliases=texts(node.scalars("aliases")),
            operator=node.text("operator") or None,
            inputs=tuple(self.inputs),
            outputs=tuple(self.outputs),
            family=node.text("family"),
            loops=made,
            resolution=resolution.cells,
            reduction=resolution.reduction,
            refusals=tuple(resolution.refusals),
            identity=reduce.text("identity") or None,
            reorderable=reduce.text("reorderable") == "true",
            functions=read_reductions(reduce),
            compares=node.text("weak_out_of_range") == "compare",
            reference=reference_text(reference) if isinstance(reference, (Scalar, Mapping)) else "",
            special_values=special_values,
            examples=texts(node.scalars("examples")),
            see_also=texts(node.scalars("see_also")),
            origin=origin_of(node.place),
            own=self.own,
            parameters=self.parameters,
            signature=signature,
            exactly=reduce.text("exactly"),
        )

    def loop(self, index: int, loop: ExpandedLoop, facts: LoopFacts) -> Loop:
        """The model of one loop."""
        computed = set().union(*map(raised_by, loop.bodies))
        return Loop(
            ufunc=self.name,
            index=index,
            inputs=loop.inputs,
            outputs=loop.outputs,
            bodies=loop.bodies,
            declared_flags=loop.flags,
            hardware_flags=tuple(flag for flag in loop.flags if flag not in computed),
            neutral=value_text(facts.neutral, loop.outputs[0]) if facts.neutral is not None else None,
            reduces=closed(loop) and self.parameters == 0,
            exact=loop.exact,
            family=loop.family or self.node.text("family"),
            core=loop.core,
            kernel=kernel_name(self.name, loop.inputs),
            same_code_as=None,
            accuracy=facts.accuracy,
            origin=origin_of(loop.types.place),
            refusal=loop.refusal,
            reference=facts.reference.text if facts.reference else "",
            computed_by=computing_kernel(self.name, loop),
            computing=loop.computing,
            checked=loop.checked,
            kinds=self.kinds(loop),
        )

    def kinds(self, loop: ExpandedLoop) -> tuple[tuple[str, str], ...]:
        """A loop's kind on every target that its family is built for: its worst result's, or its core's."""
        family, words = loop.family or self.node.text("family"), tuple(self.context.words.loop_kinds)
        targets = [target for target in self.context.targets if family in target.families]
        found = []
        for target in targets:
            kinds = [body_kind(body, target, words) for body in loop.bodies]
            if loop.core is not None:
                kinds.append(core_kind(loop.core, loop.outputs[0].name, target, words))
            found.append((target.name, max(kinds, key=words.index, default=words[0])))
        return tuple(found)


def is_name(text: str) -> bool:
    """Whether a name may stand in C, C++ and Python alike; C++ operators' words are functions of ours."""
    return NAME.fullmatch(text) is not None and text not in RESERVED


def texts(scalars: Iterable[Scalar]) -> tuple[str, ...]:
    return tuple(scalar.text for scalar in scalars)


def reference_text(node: Scalar | Mapping) -> str:
    """A reference in one text; the parts of a mapping are named by their class."""
    if isinstance(node, Scalar):
        return node.text
    return "; ".join(f"{key}: {value.text}" for key, value in node.items.items() if isinstance(value, Scalar))


def kernel_name(ufunc: str, inputs: Sequence[DType]) -> str:
    """``add_float64``, or all inputs where they differ: ``less_int64_uint64``."""
    names = [dtype.name for dtype in inputs]
    return "_".join([ufunc, *(names[:1] if len(set(names)) == 1 else names)])


def computing_kernel(ufunc: str, loop: ExpandedLoop) -> str | None:
    """The kernel that computes a loop in another dtype: that of its loop, or one for the rows of its row alone."""
    if not loop.computed_by:
        return None
    name = kernel_name(ufunc, loop.computed_by)
    return f"{name}_for_row_{loop.row}" if loop.computing else name
