"""Loop kinds: read off bodies, and against the machine code that a compiler makes of every word.

The vocabulary says for which lanes and below which targets a word is emulated or computed lane by lane.
The second half of this file compiles each word for each of its lane types and every x86 target from
SSE2 to AVX3, and holds the vocabulary to what it finds:

- a word is scalar where its code calls a function of the C library, and nowhere else;
- an operation of Highway's is emulated where it takes three instructions or more, and nowhere else;
- a body of ours may take any number; where it is said to be vector, it takes two, or less than one and a
  half times as many as on the target that needs fewest.

Moves, constants and returns do not count.
"""

from __future__ import annotations

import platform
import re
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from quern_generator.build import Assembly, read_sources
from quern_generator.context import Context
from quern_generator.faults import FaultLog
from quern_generator.kinds import below, body_kind, kinds_of_lanes, kinds_text
from quern_generator.model import DType, Expression, KindRow, Operation, Spec, Target
from quern_generator.vocabulary import OperationWord
from test_views import origin

KINDS = ("vector", "emulated", "scalar")
MOST_OF_AN_INSTRUCTION = 2
MOST_OF_A_BODY = 1.5  # of the least
PROBED = ("SSE2", "SSSE3", "SSE4", "AVX2", "AVX3")
COMPILER = shutil.which("g++")
CAN_PROBE = platform.machine() == "x86_64" and COMPILER is not None and shutil.which("objdump") is not None


@pytest.fixture(scope="module")
def context(root: Path) -> Context:
    """The repository's vocabulary as the generator reads it."""
    log = FaultLog()
    found = Assembly(read_sources(root / "spec", None, log), False, "quern", log).read_context()
    assert found is not None and not log.faults, log.text()
    return found


# ---- Reading and deriving ------------------------------------------------------------------------


def test_targets_below_another_are_of_its_architecture() -> None:
    assert list(below("AVX2")) == ["SSE2", "SSSE3", "SSE4"]
    assert list(below("SVE")) == ["NEON_WITHOUT_AES", "NEON", "NEON_BF16"]


def test_of_several_entries_the_worst_holds() -> None:
    rows = [
        KindRow("scalar", frozenset(["float64"]), frozenset(["SSE2"])),
        KindRow("emulated", frozenset(["float32", "float64"]), frozenset(["SSE2", "AVX2"])),
    ]
    assert kinds_of_lanes(rows, "float64", KINDS) == (("SSE2", "scalar"), ("AVX2", "emulated"))
    assert kinds_of_lanes(rows, "float32", KINDS) == (("SSE2", "emulated"), ("AVX2", "emulated"))
    assert kinds_of_lanes(rows, "int8", KINDS) == ()


def body(kind: str, *arguments: Expression) -> Expression:
    operation = Operation("Op", (), "vector", (), None, (), "", "", (("SSE2", kind),))
    return Expression("call", "Op", arguments, "vector", operation)


def target(name: str, architecture: str) -> Target:
    return Target(name, architecture, "", (), True, origin("targets.yaml"))


def test_a_body_is_of_the_worst_kind_among_its_words() -> None:
    variable = Expression("variable", "a", (), "vector", None)
    made = body("emulated", body("scalar", variable), variable)
    assert body_kind(made, target("SSE2", "x86"), KINDS) == "scalar"
    assert body_kind(made.arguments[1], target("SSE2", "x86"), KINDS) == "vector"
    assert body_kind(made, target("AVX2", "x86"), KINDS) == "vector"
    assert body_kind(made, target("EMU128", "any"), KINDS) == "scalar", "it has no vector instructions"


def test_kinds_in_words() -> None:
    pairs = [("SSE2", "scalar"), ("SSE4", "emulated"), ("AVX2", "emulated"), ("AVX3", "vector")]
    assert kinds_text(pairs) == "vector; emulated on SSE4, AVX2; scalar on SSE2"
    assert kinds_text(pairs[1:3]) == "emulated"


def test_loops_have_a_kind_on_every_target_that_they_are_built_for(spec: Spec) -> None:
    for ufunc in spec.ufuncs:
        for loop in ufunc.loops:
            built = [target.name for target in spec.targets if loop.family in target.families]
            assert [name for name, _ in loop.kinds] == built
            assert {kind for _, kind in loop.kinds} <= dict(spec.loop_kinds).keys()


def test_loops_that_share_a_kernel_are_of_one_kind(spec: Spec) -> None:
    kinds = {loop.kernel: loop.kinds for ufunc in spec.ufuncs for loop in ufunc.loops}
    for ufunc in spec.ufuncs:
        for loop in ufunc.loops:
            assert loop.kinds == kinds[loop.same_code_as or loop.kernel], loop.kernel


