"""Calls of every ufunc, with every argument that a call takes, beside NumPy."""

import itertools

import numpy as np
import pytest
from conftest import JUDGED, JUDGED_DTYPES, UFUNCS, assert_same, beyond, judge, layouts, numpy_ufunc, outcome, sample

import quern

KNOWN = {dtype.name for dtype in JUDGED_DTYPES}
SHAPES = [((4,), (4,)), ((3, 4), (4,)), ((3, 1), (1, 4)), ((), (3,)), ((0,), (1,)), ((2, 0), (2, 1)), ((), ())]


@pytest.mark.parametrize("ufunc", JUDGED, ids=lambda u: u.name)
def test_every_dtype_combination(ufunc, rng):
    theirs = numpy_ufunc(ufunc)
    for dtypes in itertools.product(JUDGED_DTYPES, repeat=ufunc.nin):
        inputs = [sample(dtype.str, (7,), rng) for dtype in dtypes]
        judge(lambda: ufunc(*inputs), lambda: theirs(*inputs), note=inputs)


@pytest.mark.parametrize("ufunc", JUDGED, ids=lambda u: u.name)
@pytest.mark.parametrize("shapes", SHAPES, ids=str)
def test_broadcasting(ufunc, shapes, rng):
    theirs = numpy_ufunc(ufunc)
    for dtype in JUDGED_DTYPES:
        inputs = [sample(dtype.str, shapes[i % 2], rng) for i in range(ufunc.nin)]
        judge(lambda: ufunc(*inputs), lambda: theirs(*inputs), note=inputs)


@pytest.mark.parametrize("ufunc", JUDGED, ids=lambda u: u.name)
def test_every_layout(ufunc, rng):
    theirs = numpy_ufunc(ufunc)
    for dtype in JUDGED_DTYPES:
        inputs = [layouts(sample(dtype.str, (5, 6), rng)) for _ in range(ufunc.nin)]
        for name in inputs[0]:
            chosen = [each[name] for each in inputs]
            judge(lambda: ufunc(*chosen), lambda: theirs(*chosen), note=(name, dtype))


@pytest.mark.parametrize("ufunc", JUDGED, ids=lambda u: u.name)
def test_facts(ufunc):
    theirs = numpy_ufunc(ufunc)
    for fact in ("nin", "nout", "nargs", "identity", "signature"):
        assert getattr(ufunc, fact) == getattr(theirs, fact), fact
    assert ufunc.__name__ == ufunc.name == theirs.__name__
    assert repr(ufunc) == f"<ufunc '{ufunc.name}'>"
    assert ufunc.ntypes == len(ufunc.types)
    known = {np.dtype(dtype.str).char for dtype in JUDGED_DTYPES} | set("->")
    types = {kind for kind in ufunc.types if set(kind) <= known}
    assert types <= {kind.replace("q", "l").replace("Q", "L") for kind in theirs.types}
    assert ufunc.name in ufunc.__doc__
    for alias in ufunc.aliases:
        assert getattr(quern, alias) is ufunc


@pytest.mark.parametrize("ufunc", JUDGED, ids=lambda u: u.name)
def test_out(ufunc, rng):
    theirs = numpy_ufunc(ufunc)
    for dtype, out_dtype in itertools.product(JUDGED_DTYPES, repeat=2):
        inputs = [sample(dtype.str, (3, 4), rng) for _ in range(ufunc.nin)]

        def call(function, inputs=inputs, out_dtype=out_dtype):
            out = np.zeros((2, 3, 4), out_dtype.str)
            assert function(*inputs, out=out) is out
            return out

        natural = outcome(lambda inputs=inputs: theirs(*inputs))[1]
        if beyond(natural):
            continue
        # A result of single precision stays one in a wider output.
        narrow = getattr(natural, "dtype", None) in (np.float32, np.complex64)
        ulps = 2.0**31 if narrow and out_dtype.kind in "fc" else 4.0
        # NumPy's refusal of a negative exponent is a SystemError where results are cast.
        refuses = ufunc.name == "power"
        judge(lambda: call(ufunc), lambda: call(theirs), ulps, note=(dtype, out_dtype), any_error=refuses)


