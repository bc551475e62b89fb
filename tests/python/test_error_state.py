"""Floating-point conditions: warnings, errors, calls; and who may see them."""

import io
import threading
import warnings

import numpy as np
import pytest

import quern

CONDITIONS = {
    "divide": (lambda lib: lib.divide(1.0, 0.0), "divide by zero encountered in divide"),
    "over": (lambda lib: lib.multiply(1e300, 1e300), "overflow encountered in multiply"),
    "under": (lambda lib: lib.multiply(1e-300, 1e-300), "underflow encountered in multiply"),
    "invalid": (lambda lib: lib.subtract(float("inf"), float("inf")), "invalid value encountered in subtract"),
}


@pytest.fixture(autouse=True)
def restored():
    state, call = quern.geterr(), quern.geterrcall()
    yield
    quern.seterr(**state)
    quern.seterrcall(call)


DEFAULTS = {**np.geterr(), "integer_overflow": "ignore"}


def test_defaults_are_numpys():
    assert quern.geterr() == DEFAULTS
    assert quern.geterrcall() is None


@pytest.mark.parametrize("condition", CONDITIONS)
def test_warnings(condition):
    run, message = CONDITIONS[condition]
    with quern.errstate(all="warn"), pytest.warns(RuntimeWarning, match=message) as caught:
        run(quern)
    assert caught[0].filename == __file__
    with quern.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("error")
        run(quern)


@pytest.mark.parametrize("condition", CONDITIONS)
def test_errors(condition):
    run, message = CONDITIONS[condition]
    with quern.errstate(**{condition: "raise"}), pytest.raises(FloatingPointError, match=message):
        run(quern)


def test_warnings_as_errors():
    out = np.zeros(3)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(RuntimeWarning, match="divide by zero"):
            quern.divide(np.ones(3), np.zeros(3), out=out)
        with pytest.raises(RuntimeWarning):
            quern.divide(np.ones(100_000), np.zeros(100_000))  # computed without the interpreter's lock
    assert np.isinf(out).all()
    with pytest.warns(RuntimeWarning):
        quern.divide(1.0, 0.0)


def test_calls():
    seen = []
    with quern.errstate(all="call", call=lambda kind, flags: seen.append((kind, flags))):
        quern.divide(np.array([1.0, 0.0]), 0.0)
        quern.divide(np.ones(100_000), 0.0)
    theirs = []
    with np.errstate(all="call", call=lambda kind, flags: theirs.append((kind, flags))):
        np.divide(np.array([1.0, 0.0]), 0.0)
        np.divide(np.ones(100_000), 0.0)
    assert seen == theirs


def test_errors_of_callbacks_pass_through():
    def fail(kind, flags):
        raise KeyError(kind)

    with quern.errstate(all="call", call=fail):
        with pytest.raises(KeyError):
            quern.divide(1.0, 0.0)
        with pytest.raises(KeyError):
            quern.divide(np.ones(100_000), 0.0)
        with pytest.raises(KeyError):
            quern.asarray([1.0]) / 0.0
    quern.add(1, 2)


def test_callbacks_may_compute():
    def compute(kind, flags):
        assert quern.add(1, 2).item() == 3

    with quern.errstate(all="call", call=compute):
        quern.divide(np.ones(100_000), 0.0)


def test_log():
    log = io.StringIO()
    with quern.errstate(all="log", call=log):
        quern.divide(1.0, 0.0)
    assert "divide by zero encountered in divide" in log.getvalue()


def test_print(capfd):
    with quern.errstate(all="print"):
        quern.divide(1.0, 0.0)
    assert "divide by zero encountered in divide" in "".join(capfd.readouterr())


def test_seterr_returns_the_state_before():
    before = quern.geterr()
    assert quern.seterr(all="ignore", over="raise") == before
    changed = {"divide": "ignore", "over": "raise", "under": "ignore", "invalid": "ignore"}
    assert quern.geterr() == {**before, **changed}
    assert quern.seterr() == quern.geterr()


def test_refusals():
    with pytest.raises(ValueError):
        quern.seterr(all="bogus")
    with pytest.raises(TypeError):
        quern.seterr(bogus="warn")
    with pytest.raises(TypeError):
        quern.seterr(all=5)
    with pytest.raises(ValueError):
        quern.seterrcall(5)
    before = quern.geterr()
    with pytest.raises(ValueError), quern.errstate(over="bogus"):
        pass
    assert quern.geterr() == before
    with pytest.raises(ValueError), quern.errstate(over="raise", call=5):
        pass
    assert quern.geterr() == before