@pytest.mark.parametrize(
    ("kernel", "expected"),
    [
        ("multiply_float64", "vector"),
        ("multiply_int64", "vector; emulated on SSE2, AVX2"),
        ("multiply_int8", "emulated"),
        ("less_uint32", "vector; emulated on SSE2, AVX2"),
        ("exp_float64", "vector; scalar on SSE2"),
        ("floor_divide_int32", "emulated"),
        ("isnan_bool", "vector"),
        ("rint_float16", "vector; emulated on SSE2"),
        ("spacing_bfloat16", "emulated"),
    ],
)
def test_kinds_of_loops(spec: Spec, kernel: str, expected: str) -> None:
    loop = next(loop for ufunc in spec.ufuncs for loop in ufunc.loops if loop.kernel == kernel)
    assert kinds_text(loop.kinds) == expected


# ---- Against machine code ------------------------------------------------------------------------


@dataclass
class Code:
    """The machine code of one word for one lane type on one target."""

    instructions: int = 0
    called: set[str] = field(default_factory=set)  # functions of the C library


@dataclass
class Probe:
    """One form of a word with lanes of one dtype, as a C++ function."""

    word: OperationWord
    form: Operation
    lanes: DType
    code: dict[str, Code] = field(default_factory=dict)  # by target

    @property
    def name(self) -> str:
        return f"{self.word.name}({', '.join(self.form.arguments)}) of {self.lanes.name}"

    def kind(self, target: str) -> str:
        """What the vocabulary says."""
        used = self.word.form_for(self.form, self.lanes.name, KINDS)
        return dict(used.kinds).get(target, KINDS[0])

    def function(self, number: int, other: DType) -> str:
        """The word applied to its arguments; the second vector of a mixed word is of the other type."""
        parameters, arguments = [], []
        for position, kind in enumerate(self.form.arguments):
            lanes = other if self.word.mixed and position == 1 else self.lanes
            tag = f"hn::Rebind<{cpp(lanes)}, hn::ScalableTag<{cpp(self.lanes)}>>"
            parameters.append(f"hn::{'Mask' if kind == 'mask' else 'Vec'}<{tag}> {'abcdef'[position]}")
            arguments.append("abcdef"[position])
        call = f"hn::{self.word.name}({', '.join(arguments)})"
        if self.form.family is not None:
            tag = f"hn::ScalableTag<{cpp(self.lanes)}>()"
            parameters.append("FlagSet& flags")
            if self.form.results > 1:
                parameters.append(f"{cpp(self.lanes)}* out")
                stores = f"hn::StoreU(first, {tag}, out); hn::StoreU(second, {tag}, out + 64);"
                arguments.append(f"[out](auto first, auto second) HWY_ATTR {{ {stores} }}")
            told = f"<{self.lanes.cpp}>" if self.form.stored else ""
            call = f"{self.word.name}{told}({', '.join([tag, 'flags', *arguments])})"
        return f"HWY_NOINLINE auto Probe{number}({', '.join(parameters)}) {{ return {call}; }}"


def cpp(dtype: DType) -> str:
    """The type of a dtype's lanes."""
    if dtype.is_time:
        return "std::int64_t"
    return f"std::uint{dtype.bits}_t" if dtype.kind == "boolean" or dtype.compute else dtype.cpp


def probes_of(context: Context) -> list[Probe]:
    """Every form of every word that computes something, for each of its lane types: those of the first vector."""
    found = [
        Probe(word, form, context.dtypes.by_name[name])
        for word in context.operations.values()
        for form in word.forms
        for name in word.members
        if form.result != "constant" and name not in second_lanes(word, context) and not context.dtypes.by_name[name].real
    ]
    return [probe for probe in found if probe.form.stored or not probe.lanes.compute]


def second_lanes(word: OperationWord, context: Context) -> list[str]:
    """What only the second vector has, of a word whose first has floating-point numbers or spans of time."""
    kinds = {name: context.dtypes.by_name[name].kind for name in word.members}
    numbers = [name for name in kinds if not context.dtypes.by_name[name].is_time]
    if word.mixed == "type" and len(numbers) < len(kinds):
        return numbers
    if word.mixed != "width" or "float" not in kinds.values():
        return []
    return [name for name, kind in kinds.items() if kind != "float"]