def test_forms_of_out():
    a = np.arange(3.0)
    for out in (np.zeros(3), quern.zeros(3)):
        assert quern.add(a, a, out) is out
        assert quern.add(a, a, out=out) is out
        assert quern.add(a, a, out=(out,)) is out
        assert np.asarray(out).tolist() == [0.0, 2.0, 4.0]
    assert isinstance(quern.add(a, a, None), quern.Array)
    assert isinstance(quern.add(a, a, out=None), quern.Array)
    assert isinstance(quern.add(a, a, out=(None,)), quern.Array)
    assert isinstance(quern.add(a, a, out=...), quern.Array)
    swapped = np.zeros(3, ">f8")
    quern.add(a, a, out=swapped)
    assert swapped.tolist() == [0.0, 2.0, 4.0]
    strided = np.zeros((3, 4))
    quern.add(a, a, out=strided[:, 1])
    assert strided[:, 1].tolist() == [0.0, 2.0, 4.0] and strided.sum() == 6.0
    data = bytearray(24)
    quern.add(a, a, out=memoryview(data).cast("d"))
    assert np.frombuffer(data).tolist() == [0.0, 2.0, 4.0]


@pytest.mark.parametrize(
    "arguments, options",
    [
        ((np.ones(2),), {}),
        ((), {}),
        ((np.ones(2),) * 4, {}),
        ((np.ones(2), np.ones(3)), {}),
        ((np.ones(2), np.ones(2)), {"out": np.ones(1)}),
        ((np.ones(2), np.ones(2)), {"out": np.ones(3)}),
        ((np.ones(2), np.ones(2)), {"out": [1, 2]}),
        ((np.ones(2), np.ones(2)), {"out": 5}),
        ((np.ones(2), np.ones(2)), {"out": (np.ones(2), np.ones(2))}),
        ((np.ones(2), np.ones(2)), {"out": ()}),
        ((np.ones(2), np.ones(2), np.ones(2)), {"out": np.ones(2)}),
        ((np.ones(2), np.ones(2)), {"out": np.broadcast_to(np.ones(1), (2,))}),
        ((np.ones(2), np.ones(2)), {"out": np.ones(2, int)}),
        ((np.ones(2), np.ones(2)), {"foo": 1}),
        ((np.ones(2), np.ones(2)), {"casting": "bogus"}),
        ((np.ones(2), np.ones(2)), {"casting": 5}),
        ((np.ones(2), np.ones(2)), {"order": "X"}),
        ((np.ones(2), np.ones(2)), {"dtype": "bogus"}),
        ((np.ones(2), np.ones(2)), {"dtype": int}),
        ((np.ones(2), np.ones(2)), {"dtype": int, "casting": "unsafe"}),
        ((np.ones(2), np.ones(2)), {"dtype": "f4"}),
        ((np.ones(2), np.ones(2)), {"dtype": "f4", "casting": "safe"}),
        ((np.ones(2), np.ones(2)), {"dtype": "f8", "signature": "dd->d"}),
        ((np.ones(2), np.ones(2)), {"sig": "dd->d", "signature": "dd->d"}),
        ((np.ones(2), np.ones(2)), {"signature": "dd->d"}),
        ((np.ones(2), np.ones(2)), {"signature": "ff->f"}),
        ((np.ones(2), np.ones(2)), {"sig": "ff->f", "casting": "same_kind"}),
        ((np.ones(2), np.ones(2)), {"signature": (None, None, "f4")}),
        ((np.ones(2), np.ones(2)), {"signature": ("f4", "f4")}),
        ((np.ones(2), np.ones(2)), {"signature": 5}),
        ((np.ones(2, "i4"), np.ones(2, "i4")), {"signature": "dd->d"}),
        ((np.ones(2), np.ones(2)), {"where": np.array([1, 0])}),
        ((np.ones(2), np.ones(2)), {"where": np.array([True, True, True])}),
        ((np.ones(2), "a"), {}),
        ((np.ones(2), None), {}),
        ((np.ones(2), object()), {}),
        ((np.ones(2, ">f8"), np.ones(2)), {}),
        (([1, 2], [[3], [4]]), {}),
        (([1, [2]], 1), {}),
        ((1, 2), {"subok": False}),
        ((1, 2.0), {}),
        ((True, False), {}),
        ((True, 1), {}),
    ],
    ids=repr,
)
def test_arguments_and_errors(arguments, options):
    judge(lambda: quern.add(*arguments, **options), lambda: np.add(*arguments, **options))


