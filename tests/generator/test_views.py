"""The generator's back: views, templates and writing, on a small made-up specification."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
from pathlib import Path, PurePosixPath

import jinja2
import pytest

from quern_generator.model import (
    CapiSlot,
    Casting,
    DType,
    Expression,
    Loop,
    Operation,
    Origin,
    ReductionFunction,
    SpecialValue,
    Spec,
    Target,
    Ufunc,
)
from quern_generator.views import all_files, bodies, capi, declarations, literals, render, text, units
from quern_generator.write import OutputError, generate, text_problems


def origin(path: str, line: int = 1) -> Origin:
    return Origin(PurePosixPath("spec") / path, line, 1)


def dtype(name: str, index: int, kind: str, bits: int, cpp: str, own: bool = True) -> DType:
    letter = {"boolean": "b", "signed": "i", "unsigned": "u", "float": "f"}[kind]
    return DType(
        name=name,
        index=index,
        summary=f"The dtype {name}.",
        kind=kind,
        bits=bits,
        alignment=bits // 8,
        cpp=cpp,
        c=cpp,
        numpy_kind=letter,
        numpy_char=letter,
        npy=f"{letter}{bits // 8}",
        buffer_format=letter,
        dlpack_code=0,
        dlpack_bits=bits,
        swap_unit=bits // 8,
        significand=53 if kind == "float" else 0,
        maximum_exponent=1023 if kind == "float" else 0,
        minimum={"signed": str(-(2 ** (bits - 1))), "float": "-1.7976931348623157e+308"}.get(kind, "0"),
        maximum={"boolean": "1", "signed": str(2 ** (bits - 1) - 1), "unsigned": str(2**bits - 1)}.get(
            kind, "1.7976931348623157e+308"
        ),
        safe_to=(),
        origin=origin(f"dtypes/{name}.yaml"),
        own=own,
    )


BOOL = dtype("bool", 0, "boolean", 8, "bool")
INT64 = dtype("int64", 1, "signed", 64, "std::int64_t")
UINT64 = dtype("uint64", 2, "unsigned", 64, "std::uint64_t")
FLOAT64 = dtype("float64", 3, "float", 64, "double")
DTYPES = (BOOL, INT64, UINT64, FLOAT64)


def operation(name: str, arity: int, result: str = "vector", family: str | None = None) -> Operation:
    return Operation(name, ("vector",) * arity, result, (), family, (), "", family or "")


def variable(name: str) -> Expression:
    return Expression("variable", name, (), "vector", None)


def number(value: str) -> Expression:
    return Expression("number", value, (), "number", None)


def call(name: str, *arguments: Expression, result: str = "vector", family: str | None = None) -> Expression:
    return Expression("call", name, arguments, result, operation(name, len(arguments), result, family))


def loop(ufunc: str, index: int, types: tuple[DType, ...], result: DType, body: Expression, **changes: object) -> Loop:
    names = dict.fromkeys(dtype.name for dtype in types)
    made = Loop(
        ufunc=ufunc,
        index=index,
        inputs=types,
        outputs=(result,),
        bodies=(body,),
        declared_flags=(),
        reference="a + b" if ufunc == "add" else "a < b",
        hardware_flags=(),
        neutral=None,
        reduces=False,
        exact=False,
        family="arithmetic",
        kernel="_".join([ufunc, *names]),
        same_code_as=None,
        accuracy="exact",
        origin=origin(f"ufuncs/{ufunc}.yaml", 5 + index),
        kinds=(("SSE2", "emulated"), ("AVX2", "vector")),
    )
    return dataclasses.replace(made, **changes)  # type: ignore[arg-type]


def add_ufunc() -> Ufunc:
    body = call("Add", variable("a"), variable("b"))
    loops = (
        loop("add", 0, (INT64, INT64), INT64, body, reduces=True, neutral="0"),
        loop("add", 1, (UINT64, UINT64), UINT64, body, reduces=True, neutral="0", same_code_as="add_int64"),
        loop(
            "add",
            2,
            (FLOAT64, FLOAT64),
            FLOAT64,
            body,
            reduces=True,
            neutral="-0.0",
            accuracy="0.5",
            declared_flags=("overflow", "invalid"),
            hardware_flags=("overflow", "invalid"),
        ),
    )
    count = len(DTYPES)
    resolution = tuple(-1 if 0 in (i, j) else max(i, j) - 1 for i in range(count) for j in range(count))
    return Ufunc(
        name="add",
        summary="Sum of the inputs.",
        description="",
        aliases=("plus",),
        operator="+",
        inputs=("augend", "addend"),
        outputs=("sum",),
        family="arithmetic",
        loops=loops,
        resolution=resolution,
        reduction=(-1, 0, 1, 2),
        refusals=("",),
        identity="0",
        reorderable=True,
        functions=(ReductionFunction("sum", "Sum of the elements.", ()),),
        compares=False,
        reference="a + b",
        special_values=(SpecialValue(2, ("inf", "-inf"), ("nan",), ("invalid",), origin("ufuncs/add.yaml", 20)),),
        examples=("add([1, 2], 3) == [4, 5]",),
        see_also=("less",),
        origin=origin("ufuncs/add.yaml"),
        own=True,
    )


def less_ufunc() -> Ufunc:
    mixed = call("LessAcross", variable("a"), variable("b"), result="mask", family="comparison")
    plain = call("Lt", variable("a"), variable("b"), result="mask")
    kinds = (("SSE2", "vector"),)
    loops = (
        loop("less", 0, (INT64, UINT64), BOOL, mixed, family="comparison", kinds=kinds),
        loop("less", 1, (FLOAT64, FLOAT64), BOOL, plain, family="comparison", kinds=kinds),
    )
    count = len(DTYPES)
    cells = {(1, 2): 0}
    resolution = tuple(cells.get((i, j), 1 if i and j else -2) for i in range(count) for j in range(count))
    return dataclasses.replace(
        add_ufunc(),
        name="less",
        summary="Whether the first input is less than the second.",
        aliases=(),
        operator="<",
        inputs=("left", "right"),
        outputs=("result",),
        family="comparison",
        loops=loops,
        resolution=resolution,
        reduction=None,
        refusals=("", "bool has no order here"),
        identity=None,
        reorderable=False,
        functions=(),
        compares=True,
        reference="a < b",
        special_values=(SpecialValue(0, ("-1", "max"), ("true",), (), origin("ufuncs/less.yaml", 20)),),
        examples=("less([1, 2], 2) == [True, False]",),
        see_also=("add",),
        origin=origin("ufuncs/less.yaml"),
    )


def make_spec() -> Spec:
    count = len(DTYPES)
    square = range(count)
    return Spec(
        package="quern",
        dtypes=DTYPES,
        ufuncs=(add_ufunc(), less_ufunc()),
        casting=Casting(
            least_level=tuple(tuple("no" if i == j else "safe" if i < j else "unsafe" for j in square) for i in square),
            promotion=tuple(tuple(max(i, j) for j in square) for i in square),
            up_sets=tuple(tuple(range(i, count)) for i in square),
            weak=(tuple(max(i, 1) for i in square), tuple(3 for _ in square)),
            weak_kinds=("integer", "real"),
            weak_alone=(1, 3),
            flags=tuple(tuple(("invalid",) if i == 3 and j < 3 else () for j in square) for i in square),
        ),
        targets=(
            Target("SSE2", "x86", "Baseline.", ("arithmetic", "comparison"), True, origin("targets.yaml", 1)),
            Target("AVX2", "x86", "256 bits.", ("arithmetic",), False, origin("targets.yaml", 2)),
        ),
        capi=(),
        families=("arithmetic", "comparison"),
        flags=("divide_by_zero", "overflow", "underflow", "invalid"),
        dtype_classes=(("integers", ("int64", "uint64")),),
        base_dtype_count=0,
        base_fingerprint="",
        fingerprint="0123456789abcdef",
    )


@pytest.fixture
def outputs() -> dict[str, str]:
    return {str(file.path): file.text for file in all_files(make_spec())}


def test_no_output_breaks_the_rules_of_generated_text() -> None:
    problems = [problem for file in all_files(make_spec()) for problem in text_problems(file)]
    assert problems == []


def test_every_output_says_where_it_comes_from(outputs: dict[str, str]) -> None:
    for path, content in outputs.items():
        if path not in ("spec_index.json", "docs/kernels.json"):
            assert "Generated by quern_generator from " in content[:400], path


def test_a_kernel_with_a_neutral_value_has_all_four_forms(outputs: dict[str, str]) -> None:
    kernels = outputs["src/kernels/arithmetic.cpp"]
    assert "// spec/ufuncs/add.yaml:7  add: float64, float64 -> float64\nstruct AddFloat64Op {" in kernels
    assert "return Reduce<double>(AddFloat64Op(), -0.0, in, n, result);" in kernels
    assert "{add_float64, add_float64_reduce, add_float64_reduce_columns, add_float64_scan}," in kernels


def test_a_shared_kernel_is_emitted_once_and_pointed_to_twice(outputs: dict[str, str]) -> None:
    assert "add_uint64" not in outputs["src/kernels/arithmetic.cpp"]
    tables = outputs["src/tables/arithmetic.cpp"]
    assert "{kAddTypes[0], &kArithmeticFamily, 0," in tables
    assert "{kAddTypes[1], &kArithmeticFamily, 0," in tables
    assert "{kAddTypes[2], &kArithmeticFamily, 1, kOverflow | kInvalid, kOverflow | kInvalid, 0," in tables


def test_tables_and_indexes_tell_the_kind_of_a_loop_on_each_target(outputs: dict[str, str]) -> None:
    tables = outputs["src/tables/arithmetic.cpp"]
    array = 'kVectorUpToAvx2EmulatedOnSse2Kinds[2] = {\n    {HWY_SSE2, "emulated"}, {HWY_AVX2, "vector"},\n};'
    assert f"static const TargetKind {array}" in tables
    assert "{kAddTypes[0], &kArithmeticFamily, 0, 0, 0, 0, -1, kVectorUpToAvx2EmulatedOnSse2Kinds," in tables
    for path in ("spec_index.json", "docs/kernels.json"):
        assert '"kinds": {"SSE2": "emulated", "AVX2": "vector"}' in outputs[path], path


def test_package_tables_hold_no_more_of_a_ufunc_than_its_symbol(outputs: dict[str, str]) -> None:
    package = outputs["src/tables/package.cpp"]
    assert "extern const UfuncInfo kAddUfunc;\nextern const UfuncInfo kLessUfunc;\n" in package
    assert "const UfuncInfo* const kUfuncs[] = {\n    &kAddUfunc,\n    &kLessUfunc,\n};" in package
    assert package.count("Add") == 2
    assert "\nconst UfuncInfo kAddUfunc = {\n" in outputs["src/tables/arithmetic.cpp"]


def test_inputs_of_different_types_get_template_parameters_of_their_own(outputs: dict[str, str]) -> None:
    kernels = outputs["src/kernels/comparison.cpp"]
    assert "template <class D, class VA, class VB>" in kernels
    assert "operator()(D d, FlagSet& flags, VA a, VB b)" in kernels
    assert '#include "simd/comparison-inl.h"' in kernels


def test_a_family_leaves_out_targets_that_it_is_not_built_for(outputs: dict[str, str]) -> None:
    assert "HWY_AVX2}" not in outputs["src/kernels/comparison.cpp"]
    assert "(QUERN_DISABLED_TARGETS & ~HWY_AVX2)" in outputs["src/kernels/arithmetic.cpp"]
    assert "HWY_DISABLED_TARGETS" not in outputs["src/kernels/comparison.cpp"]
    assert "HWY_AVX2" not in outputs["src/generated_targets.h"]
    assert not any("HWY_AVX2," in text for path, text in outputs.items() if path.startswith("src/casts/"))
    assert "N_AVX2::kArithmeticKernels" in outputs["src/kernels/arithmetic.cpp"]


def test_a_body_that_is_too_long_for_a_line_is_broken_after_an_argument() -> None:
    inner = call("IfThenElse", variable("first_of_the_arguments"), variable("second_of_the_arguments"), number("0"))
    body = call("MulAdd", inner, inner, inner)
    wrapped = bodies.layout("return ", body, ";", 4)
    assert all(len(line) <= text.WIDTH for line in wrapped.split("\n"))
    assert wrapped.count("IfThenElse") == 3 and wrapped.endswith(";")
    assert "".join(wrapped.split()) == "".join(("return " + bodies.render(body) + ";").split())


def test_names_that_are_words_of_the_language_get_an_underscore() -> None:
    ufunc = dataclasses.replace(add_ufunc(), aliases=("or",), inputs=("this", "that"))
    view = declarations.ufunc_view(ufunc)
    assert view.functions[1].declaration.startswith("QUERN_EXPORT Array or_(const Operand& this_,")


def test_banners_name_long_lists_of_files_by_their_folder() -> None:
    sources = [f"spec/ufuncs/{name}.yaml" for name in ("subtract", "add", "add")]
    assert text.name_sources(sources) == "spec/ufuncs/{add, subtract}.yaml"


def test_an_undefined_name_in_a_template_is_an_error() -> None:
    with pytest.raises(jinja2.UndefinedError):
        render.render("sources.cmake.j2", banner="#")


def test_templates_stay_small() -> None:
    for path in render.TEMPLATES.iterdir():
        lines = path.read_text().splitlines()
        assert len(lines) <= 120, path.name
        depth = deepest = 0
        for line in lines:
            depth += line.count("{% for") + line.count("{% if") - line.count("{% endfor") - line.count("{% endif")
            deepest = max(deepest, depth)
        assert deepest <= 2, path.name


def test_only_what_changed_is_written(tmp_path: Path) -> None:
    spec = make_spec()
    output = tmp_path / "generated"
    assert generate(spec, output)
    stamps = {path: path.stat().st_mtime_ns for path in output.rglob("*") if path.is_file()}
    assert generate(spec, output) == []
    assert stamps == {path: path.stat().st_mtime_ns for path in output.rglob("*") if path.is_file()}

    changed = dataclasses.replace(add_ufunc(), summary="Something else.")
    written = generate(dataclasses.replace(spec, ufuncs=(changed, less_ufunc())), output)
    sources = sorted(str(path.relative_to(output)) for path in written if path.suffix == ".cpp")
    assert sources == ["src/tables/arithmetic.cpp"]


def test_stale_outputs_are_deleted(tmp_path: Path) -> None:
    output = tmp_path / "generated"
    generate(make_spec(), output)
    stray = output / "src" / "old" / "stray.cpp"
    stray.parent.mkdir()
    stray.write_text("// left over\n")
    smaller = dataclasses.replace(make_spec(), ufuncs=(add_ufunc(),))
    generate(smaller, output)
    assert not stray.parent.exists()
    assert not (output / "src/kernels/comparison.cpp").exists()


def test_a_folder_of_somebody_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine\n")
    with pytest.raises(OutputError, match="is not empty and holds no manifest.txt"):
        generate(make_spec(), tmp_path)
    assert (tmp_path / "notes.txt").exists()


def test_output_does_not_depend_on_the_hash_seed(tmp_path: Path) -> None:
    here = Path(__file__).resolve()
    code = (
        "import sys; from pathlib import Path; sys.path.insert(0, sys.argv[1]);"
        "from test_views import make_spec; from quern_generator.write import generate;"
        "generate(make_spec(), Path(sys.argv[2]))"
    )
    trees = []
    for seed in ("0", "1", "4711"):
        output = tmp_path / seed
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(here.parents[2] / "generator")}
        subprocess.run([sys.executable, "-c", code, str(here.parent), str(output)], check=True, env=environment)
        trees.append({p.relative_to(output): p.read_bytes() for p in output.rglob("*") if p.is_file()})
    assert trees[0] == trees[1] == trees[2]


def from_base(made: Loop) -> Loop:
    """The loop as a package sees it, over dtypes of the base."""
    inputs = tuple(dataclasses.replace(item, own=False) for item in made.inputs)
    outputs = tuple(dataclasses.replace(item, own=False) for item in made.outputs)
    return dataclasses.replace(made, inputs=inputs, outputs=outputs)


def package_spec() -> Spec:
    """A package with a dtype of its own, which extends add, and a ufunc of its own."""
    spec = make_spec()
    base = tuple(dataclasses.replace(item, own=False) for item in DTYPES)
    cents = dtype("cents", 4, "signed", 64, "mine::Cents")
    body = call("Add", variable("a"), variable("b"))
    add = add_ufunc()
    own = loop("add", 1, (cents, cents), cents, body, reduces=True, neutral="0", same_code_as="add_int64")
    first, *others = (from_base(item) for item in add.loops)
    loops = (first, own, *(dataclasses.replace(item, index=item.index + 1) for item in others))
    square = range(5)
    renumbered = {0: 0, 1: 2, 2: 3}
    cells = {(i, j): add.resolution[4 * i + j] for i in range(4) for j in range(4)}
    resolution = [renumbered.get(cells.get((i, j), -1), -1) for i in square for j in square]
    resolution[24] = 1
    extended = dataclasses.replace(
        add, own=False, loops=loops, resolution=tuple(resolution), reduction=(-1, 0, 2, 3, 1), special_values=()
    )
    casting = dataclasses.replace(
        spec.casting,
        least_level=tuple(tuple("no" if i == j else "unsafe" for j in square) for i in square),
        promotion=tuple(tuple(i if i == j else None for j in square) for i in square),
        up_sets=tuple((i,) for i in square),
        weak=((1, 1, 2, 3, 4), (3, 3, 3, 3, None)),
        flags=tuple(tuple(() for _ in square) for _ in square),
    )
    less = less_ufunc()
    precedes = dataclasses.replace(
        less,
        name="precedes",
        loops=tuple(
            dataclasses.replace(item, ufunc="precedes", kernel=f"precedes_{item.index}") for item in less.loops
        ),
        resolution=tuple(-1 for _ in range(25)),
    )
    return dataclasses.replace(
        spec,
        package="mine",
        dtypes=(*base, cents),
        ufuncs=(extended, precedes),
        casting=casting,
        base_dtype_count=4,
        base_fingerprint="0123",
        fingerprint="4567",
        kind_order=(0, 1, 4, 2, 3),
    )


def test_a_package_compiles_only_what_is_its_own() -> None:
    files = {str(file.path): file.text for file in all_files(package_spec())}
    assert [problem for file in all_files(package_spec()) for problem in text_problems(file)] == []
    kernels = files["src/mine/kernels/arithmetic.cpp"]
    assert '#define HWY_TARGET_INCLUDE "mine/kernels/arithmetic.cpp"' in kernels
    assert "Transform<mine::Cents(mine::Cents, mine::Cents)>" in kernels and "float64" not in kernels
    assert '#include "dtypes/cents.h"' in kernels
    casts = files["src/mine/casts/float64.cpp"]
    assert "    nullptr, nullptr, nullptr, nullptr, float64_to_cents,\n" in casts


def test_loops_that_a_package_adds_to_a_base_ufunc_count_on_from_the_base() -> None:
    files = {str(file.path): file.text for file in all_files(package_spec())}
    tables = files["src/mine/tables/arithmetic.cpp"]
    assert "const LoopInfo kAddLoops[1] = {\n    // cents, cents -> cents\n" in tables
    assert "    -1, -1, -1, -1, 3,\n};" in tables
    assert "const std::int16_t kAddReduction[5] = {\n    -1, 0, 1, 2, 3,\n" in tables


def test_a_package_registers_itself_and_declares_its_functions_in_its_namespace() -> None:
    files = {str(file.path): file.text for file in all_files(package_spec())}
    package = files["src/mine/tables/package.cpp"]
    assert "RegisterPackage(kMinePackage);" in package and '"0123",\n    4,\n' in package
    header = files["include/mine/ufuncs.hpp"]
    assert "namespace mine {" in header and "quern::Array precedes(const quern::Operand& left," in header
    assert "add(" not in header and "include/quern/dtype_list.hpp" not in files


def test_bits_of_up_sets_are_positions_in_the_kind_order() -> None:
    casting = {str(file.path): file.text for file in all_files(package_spec())}["src/mine/tables/casting.cpp"]
    assert "0x1, 0x2, 0x8, 0x10, 0x4," in casting
    assert "kBoolId, kInt64Id, kCentsId, kUint64Id, kFloat64Id," in casting


def slots() -> tuple[CapiSlot, ...]:
    rows = [
        ("qn_version", "const char*", ()),
        ("qn_ufunc_call", "qn_status", (("const qn_ufunc*", "ufunc"), ("qn_array**", "this"))),
        ("qn_array_release", "void", (("qn_array*", "array"),)),
    ]
    return tuple(
        CapiSlot(index, name, "0.1", result, arguments, "Does it.", "0.1: added.", origin("capi.yaml"))
        for index, (name, result, arguments) in enumerate(rows)
    )


def test_c_slots_are_functions_members_and_implementations() -> None:
    spec = dataclasses.replace(make_spec(), capi=slots())
    files = {str(file.path): file.text for file in all_files(spec)}
    header = files["include/quern/slots.h"]
    assert "QN_API const char* qn_version(void);" in header
    assert "  qn_status (*ufunc_call)(const qn_ufunc* ufunc, qn_array** this_);" in header
    assert "#define QN_ABI_VERSION 3" in header
    wrapper = "QN_API qn_status qn_add(const qn_array* augend, const qn_array* addend, qn_array** sum);"
    assert wrapper in files["include/quern/ufuncs.h"]
    table = files["src/capi/table.cpp"]
    assert "void qn_array_release(qn_array* array) { quern::capi::array_release(array); }" in table
    assert "qn_status ufunc_call(const qn_ufunc* ufunc, qn_array** this_) noexcept;" in files["src/capi/slots.h"]


def test_the_abi_hash_changes_with_a_signature_and_not_with_a_text() -> None:
    first, second, third = slots()
    same = (first, dataclasses.replace(second, summary="Other words."), third)
    other = (first, dataclasses.replace(second, arguments=second.arguments[:1]), third)
    assert capi.abi_hash(same) == capi.abi_hash(slots()) != capi.abi_hash(other)


def test_conformance_rows_come_from_the_spec_and_from_the_reference(outputs: dict[str, str]) -> None:
    tests = outputs["conformance/arithmetic.cpp"]
    assert "    {kInf, -kInf, kNaN, kInvalid, 20},\n" in tests
    assert "{kMax, kMax, kInf}" in tests and "{kMin, kMin, 0}" in tests
    assert 'check_example("add([1, 2], 3) == [4, 5]", quern::add(integers({1, 2}), 3)' in tests
    assert ".declared = kOverflow | kInvalid, .bound = 0.5};" in tests


def test_single_precision_values_are_written_as_short_as_they_can_be_read_back() -> None:
    assert literals.shortest_float32(0.10000000149011612) == "0.1"
    assert literals.shortest_float32(3.0000000054977558e38) == "3e+38"


def test_reference_pages_join_special_values_of_several_types(outputs: dict[str, str]) -> None:
    page = outputs["docs/ufuncs/add.md"]
    assert "| float64, float64 → float64 | correctly rounded | overflow, invalid | vector; emulated on SSE2 | reduces pairwise |" in page
    assert "| `inf, -inf` | `nan` | invalid | float64 |" in page


def test_a_long_family_is_compiled_in_parts() -> None:
    count = 1 + units.PART_LINES // 34
    body = call("Add", variable("a"), variable("b"))
    ufuncs = tuple(
        dataclasses.replace(
            add_ufunc(),
            name=f"add_{number:03}",
            loops=(loop(f"add_{number:03}", 0, (INT64, INT64), INT64, body, reduces=True, neutral="0"),),
            special_values=(),
        )
        for number in range(count)
    )
    made = units.KernelIndex(dataclasses.replace(make_spec(), ufuncs=ufuncs)).units
    assert [unit.stem for unit in made] == ["arithmetic", "arithmetic_2"]
    assert sum(len(unit.loops) for unit in made) == count