def source_of(probes: list[Probe], context: Context) -> str:
    """A translation unit that compiles all of them for every target."""
    others = {"int64": "uint64", "uint64": "int64"}
    headers = sorted({probe.form.header for probe in probes if probe.form.header})
    lines = [
        f"#define HWY_DISABLED_TARGETS (~({' | '.join('HWY_' + target for target in PROBED)}))",
        '#define HWY_TARGET_INCLUDE "probe.cpp"',
        '#include "hwy/foreach_target.h"',
        '#include "hwy/highway.h"',
        '#include "quern/dtype_list.hpp"',
        '#include "simd/flags-inl.h"',
        *(f'#include "simd/{header}-inl.h"' for header in headers),
        "HWY_BEFORE_NAMESPACE();",
        "namespace quern::HWY_NAMESPACE {",
        "namespace hn = hwy::HWY_NAMESPACE;",
    ]
    for number, probe in enumerate(probes):
        lanes = probe.lanes.name
        name, *_ = [*second_lanes(probe.word, context), others.get(lanes, lanes)]
        other = context.dtypes.by_name[name]
        lines.append(probe.function(number, other))
    return "\n".join([*lines, "}", "HWY_AFTER_NAMESPACE();", ""])


FUNCTION = re.compile(r"[0-9a-f]+ <(?:quern::N_(\w+)::Probe(\d+)\(.*|.*)>:$")
INSTRUCTION = re.compile(r"\s+[0-9a-f]+:\t(\w+)\s*([^#]*)")
RELOCATION = re.compile(r"\s+[0-9a-f]+: R_X86_64_PLT32\s+([A-Za-z_]\w*)[-+]")
FREE = re.compile(r"(v?mov|kmov|v?p?broadcast|ret|nop|endbr|vzeroupper|lea|xchg|data16|cs$)")
ALL_ALIKE = re.compile(r"v?p?(xor|cmpeq|ternlog)")


def is_free(operation: str, operands: str) -> bool:
    """Whether an instruction only moves data or makes zeros or ones."""
    registers = {part for part in operands.replace(" ", "").split(",") if not part.startswith("$")}
    return FREE.match(operation) is not None or ALL_ALIKE.match(operation) is not None and len(registers) == 1


def read_code(listing: str, probes: list[Probe]) -> None:
    """Enters what a disassembly shows of the probes."""
    code = Code()
    for line in listing.splitlines():
        if found := FUNCTION.match(line):
            code = probes[int(found[2])].code.setdefault(found[1], Code()) if found[2] else Code()
        elif found := RELOCATION.match(line):
            code.called.add(found[1])
        elif (found := INSTRUCTION.match(line)) and not is_free(found[1], found[2].strip()):
            code.instructions += 1


@pytest.fixture(scope="module")
def probes(root: Path, context: Context, tmp_path_factory: pytest.TempPathFactory) -> list[Probe]:
    """All words with their machine code."""
    folder = tmp_path_factory.mktemp("probe")
    found = probes_of(context)
    (folder / "probe.cpp").write_text(source_of(found, context))
    options = ["-std=c++20", "-O2", "-ffp-contract=off", "-I", ".", "-I", root / "runtime", "-I", root / "runtime/include"]
    options += ["-I", root / "generated/include"]
    assert COMPILER is not None
    subprocess.run([COMPILER, *options, "-c", "probe.cpp"], cwd=folder, check=True)
    command = ["objdump", "-drC", "--no-show-raw-insn", "probe.o"]
    read_code(subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout, found)
    assert all(probe.code.keys() == set(PROBED) for probe in found), "the disassembly is read in full"
    return found


needs_compiler = pytest.mark.skipif(not CAN_PROBE, reason="needs g++ and objdump on x86-64")


@needs_compiler
def test_words_go_lane_by_lane_where_the_vocabulary_says(probes: list[Probe]) -> None:
    wrong = [
        f"{probe.name} on {target} is {probe.kind(target)} and calls {', '.join(code.called) or 'nothing'}"
        for probe in probes
        for target, code in probe.code.items()
        if (probe.kind(target) == "scalar") != bool(code.called)
    ]
    assert not wrong, "\n".join(wrong)
    assert any(code.called for probe in probes for code in probe.code.values()), "the probe sees calls"


@needs_compiler
def test_operations_are_emulated_where_the_vocabulary_says(probes: list[Probe]) -> None:
    wrong = [
        f"{probe.name} on {target} is {probe.kind(target)} and takes {code.instructions} instructions"
        for probe in probes
        for target, code in probe.code.items()
        if probe.form.family is None
        and (probe.kind(target) == "emulated") != (code.instructions > MOST_OF_AN_INSTRUCTION)
    ]
    assert not wrong, "\n".join(wrong)


@needs_compiler
def test_bodies_that_are_vector_take_few_more_instructions_than_they_need(probes: list[Probe]) -> None:
    wrong = [
        f"{probe.name} on {target} is vector and takes {code.instructions} instructions"
        for probe in probes
        for target, code in probe.code.items()
        if probe.form.family is not None
        and probe.kind(target) == "vector"
        and code.instructions > MOST_OF_AN_INSTRUCTION
        and code.instructions >= MOST_OF_A_BODY * min(other.instructions for other in probe.code.values())
    ]
    assert not wrong, "\n".join(wrong)