FIXED = [dtype for dtype in JUDGED_DTYPES if dtype.name in ("bool", "int16", "int64", "uint8", "float32", "float64")]


# NumPy takes all numbers for truth values there, also beside dtypes fixed for some of them.
TRUTHS = {"logical_and", "logical_or", "logical_xor"}
SHORT = [ufunc for ufunc in JUDGED if ufunc.nin <= 2 and ufunc.nout == 1 and ufunc.name not in TRUTHS]


@pytest.mark.parametrize("ufunc", SHORT, ids=lambda u: u.name)
def test_a_dtype_fixed_for_an_input_stands_in_for_its_own(ufunc, rng):
    """add with the signature (float32, None, None) is that of a float32 and the second input, whatever the first is."""
    theirs = numpy_ufunc(ufunc)
    for dtypes in itertools.product(FIXED, repeat=ufunc.nin):
        inputs = [sample(dtype.str, 3, rng) for dtype in dtypes]
        for fixed in itertools.product((None, *FIXED), repeat=ufunc.nin):
            names = tuple(dtype.str if dtype is not None else None for dtype in fixed)
            for casting in ("same_kind", "unsafe"):
                options = {"signature": (*names, None), "casting": casting}
                expected = outcome(lambda: theirs(*inputs, **options))
                if expected[0] == "value" and beyond(expected[1]):
                    continue
                found = outcome(lambda: ufunc(*inputs, **options))
                assert found[0] == expected[0], (dtypes, options)
                assert found[0] == "error" or found[1].dtype == expected[1].dtype, (dtypes, options)


@pytest.mark.parametrize("second", [1, 1.5, True], ids=repr)
def test_numbers_beside_fixed_dtypes_are_weak(second):
    for first in (np.ones(2), np.ones(2, "f4"), np.ones(2, int)):
        for signature in (("f4", None, None), (None, "f4", None), ("f8", None, None), ("i2", None, None)):
            judge(
                lambda: quern.add(first, second, signature=signature),
                lambda: np.add(first, second, signature=signature),
                note=(first, second, signature),
                any_error=True,
            )


def overlaid(dtype, size, first, second):
    """Two outputs in one piece of memory: where each starts, in which steps, and the memory."""
    memory = np.full(2 * size + 8, 99, dtype)
    return memory, tuple(memory[start:][::step][:size] for start, step in (first, second))