def test_call_without_a_callback():
    with quern.errstate(all="call"), pytest.raises((ValueError, NameError)):
        quern.divide(1.0, 0.0)


def test_scopes_nest_and_decorate():
    outer = quern.errstate(over="raise")
    with outer:
        with quern.errstate(over="ignore"):
            assert quern.geterr()["over"] == "ignore"
            with outer:
                assert quern.geterr()["over"] == "raise"
            assert quern.geterr()["over"] == "ignore"
        assert quern.geterr()["over"] == "raise"

    @quern.errstate(divide="raise")
    def divide():
        return quern.divide(1.0, 0.0)

    with pytest.raises(FloatingPointError):
        divide()
    assert quern.geterr()["divide"] == "warn"


def test_state_belongs_to_the_thread():
    states = []
    with quern.errstate(all="raise"):
        thread = threading.Thread(target=lambda: states.append(quern.geterr()))
        thread.start()
        thread.join()
    assert states == [DEFAULTS]


def test_callback_of_a_thread_that_ends():
    def work():
        quern.seterr(all="call")
        quern.seterrcall(lambda kind, flags: None)
        quern.divide(1.0, 0.0)

    for _ in range(20):
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()


def test_conditions_of_reductions_and_casts():
    with quern.errstate(all="raise"):
        with pytest.raises(FloatingPointError, match="reduce"):
            quern.multiply.reduce([1e300, 1e300])
        with pytest.raises(FloatingPointError, match="accumulate"):
            quern.multiply.accumulate([1e300, 1e300])
        with pytest.raises(FloatingPointError, match="cast"):
            quern.asarray([1e300]).astype("f4")
        with pytest.raises(FloatingPointError, match="cast"):
            quern.add(np.ones(1, "f4"), 1e300)


def test_decorated_function_in_many_threads():
    gate = threading.Barrier(4)
    wrong = []

    @quern.errstate(divide="ignore")
    def work():
        gate.wait()
        return quern.geterr()["divide"]

    def run(action):
        quern.seterr(divide=action)
        if work() != "ignore" or quern.geterr()["divide"] != action:
            wrong.append(action)

    threads = [threading.Thread(target=run, args=(action,)) for action in ("warn", "raise", "print", "ignore")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


# ---- Integer overflow, which NumPy does not look for ----------------------------------------------------

INT8 = np.array([127, -128, 1], "i1")
OVERFLOWING = {
    "add": lambda: quern.add(INT8, INT8),
    "subtract": lambda: quern.subtract(INT8, np.int8(2)),
    "multiply": lambda: quern.asarray(INT8) * 2,
    "negative": lambda: quern.negative(INT8),
    "absolute": lambda: abs(quern.asarray(INT8)),
    "square": lambda: quern.square(INT8),
    "power": lambda: quern.power(INT8[::2], 2),
    "floor_divide": lambda: quern.floor_divide(INT8, -1),
    "divmod": lambda: quern.divmod(INT8, -1),
    "gcd": lambda: quern.gcd(INT8, 0),
    "lcm": lambda: quern.lcm(INT8, 2),
    "reduce": lambda: quern.add.reduce(INT8[::2], dtype="i1"),
    "accumulate": lambda: quern.add.accumulate(INT8[::2], dtype="i1"),
    "reduceat": lambda: quern.add.reduceat(INT8[::2], [0], dtype="i1"),
    "cast": lambda: quern.asarray([300]).astype("i1"),
}


@pytest.mark.parametrize("name", OVERFLOWING)
def test_integer_overflow_is_told_where_it_is_asked_for(name):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with quern.errstate(over="ignore"):
            quiet = OVERFLOWING[name]()
    message = f"integer overflow encountered in {name}"
    with quern.errstate(over="ignore", integer_overflow="raise"), pytest.raises(FloatingPointError, match=message):
        OVERFLOWING[name]()
    with quern.errstate(over="ignore", integer_overflow="warn"), pytest.warns(RuntimeWarning, match=message):
        told = OVERFLOWING[name]()
    assert str(told) == str(quiet), "the results are those of every other state"


def test_integer_overflow_is_not_among_all():
    with quern.errstate(all="raise"):
        quern.add(INT8, INT8)
    seen = []
    call = lambda kind, flags: seen.append((kind, flags))  # noqa: E731
    with quern.errstate(integer_overflow="call", call=call):
        quern.add(INT8, INT8)
        quern.left_shift(INT8, 1)
        quern.matmul(INT8, INT8)
        quern.add(INT8.astype("f2"), 1)
        quern.sum(np.full(1000, 127, "i1"))
    assert seen == [("integer overflow", 32)]
