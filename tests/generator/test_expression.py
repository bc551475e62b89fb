"""Bodies: parsing, typing, and what is read off a typed body."""

from __future__ import annotations

import pytest
from quern_generator.expression import BodyError, Checker, parse, raised_by, text_of, words_in
from quern_generator.model import DType, Operation, Spec
from quern_generator.vocabulary import OperationWord

EVERYTHING = ("bool", "int8", "int64", "uint8", "uint64", "float32", "float64")
NUMBERS = EVERYTHING[1:]


def word(
    name: str, *forms: tuple[tuple[str, ...], str], classes: tuple[str, ...] = NUMBERS, family: str | None = None
) -> OperationWord:
    raises = ("invalid", "overflow") if family else ()
    operations = tuple(Operation(name, arguments, result, classes, family, raises, "") for arguments, result in forms)
    by_class = ((frozenset(["float64"]), ("invalid",)), (frozenset(["int8"]), ("overflow",)))
    mixed = {"Across": "type", "Scaled": "width"}.get(name, "")
    return OperationWord(name, operations, True, mixed, by_class if family else (), frozenset())


VECTOR, MASK = "vector", "mask"
OPERATIONS = {
    item.name: item
    for item in (
        word("Add", ((VECTOR, VECTOR), VECTOR)),
        word("Lt", ((VECTOR, VECTOR), MASK), classes=EVERYTHING),
        word("Not", ((VECTOR,), VECTOR), ((MASK,), MASK), classes=("int8", "int64")),
        word("IfThenElse", ((MASK, VECTOR, VECTOR), VECTOR)),
        word("Across", ((VECTOR, VECTOR), MASK), classes=("int64", "uint64")),
        word("Never", ((), "constant"), classes=EVERYTHING),
        word("Own", ((VECTOR,), VECTOR), family="division"),
        word("Scaled", ((VECTOR, VECTOR), VECTOR)),
        word("Count", ((VECTOR,), "int8")),
    )
}


def dtype(spec: Spec, name: str) -> DType:
    return next(found for found in spec.dtypes if found.name == name)


def typed(spec: Spec, body: str, *inputs: str):  # type: ignore[no-untyped-def]
    (tree,) = parse(body)
    known = {found.name: found for found in spec.dtypes}
    return Checker(OPERATIONS, set(), known, tuple(known[name] for name in inputs)).check(tree)


def test_nested_calls(spec: Spec) -> None:
    found = typed(spec, "Add(a, Add(b, a))", "float64", "float64")
    assert found.expression.result == "vector"
    assert found.lanes is dtype(spec, "float64")
    assert text_of([found.expression]) == "Add(a, Add(b, a))"


def test_spaces_do_not_matter() -> None:
    assert [*map(text_free, parse(" Add( a ,b )"))] == [*map(text_free, parse("Add(a, b)"))]


def text_free(tree):  # type: ignore[no-untyped-def]
    return tree.kind, tree.name, tuple(text_free(argument) for argument in tree.arguments)


def test_a_number_takes_the_place_of_a_vector(spec: Spec) -> None:
    found = typed(spec, "Add(0, a)", "int8")
    number = found.expression.arguments[0]
    assert (number.kind, number.name, number.result) == ("number", "0", "vector")


def test_forms_are_told_apart_by_their_arguments(spec: Spec) -> None:
    assert typed(spec, "Not(a)", "int8").expression.result == "vector"
    assert typed(spec, "Not(Lt(a, b))", "float64", "float64").expression.result == "mask"


def test_intermediate_values_stand_for_their_expression(spec: Spec) -> None:
    found = typed(spec, "sum = Add(a, b); twice = Add(sum, sum); Add(twice, 1)", "int8", "int8")
    assert text_of([found.expression]) == "Add(Add(Add(a, b), Add(a, b)), 1)"


def test_a_constant_takes_no_argument(spec: Spec) -> None:
    found = typed(spec, "Never()", "int8")
    assert (found.expression.result, found.expression.arguments, found.lanes) == ("constant", (), None)


def test_mixed_operations_take_two_types_of_one_width(spec: Spec) -> None:
    assert typed(spec, "Across(a, b)", "int64", "uint64").expression.result == "mask"


def test_operations_may_take_lanes_of_different_width(spec: Spec) -> None:
    assert typed(spec, "Scaled(a, b)", "float32", "int64").lanes is dtype(spec, "float32")


def test_operations_may_give_lanes_of_a_dtype_of_their_own(spec: Spec) -> None:
    found = typed(spec, "Count(Add(a, a))", "float64")
    assert found.lanes is dtype(spec, "int8")
    assert found.expression.result == "vector"


def test_a_body_has_a_result_for_each_output() -> None:
    first, second = parse("x = Add(a, b); Own(x), x")
    assert first.arguments[0] == second
    assert second.label == "x"


def test_flags_depend_on_the_lanes(spec: Spec) -> None:
    assert raised_by(typed(spec, "Own(a)", "float64").expression) == {"invalid"}
    assert raised_by(typed(spec, "Own(a)", "int8").expression) == {"overflow"}
    assert raised_by(typed(spec, "Own(a)", "uint8").expression) == set()


def test_what_a_body_uses(spec: Spec) -> None:
    found = typed(spec, "IfThenElse(Lt(a, b), Own(a), b)", "float64", "float64").expression
    assert words_in(found) == {"IfThenElse", "Lt", "Own"}


@pytest.mark.parametrize(
    ("body", "offset", "message"),
    [
        ("", 0, "the body ends too early"),
        ("Add(a,, b)", 6, '"," where a value belongs'),
        ("Add(a b)", 6, '"b" where "," or ")" belongs'),
        ("Add(a, b", 8, 'the end where "," or ")" belongs'),
        ("x = Add(a, b)", 13, 'the end where ";" belongs'),
        ("x = a; x = b; x", 7, '"x" cannot name an intermediate value'),
        ("a.b", 1, '"." has no meaning in a body'),
        ("Add(a, b))", 9, '")" where the body has ended'),
    ],
)
def test_malformed(body: str, offset: int, message: str) -> None:
    with pytest.raises(BodyError) as error:
        parse(body)
    assert (error.value.offset, error.value.message) == (offset, message)