@pytest.mark.parametrize("name", ["divmod", "modf"])
@pytest.mark.parametrize("dtype", ["f8", "f4", "i8", "u2"])
@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("size", [1, 5, 300, 20000])
def test_outputs_that_share_memory_are_written_element_by_element(name, dtype, masked, size):
    inputs = [np.arange(size).astype(dtype), np.asarray(3, dtype)][: 2 if name == "divmod" else 1]
    places = [(0, 1), (1, 1), (3, 1), (size // 2, 1), (0, 2), (1, 2)]
    for first, second in itertools.product(places, repeat=2):
        if dtype[0] in "iu" and (first[0] == second[0] or first[1] != second[1]):
            continue  # of whole numbers NumPy writes the second output last
        results = []
        for module in (np, quern):
            memory, outputs = overlaid(dtype, size, first, second)
            if name == "modf" and dtype[0] != "f":
                return
            mask = {"where": np.arange(size) % 3 != 1} if masked else {}
            getattr(module, name)(*inputs, out=outputs, **mask)
            results.append(memory)
        np.testing.assert_array_equal(results[1], results[0], err_msg=str((first, second)))


@pytest.mark.parametrize("places", list(itertools.permutations([(0, 0), (0, 1), (1, 0), (2, 2)], 2)), ids=str)
def test_other_outputs_that_share_memory_are_written_one_after_another(places):
    for order, dtype, columns in itertools.product("CF", ("f8", "f4", ">f8"), (7, 9)):
        results = []
        for module in (np, quern):
            memory = np.zeros((8, 9), dtype, order=order)
            outputs = tuple(memory[row : row + 6, column : column + columns - 2] for row, column in places)
            module.divmod(np.asarray(np.arange(6.0 * columns - 12).reshape(6, -1), order=order), 4.0, out=outputs)
            results.append(memory)
        np.testing.assert_array_equal(results[1], results[0], err_msg=str((order, dtype)))


def test_outputs_of_several_dtypes_that_share_memory():
    """The first output of an element is written last; NumPy's frexp does as the CPU's vectors do."""
    memory = np.zeros(4, "i8")
    quern.frexp(np.array([7.0, 8.0, 9.0, 10.0]), out=(memory.view("f8"), memory.view("i4")[::2]))
    np.testing.assert_array_equal(memory.view("f8"), [0.875, 0.5, 0.5625, 0.625])


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: quern.add(1), r"add\(\) takes from 2 to 3 positional arguments but 1 was given"),
        (lambda: quern.add(1, 2, foo=1), r"add\(\) got an unexpected keyword argument 'foo'"),
        (lambda: quern.add(1, 2, order="X"), "order must be one of 'C', 'F', 'A', or 'K' \\(got 'X'\\)"),
        (lambda: quern.add(1, 2, casting="x"), "casting must be one of"),
        (lambda: quern.add(1, 2, casting=5), "casting must be str, not int"),
        (lambda: quern.add(1, 2, out=(None, None)), "The 'out' tuple must have exactly one entry"),
        (lambda: quern.add(np.ones(2), np.ones(3)), r"\(2,\)"),
    ],
)
def test_messages(call, message):
    with pytest.raises((TypeError, ValueError), match=message):
        call()


def test_failed_calls_write_nothing():
    out = np.full(3, 7.0)
    for bad in ({"casting": "bogus"}, {"where": np.ones(4, bool)}, {"dtype": "M8[s]"}):
        with pytest.raises((TypeError, ValueError)):
            quern.add(np.ones(3), np.ones(3), out=out, **bad)
    assert out.tolist() == [7.0] * 3


@pytest.mark.parametrize("ufunc", JUDGED, ids=lambda u: u.name)
def test_where(ufunc, rng):
    theirs = numpy_ufunc(ufunc)
    masks = [rng.random((5, 6)) < 0.4, rng.random(6) < 0.5, np.zeros(6, bool), np.array(True), True, False, 1]
    for dtype, mask in itertools.product(JUDGED_DTYPES, masks):
        inputs = [sample(dtype.str, (5, 6), rng) for _ in range(ufunc.nin)]

        def call(function, inputs=inputs, mask=mask):
            out = np.full((5, 6), 1.0, outcome(lambda: theirs(*inputs).dtype)[1] or "f8")
            return function(*inputs, out=out, where=mask)

        expected = outcome(lambda inputs=inputs: theirs(*inputs))
        if expected[0] == "value" and not beyond(expected[1]):
            judge(lambda: call(ufunc), lambda: call(theirs), note=(dtype, mask))


def takes_complex(ufunc) -> bool:
    """Whether there are loops of complex numbers; of some functions NumPy has them and quern does not yet."""
    return any(letter in types for types in ufunc.types for letter in "FD")


@pytest.mark.parametrize("ufunc", JUDGED, ids=lambda u: u.name)
def test_dtype_argument(ufunc, rng):
    theirs = numpy_ufunc(ufunc)
    for dtype, result in itertools.product(JUDGED_DTYPES, repeat=2):
        inputs = [sample(dtype.str, (4,), rng) for _ in range(ufunc.nin)]
        for level in ("safe", "same_kind"):
            if ufunc.name == "absolute" and dtype.kind == "c" and level == "same_kind":
                continue  # quern casts to the complex dtype with such magnitudes, NumPy to the real one
            if result.kind == "c" and takes_complex(theirs) and not takes_complex(ufunc):
                continue
            judge(
                lambda: ufunc(*inputs, dtype=result, casting=level),
                lambda: theirs(*inputs, dtype=result.str, casting=level),
                note=(dtype, result, level),
            )


@pytest.mark.parametrize("order", ["C", "F", "A", "K"])
def test_order_of_results(order):
    for source in (np.ones((3, 4)), np.ones((3, 4), order="F"), np.ones((2, 3, 4)).transpose(1, 0, 2)):
        mine = quern.add(source, source, order=order)
        theirs = np.add(source, source, order=order)
        assert mine.strides == theirs.strides


def test_overlapping_operands():
    for shift in (1, 2, 3):
        mine, theirs = np.arange(20.0), np.arange(20.0)
        quern.add(mine[:-shift], 1, out=mine[shift:])
        np.add(theirs[:-shift], 1, out=theirs[shift:])
        assert mine.tolist() == theirs.tolist()
        quern.add(mine[::-1], mine, out=mine)
        np.add(theirs[::-1], theirs, out=theirs)
        assert mine.tolist() == theirs.tolist()


def test_resolve_dtypes_of_reductions():
    for name in ("add", "subtract", "maximum", "bitwise_or", "gcd"):
        theirs, ours = getattr(np, name), getattr(quern, name)
        for char in "?bhiqBHIQefdFD":
            operands = (None, np.dtype(char), None)
            expected = outcome(lambda: theirs.resolve_dtypes(operands, reduction=True))
            found = outcome(lambda: tuple(np.dtype(d.str) for d in ours.resolve_dtypes(operands, reduction=True)))
            assert found == expected, (name, char)
    for ufunc, dtypes in ((quern.negative, (None, "f8", None)), (quern.add, ("f8", "f8", None)), (quern.add, ("f8",))):
        with pytest.raises(ValueError, match="reduction"):
            ufunc.resolve_dtypes(dtypes, reduction=True)


def test_resolve_dtypes():
    for ufunc in JUDGED:
        theirs = numpy_ufunc(ufunc)
        for dtypes in itertools.product(JUDGED_DTYPES, repeat=ufunc.nin):
            nones = (None,) * ufunc.nout
            expected = outcome(lambda: theirs.resolve_dtypes(tuple(np.dtype(d.str) for d in dtypes) + nones))
            if expected[0] == "value" and any(dtype.name not in KNOWN for dtype in expected[1]):
                continue
            found = outcome(lambda: ufunc.resolve_dtypes(dtypes + nones))
            if found[0] == "unsupported":
                continue
            assert found[0] == expected[0], (ufunc, dtypes)
            if found[0] == "value":
                assert found[1] == expected[1], (ufunc, dtypes)


def test_explain_names_loop_and_place():
    types, origin, target, kind = quern.add.explain("f4", "f8")
    assert types == "dd->d"
    assert origin.startswith("spec/ufuncs/add.yaml:")
    assert target in quern.targets()
    assert kind == "vector"
    assert quern.multiply.explain("i1", "i1")[3] == "emulated"


def test_ufuncs_pickle_by_name():
    import pickle

    for ufunc in UFUNCS:
        assert pickle.loads(pickle.dumps(ufunc)) is ufunc


def test_unknown_names():
    with pytest.raises(AttributeError, match="add"):
        quern.ad  # noqa: B018
    with pytest.raises(AttributeError):
        quern._nothing  # noqa: B018
    assert not hasattr(quern, "nothing_of_this_name")


def test_numpys_functions_hand_over():
    mine, theirs = quern.asarray([1.0, 2.0]), np.array([3.0, 4.0])
    for result in (np.add(mine, theirs), np.add(theirs, mine), theirs + mine, mine + theirs, np.float64(1) + mine):
        assert isinstance(result, quern.Array)
    assert np.add(mine, theirs).tolist() == [4.0, 6.0]
    assert np.add.reduce(mine).item() == 3.0
    assert np.sum(mine).item() == 3.0
    assert np.sin(mine).tolist() == np.sin([1.0, 2.0]).tolist()
    assert (theirs * 1j + mine).tolist() == [1 + 3j, 2 + 4j]
    assert (mine + theirs * 1j).tolist() == [1 + 3j, 2 + 4j]
    keep = theirs
    theirs += mine
    assert theirs is keep and theirs.tolist() == [4.0, 6.0]
    assert np.add(theirs, mine, out=theirs) is theirs


WHOLE = [dtype for dtype in JUDGED_DTYPES if dtype.kind in "iu"]


def test_powers_of_whole_numbers(rng):
    for first, second in itertools.product(WHOLE, repeat=2):
        bases, exponents = sample(first.str, (40,), rng), abs(sample(second.str, (40,), rng))
        assert_same(quern.power(bases, exponents), np.power(bases, exponents))
        assert_same(quern.power.outer(bases, exponents), np.power.outer(bases, exponents))
    for dtype in WHOLE:
        bases = sample(dtype.str, (3, 4), rng)
        assert_same(quern.power(bases, 3), np.power(bases, 3))
        assert_same(quern.power.reduce(abs(bases)), np.power.reduce(abs(bases)))
        assert_same(quern.power.accumulate(abs(bases)), np.power.accumulate(abs(bases)))


def test_negative_powers_are_refused():
    bases, exponents = np.arange(1, 5), np.array([1, 2, -1, 3])
    out = np.zeros(4, np.int64)
    with pytest.raises(ValueError, match="integers to negative integer powers are not allowed"):
        quern.power(bases, exponents, out=quern.asarray(out))
    assert not out.any()
    with pytest.raises(TypeError, match="powers of complex numbers are not supported"):
        quern.power(bases, 0.5j)


@pytest.mark.parametrize("ufunc", [quern.power, quern.float_power], ids=str)
def test_powers_beside_numbers(ufunc, rng):
    theirs = numpy_ufunc(ufunc)
    for dtype in JUDGED_DTYPES:
        bases = sample(dtype.str, (30,), rng)
        for exponent in (2, 0, 0.5, -1.0, 3.0, np.float32(1.5), np.int8(3), np.uint64(2), True):
            judge(lambda: ufunc(bases, exponent), lambda: theirs(bases, exponent), note=(dtype, exponent))
            judge(lambda: ufunc(exponent, bases), lambda: theirs(exponent, bases), note=(dtype, exponent))


def test_power_operators():
    for bases in (np.array([1.5, -2.0, 4.0]), np.array([1.5, 2.0], "f4"), np.array([3, 2, 5])):
        mine = quern.asarray(bases)
        for exponent in (2, -1.0, 0.5, np.array(3)):
            judge(lambda: mine**exponent, lambda: bases**exponent)
            judge(lambda: exponent**mine, lambda: exponent**bases)
    mine = quern.asarray(np.array([1.5, -2.0]))
    kept = mine
    mine **= 2
    assert mine is kept and mine.tolist() == [2.25, 4.0]
    whole = quern.asarray(np.array([3, 2]))
    with pytest.raises(TypeError):
        whole **= 0.5


@pytest.mark.parametrize("exponent", ["i1", "i2", "i4", "i8", "u1", "u2", "u4"])
def test_ldexp(exponent, rng):
    for dtype in JUDGED_DTYPES:
        mantissas, exponents = sample(dtype.str, (30,), rng), sample(exponent, (30,), rng)
        judge(lambda: quern.ldexp(mantissas, exponents), lambda: np.ldexp(mantissas, exponents))
        judge(lambda: quern.ldexp(mantissas, 3), lambda: np.ldexp(mantissas, 3))
    with pytest.raises(TypeError):
        quern.ldexp(1.5, 0.5)


@pytest.mark.parametrize("dtype", [dtype for dtype in JUDGED_DTYPES if dtype.kind == "f"], ids=str)
def test_angles_are_numpys_bit_for_bit(dtype, rng):
    """The spec gives them a bound; what they compute is NumPy's product."""
    angles = (rng.standard_normal(10000) * 10.0 ** rng.integers(-30, 30, 10000)).astype(dtype.str)
    for name in ("degrees", "radians", "deg2rad", "rad2deg"):
        assert_same(getattr(quern, name)(angles), getattr(np, name)(angles), 0.0)


def test_replacing_what_is_no_number():
    values = np.array([1.5, np.nan, np.inf, -np.inf], np.float32)
    assert_same(quern.nan_to_num(values, 0.5, 2.0, -2.0), np.nan_to_num(values, nan=0.5, posinf=2.0, neginf=-2.0))
    assert_same(quern.nan_to_num(np.arange(3), 0.5, 2.0, -2.0), np.arange(3))
