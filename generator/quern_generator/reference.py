"""References: the definition of a ufunc, evaluated exactly and rounded once to the result's type.

A reference is a Python expression over the inputs ``a``, ``b``, ``c`` and the words in ``WORDS``. Whole
numbers are Python integers and ``/`` gives an exact quotient. Floating-point numbers are ``Real``:
rationals extended by signed zeros, infinities and NaN with the rules of IEEE 754. A result becomes a
value of its dtype by wrapping around (integers), by being different from zero (bool) or by rounding to
nearest, ties to even (floats). A complex number is a pair of these. Nothing here knows the bodies that it
judges.
"""

from __future__ import annotations

import ast
import decimal
import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache, partial
from typing import Any, Union

from .model import REFUSED, DType

EXP_LIMIT = 1 << 15  # beyond it exp overflows or underflows every dtype
SQRT_BITS = 600
ANGLE_BITS = 400  # of the sine or cosine of an angle
SHIFT_LIMIT = 4096
PART = r"(?:inf|nan|max|min|[0-9.]+(?:e[+-]?[0-9]+)?)"
COMPLEX = re.compile(rf"(?P<real>[+-]?{PART})(?:(?P<imag>[+-]{PART})j)?|(?P<alone>[+-]?{PART})j")
POWER_BITS = 1 << 13
SCALE_LIMIT = 1 << 16  # beyond it a power of two overflows or underflows every dtype


@dataclass(frozen=True, eq=False)
class Real:
    """An extended real number. ``value`` is None for infinities and NaN."""

    value: Fraction | None
    negative: bool = False
    is_nan: bool = False

    @property
    def is_inf(self) -> bool:
        return self.value is None and not self.is_nan

    @property
    def is_zero(self) -> bool:
        return self.value == 0

    def __add__(self, other: object) -> Real:
        right = real(other)
        if self.is_nan or right.is_nan or self.is_inf and right.is_inf and self.negative != right.negative:
            return NAN
        if self.value is None or right.value is None:
            return self if self.value is None else right
        return finite(self.value + right.value, self.negative and right.negative)

    def __sub__(self, other: object) -> Real:
        return self + -real(other)

    def __mul__(self, other: object) -> Real:
        right = real(other)
        negative = self.negative != right.negative
        if self.is_nan or right.is_nan or self.is_inf and right.is_zero or self.is_zero and right.is_inf:
            return NAN
        if self.value is None or right.value is None:
            return Real(None, negative)
        return finite(self.value * right.value, negative)

    def __truediv__(self, other: object) -> Real:
        right = real(other)
        negative = self.negative != right.negative
        if self.is_nan or right.is_nan or self.is_inf and right.is_inf or self.is_zero and right.is_zero:
            return NAN
        if self.value is None or right.is_zero:
            return Real(None, negative)
        return finite(Fraction(0) if right.value is None else self.value / right.value, negative)

    def __radd__(self, other: object) -> Real:
        return real(other) + self

    def __rsub__(self, other: object) -> Real:
        return real(other) - self

    def __rmul__(self, other: object) -> Real:
        return real(other) * self

    def __rtruediv__(self, other: object) -> Real:
        return real(other) / self

    def __neg__(self) -> Real:
        return Real(None if self.value is None else -self.value, not self.negative, self.is_nan)

    def __abs__(self) -> Real:
        return -self if self.negative else self

    def _key(self) -> tuple[int, Fraction]:
        """Orders all numbers but NaN."""
        if self.value is None:
            return (-1 if self.negative else 1), Fraction(0)
        return 0, self.value

    def __lt__(self, other: object) -> bool:
        right = real(other)
        return not (self.is_nan or right.is_nan) and self._key() < right._key()

    def __le__(self, other: object) -> bool:
        return self < other or self == other

    def __gt__(self, other: object) -> bool:
        return real(other) < self

    def __ge__(self, other: object) -> bool:
        return real(other) <= self

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, (Real, int, Fraction)):
            return NotImplemented
        right = real(other)
        return not (self.is_nan or right.is_nan) and self._key() == right._key()

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __bool__(self) -> bool:
        return not self.is_zero

    def __hash__(self) -> int:
        return hash((self.value, self.negative, self.is_nan))


NAN = Real(None, False, True)
INFINITY = Real(None)


class NotATime(int):
    """The lowest count of a timedelta or datetime; as a number it is that count."""


NAT = NotATime(-(1 << 63))


@dataclass(frozen=True, eq=False)
class Complex:
    """A pair of extended real numbers, in lexicographic order where neither has a NaN.

    It has no products: those of infinite and rounded parts are a matter of definition, which a reference gives.
    """

    real: Real
    imag: Real

    @property
    def is_nan(self) -> bool:
        return self.real.is_nan or self.imag.is_nan

    def __add__(self, other: object) -> Complex:
        right = complex_of(other)
        return Complex(self.real + right.real, self.imag + right.imag)

    def __sub__(self, other: object) -> Complex:
        return self + -complex_of(other)

    def __neg__(self) -> Complex:
        return Complex(-self.real, -self.imag)

    def __abs__(self) -> Real:
        if self.real.is_inf or self.imag.is_inf:
            return INFINITY
        return real(sqrt(self.real * self.real + self.imag * self.imag))

    def __lt__(self, other: object) -> bool:
        right = complex_of(other)
        if self.real == right.real:
            return self.imag < right.imag
        return not (self.is_nan or right.is_nan) and self.real < right.real

    def __le__(self, other: object) -> bool:
        return self < other or self == other

    def __gt__(self, other: object) -> bool:
        return complex_of(other) < self

    def __ge__(self, other: object) -> bool:
        return self > other or self == other

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, (Complex, Real, int, Fraction)):
            return NotImplemented
        right = complex_of(other)
        return self.real == right.real and self.imag == right.imag

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __bool__(self) -> bool:
        return bool(self.real) or bool(self.imag)

    def __hash__(self) -> int:
        return hash((self.real, self.imag))


Value = Union[int, Real, Complex]  # of a dtype: bool and integers are int


def complex_of(value: object) -> Complex:
    """A number of a reference as a Complex."""
    return value if isinstance(value, Complex) else Complex(real(value), real(0))


def parts_of(value: object) -> tuple[Real, ...]:
    """The parts of a complex number, and a real one itself."""
    return (value.real, value.imag) if isinstance(value, Complex) else (real(value),)


def finite(value: Fraction, negative: bool) -> Real:
    """A finite number; ``negative`` is the sign of a zero."""
    return Real(value, negative if value == 0 else value < 0)


def real(value: object) -> Real:
    """A number of a reference as a Real."""
    if isinstance(value, Real):
        return value
    if isinstance(value, (int, Fraction)):
        return finite(Fraction(value), False)
    raise TypeError(f"{value!r} is no number")


def divide(left: Any, right: Any) -> Any:
    """The exact quotient."""
    if isinstance(left, Real) or isinstance(right, Real):
        return real(left) / real(right)
    if right == 0:
        raise ArithmeticError("division by zero")
    return Fraction(left) / Fraction(right)


def shift_left(value: int, count: int) -> int:
    """A left shift that cannot exhaust memory."""
    if not 0 <= count <= SHIFT_LIMIT:
        raise ArithmeticError("a shift count is out of range")
    return value << count


def floor(value: Any) -> Any:
    """The largest integer not above a number; zeros keep their sign."""
    if not isinstance(value, Real):
        return math.floor(value)
    return value if value.value is None else finite(Fraction(math.floor(value.value)), value.negative and value.is_zero)


def trunc(value: Any) -> Any:
    """A number without its fraction; zeros keep the sign."""
    return -floor(-value) if value < 0 or isinstance(value, Real) and value.negative else floor(value)


def ceil(value: Any) -> Any:
    """The smallest integer not below a number; zeros keep the sign."""
    return -floor(-value)


def rint(value: Any) -> Any:
    """The integer nearest to a number, the even one of two; zeros keep the sign."""
    if not isinstance(value, Real):
        return round(value)
    return value if value.value is None else finite(Fraction(round(value.value)), value.negative)


def exponent(value: Any) -> int:
    """The e for which 1/2 <= abs(value) / 2**e < 1; 0 for zeros, infinities and NaN."""
    number = real(value)
    if number.value is None or number.is_zero:
        return 0
    magnitude = abs(number.value)
    found = magnitude.numerator.bit_length() - magnitude.denominator.bit_length()
    return found + 1 if Fraction(2) ** found <= magnitude else found


def scale(value: Any, power: int) -> Real:
    """A number times a power of two."""
    number = real(value)
    if number.value is None or number.is_zero:
        return number
    return finite(number.value * Fraction(2) ** max(min(power, SCALE_LIMIT), -SCALE_LIMIT), False)


def complex_sqrt(number: Complex) -> Complex:
    """The root with a real part that carries no minus sign; infinities and NaN as in Annex G of C."""
    if number.imag.is_inf:
        return Complex(INFINITY, number.imag)
    if number.real.is_inf:
        other = NAN if number.imag.is_nan else copysign(0, number.imag)
        if number.real.negative:
            return Complex(abs(other), copysign(INFINITY, number.imag))
        return Complex(INFINITY, other)
    if number.is_nan:
        return Complex(NAN, NAN)
    larger = sqrt((abs(number) + abs(number.real)) / real(2))
    smaller = number.imag / (larger * 2) if larger else number.imag
    if number.real.negative and number.real:
        return Complex(abs(smaller), copysign(larger, number.imag))
    return Complex(larger, smaller)


def sqrt(value: Any) -> Any:
    """The square root to some 300 bits, never exactly between two numbers of a dtype unless it is there."""
    if isinstance(value, Complex):
        return complex_sqrt(value)
    number = real(value)
    if number.is_nan or number.is_zero:
        return number
    if number.negative:
        return NAN
    if number.value is None:
        return number
    shift = 2 * max(SQRT_BITS - number.value.numerator.bit_length() + number.value.denominator.bit_length(), 0)
    scaled = (number.value.numerator << shift) // number.value.denominator
    root = math.isqrt(scaled)
    exact = root * root == scaled and (number.value.numerator << shift) % number.value.denominator == 0
    return finite(Fraction(2 * root + (0 if exact else 1), 2 << (shift // 2)), False)


def digits_from_one(distance: Fraction) -> decimal.Context:
    """Arithmetic with 120 digits of what lies at a distance from 1, so that differences from 1 have them as well."""
    places = distance.denominator.bit_length() - distance.numerator.bit_length()
    return decimal.Context(prec=120 + max(places, 0), Emax=decimal.MAX_EMAX, Emin=decimal.MIN_EMIN)


def exp(value: Any) -> Real:
    """The exponential to 120 digits, its distance from 1 too."""
    number = real(value)
    if number.is_nan or number.is_zero:
        return NAN if number.is_nan else real(1)
    if number.value is None:
        return real(0) if number.negative else number
    if abs(number.value) > EXP_LIMIT:
        return finite(Fraction(2) ** (-EXP_LIMIT if number.negative else EXP_LIMIT), False)
    digits = digits_from_one(abs(number.value))
    argument = digits.divide(decimal.Decimal(number.value.numerator), decimal.Decimal(number.value.denominator))
    return finite(Fraction(digits.exp(argument)), False)


def log(value: Any) -> Real:
    """The natural logarithm to 120 digits, next to 1 too."""
    number = real(value)
    if number.is_nan or number.is_zero:
        return NAN if number.is_nan else -INFINITY
    if number.negative:
        return NAN
    if number.value is None:
        return number
    if number.value == 1:
        return real(0)
    digits = digits_from_one(abs(number.value - 1))
    argument = digits.divide(decimal.Decimal(number.value.numerator), decimal.Decimal(number.value.denominator))
    return finite(Fraction(digits.ln(argument)), False)


def inverse_cotangent(number: int, places: int) -> int:
    """The angle whose cotangent is a whole number, in units of 2**-places."""
    power = (1 << places) // number
    total, divisor = power, 1
    while power:
        power //= -number * number
        divisor += 2
        total += power // divisor
        if -2 < power < 1:  # rounding down does not reach zero from below
            break
    return total


@cache
def scaled_pi(places: int) -> int:
    """Pi in units of 2**-places, by J. Machin's formula."""
    guard = 32
    return 4 * (4 * inverse_cotangent(5, places + guard) - inverse_cotangent(239, places + guard)) >> guard


def sine_and_cosine(angle: Fraction) -> tuple[Fraction, Fraction]:
    """Both of a number that is not zero, to some 300 bits each."""
    places = ANGLE_BITS + abs(angle.numerator.bit_length() - angle.denominator.bit_length())
    right = scaled_pi(places) // 2
    quarters, rest = divmod((angle.numerator << places) // angle.denominator + right // 2, right)
    rest -= right // 2
    parts = [0, 0]  # cosine and sine of abs(rest)
    term, n = 1 << places, 0
    while term:
        parts[n % 2] += -term if n % 4 > 1 else term
        n += 1
        term = (term * abs(rest) >> places) // n
    cosine, sine = Fraction(parts[0], 1 << places), Fraction(parts[1] if rest > 0 else -parts[1], 1 << places)
    for _ in range(quarters % 4):
        sine, cosine = cosine, -sine
    return sine, cosine


def sin(value: Any) -> Real:
    """The sine to some 300 bits, of huge angles too."""
    number = real(value)
    if number.value is None:
        return NAN
    return number if number.is_zero else finite(sine_and_cosine(number.value)[0], number.negative)


def cos(value: Any) -> Real:
    """The cosine to some 300 bits, of huge angles too."""
    number = real(value)
    if number.value is None:
        return NAN
    return real(1) if number.is_zero else finite(sine_and_cosine(number.value)[1], False)


def arctangent(ratio: Fraction) -> Fraction:
    """The angle whose tangent is a positive number, to some 300 bits."""
    if ratio > 1:
        return PI / 2 - arctangent(1 / ratio)
    near = Fraction(math.atan(float(ratio))) if ratio > Fraction(1, 1 << 60) else Fraction(0)
    sine, cosine = sine_and_cosine(near) if near else (Fraction(0), Fraction(1))
    # Of what is left, 2**-50 or less, the series.
    rest = (ratio * cosine - sine) / (cosine + ratio * sine)
    return near + sum(((-1) ** i * rest ** (2 * i + 1) / (2 * i + 1) for i in range(4)), Fraction(0))


def arctan2(height: Any, width: Any) -> Real:
    """The angle of a point, to some 300 bits; zeros, infinities and NaN as in C."""
    up, right = real(height), real(width)
    if up.is_nan or right.is_nan:
        return NAN
    if up.is_zero or right.is_inf and not up.is_inf:
        angle = PI if right.negative else Fraction(0)
    elif up.is_inf or right.is_zero:
        quarters = 2 if not right.is_inf else 3 if right.negative else 1
        angle = PI * quarters / 4
    else:
        assert up.value is not None and right.value is not None
        angle = arctangent(abs(up.value / right.value))
        angle = PI - angle if right.negative else angle
    return finite(-angle if up.negative else angle, up.negative)


def copysign(magnitude: Any, sign: Any) -> Real:
    """The first number's magnitude with the second's sign."""
    number = real(magnitude)
    return number if number.negative == real(sign).negative else -number


def nextafter(dtype: DType, value: Any, direction: Any) -> Real:
    """The value of a floating-point dtype next to one of its values towards a number."""
    start, end = real(value), real(direction)
    if start.is_nan or end.is_nan or start == end:
        return NAN if start.is_nan or end.is_nan else end
    least = Fraction(2) ** (dtype.minimum_exponent - dtype.significand + 1)
    if start.is_zero:
        return finite(least, False) if start < end else finite(-least, True)
    if (start < end) != start.negative:
        return -step_outward(dtype, -start, least) if start.negative else step_outward(dtype, start, least)
    return -step_inward(dtype, -start, least) if start.negative else step_inward(dtype, start, least)


def step_outward(dtype: DType, start: Real, least: Fraction) -> Real:
    """The next larger value above a positive one of the dtype."""
    if start.value is None:
        return start
    unit = Fraction(2) ** (exponent(start) - dtype.significand)
    return round_to(finite(start.value + max(unit, least), False), dtype)


def step_inward(dtype: DType, start: Real, least: Fraction) -> Real:
    """The next smaller value below a positive one of the dtype."""
    top = Fraction(2) ** (dtype.maximum_exponent + 1)
    if start.value is None:
        return finite(top - top / (1 << dtype.significand), False)
    power = start.value == Fraction(2) ** (exponent(start) - 1)
    unit = Fraction(2) ** (exponent(start) - dtype.significand - (1 if power else 0))
    return finite(start.value - max(unit, least), False)


def exact_root(number: Fraction) -> Fraction | None:
    """The square root of a positive rational, None if it is not rational."""
    root = Fraction(math.isqrt(number.numerator), math.isqrt(number.denominator))
    return root if root * root == number else None


def power_of_positive(base: Fraction, exponent: Fraction) -> Real:
    """A power to some 110 digits; exact where it is rational and its terms have at most POWER_BITS bits."""
    while exponent.denominator > 1 and (root := exact_root(base)) is not None:
        base, exponent = root, exponent * 2
    bits = max(base.numerator.bit_length(), base.denominator.bit_length())
    if exponent.denominator == 1 and abs(exponent) * bits <= POWER_BITS:
        return finite(base**exponent.numerator, False)
    return exp(log(base) * finite(exponent, False))


def power(base: Any, exponent: Any) -> Real:
    """A power of real numbers, with the special values of Annex F of C."""
    number, count = real(base), real(exponent)
    if count.is_zero or number == 1:
        return real(1)
    if number.is_nan or count.is_nan:
        return NAN
    magnitude = abs(number)
    if number.value is None or count.value is None or number.is_zero:
        if magnitude == 1:
            return real(1)
        result = INFINITY if (magnitude > 1) != count.negative else real(0)
    elif number.negative and count.value.denominator != 1:
        return NAN
    else:
        assert magnitude.value is not None
        result = power_of_positive(magnitude.value, count.value)
    odd = count.value is not None and count.value.denominator == 1 and count.value.numerator % 2 == 1
    return -result if number.negative and odd else result


def wrapped_power(base: int, power: int) -> int:
    """A power of whole numbers modulo 2**64, which every dtype's width divides."""
    return pow(base, power, 1 << 64)


def round_double(number: Real) -> Real:
    """A number rounded to float64."""
    if number.value is None or number.is_zero:
        return number
    try:
        return finite(Fraction(float(number.value)), number.negative)
    except OverflowError:
        return Real(None, number.negative)


def counted(value: Any) -> int:
    """A result as the count of a span of time: whole and exact quotients truncated, others first rounded to float64."""
    if isinstance(value, (int, Fraction)):
        return math.trunc(value)
    number = round_double(value).value
    return NAT if number is None or not -(1 << 63) <= number < 1 << 63 else math.trunc(number)


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "floor": floor,
    "ceil": ceil,
    "rint": rint,
    "trunc": trunc,
    "exponent": exponent,
    "scale": scale,
    "abs": abs,
    "sqrt": sqrt,
    "exp": exp,
    "log": log,
    "sin": sin,
    "cos": cos,
    "arctan2": arctan2,
    "isnan": lambda value: any(part.is_nan for part in parts_of(value)),
    "isinf": lambda value: any(part.is_inf for part in parts_of(value)),
    "isfinite": lambda value: all(part.value is not None for part in parts_of(value)),
    "isnat": lambda value: isinstance(value, NotATime),
    "double": lambda value: round_double(real(value)),
    "counted": counted,
    "signbit": lambda value: value.negative if isinstance(value, Real) else value < 0,
    "copysign": copysign,
    "gcd": math.gcd,
    "lcm": math.lcm,
    "popcount": int.bit_count,
    "power": power,
    "wrapped_power": wrapped_power,
    "real": lambda value: complex_of(value).real,
    "imag": lambda value: complex_of(value).imag,
    "pair": lambda first, second: Complex(real(first), real(second)),
}
# Functions of a dtype and their arguments; a reference gives the arguments alone.
TYPED: dict[str, Callable[..., Any]] = {
    "nextafter": nextafter,
    "rounded": lambda dtype, value: round_to(real(value), dtype),
}
BINARY = ("copysign", "arctan2", "scale", "gcd", "lcm", "nextafter", "power", "wrapped_power", "pair")
ARITIES = {name: 2 if name in BINARY else 1 for name in (*FUNCTIONS, *TYPED)}
# 120 digits of pi.
PI = Fraction(
    "3.14159265358979323846264338327950288419716939937510582097494459230781640628620899862803482534211706798214808651"
    "3282306647"
)
CONSTANTS: dict[str, Any] = {"inf": INFINITY, "nan": NAN, "nat": NAT, "pi": finite(PI, False), REFUSED: None}
VARIABLES = ("a", "b", "c", "d")
WORDS = frozenset([*ARITIES, *CONSTANTS, *VARIABLES, "bits"])
HELPERS = {"_divide": divide, "_shift_left": shift_left, "_decimal": lambda text: finite(Fraction(text), False)}

ALLOWED = (
    ast.Expression, ast.BinOp, ast.UnaryOp, ast.BoolOp, ast.Compare, ast.IfExp, ast.Call, ast.Name, ast.Constant,
    ast.Load, ast.Add, ast.Sub, ast.Mult, ast.Div, ast.LShift, ast.RShift, ast.BitAnd, ast.BitOr, ast.BitXor,
    ast.Invert, ast.USub, ast.Not, ast.And, ast.Or, ast.Eq, ast.NotEq, ast.Lt, ast.LtE, ast.Gt, ast.GtE,
)  # fmt: skip


class ReferenceFault(Exception):
    """A reference that cannot be read: offset in its text, message, and the unknown word if that is why."""

    def __init__(self, offset: int, message: str, word: str = "") -> None:
        super().__init__(message)
        self.offset = offset
        self.message = message
        self.word = word


class Exact(ast.NodeTransformer):
    """Replaces what Python would round or could not bound: division, decimals, left shifts."""

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        self.generic_visit(node)
        helper = {ast.Div: "_divide", ast.LShift: "_shift_left"}.get(type(node.op))
        return node if helper is None else call(helper, node.left, node.right)

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        return call("_decimal", ast.Constant(repr(node.value))) if isinstance(node.value, float) else node


def call(name: str, *arguments: ast.expr) -> ast.Call:
    return ast.Call(ast.Name(name, ast.Load()), list(arguments), [])


@dataclass(frozen=True)
class Reference:
    """A compiled reference: an expression, or as many as a ufunc has outputs."""

    text: str
    code: Any

    def __call__(self, inputs: Sequence[Value], dtypes: Sequence[DType], outputs: Sequence[DType]) -> tuple[Value, ...]:
        """The results for exact inputs, as values of the outputs' dtypes. Raises ArithmeticError."""
        return tuple(convert(result, output) for result, output in zip(self.exact(inputs, dtypes), outputs))

    def exact(self, inputs: Sequence[Value], dtypes: Sequence[DType]) -> Sequence[Any]:
        """The results before they are made values of dtypes. Raises ArithmeticError."""
        typed = {name: partial(function, dtypes[0]) for name, function in TYPED.items()}
        given = dict(zip(VARIABLES, inputs))
        names = {**FUNCTIONS, **typed, **CONSTANTS, **HELPERS, "bits": dtypes[0].bits, **given}
        try:
            return eval(self.code, {"__builtins__": {}}, names)  # type: ignore[no-any-return]
        except TypeError as error:
            raise ArithmeticError(f"an operator does not take these types ({error})") from error


@cache
def compile_reference(text: str, arity: int, outputs: int = 1) -> Reference:
    """Reads the reference of a ufunc with so many inputs and outputs; raises ReferenceFault."""
    try:
        tree = ast.parse(text, mode="eval")
    except SyntaxError as error:
        raise ReferenceFault(max((error.offset or 1) - 1, 0), "the reference is no expression") from error
    called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    parts = tree.body.elts if isinstance(tree.body, ast.Tuple) else [tree.body]
    for part in parts:
        for node in ast.walk(part):
            check_node(node, arity, called)
    if len(parts) != outputs:
        raise ReferenceFault(0, f"the reference gives {len(parts)} result(s) where {outputs} belong")
    results = ast.Expression(ast.Tuple([Exact().visit(part) for part in parts], ast.Load()))
    return Reference(text, compile(ast.fix_missing_locations(results), "<reference>", "eval"))


def check_node(node: ast.AST, arity: int, called: set[int]) -> None:
    """Refuses what is no part of the reference language."""
    offset = getattr(node, "col_offset", 0)
    if not isinstance(node, ALLOWED):
        raise ReferenceFault(offset, f"{type(node).__name__} is no part of a reference")
    if isinstance(node, ast.Name):
        if node.id not in WORDS or node.id in VARIABLES[arity:]:
            raise ReferenceFault(offset, f'unknown word "{node.id}"', node.id)
        if (node.id in ARITIES) != (id(node) in called):
            use = "a value" if node.id in ARITIES else "a function"
            raise ReferenceFault(offset, f'"{node.id}" is used as {use}')
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ARITIES:
        if len(node.args) != ARITIES[node.func.id] or node.keywords:
            count = ARITIES[node.func.id]
            raise ReferenceFault(offset, f"{node.func.id} takes {count} argument(s), {len(node.args)} given")
    if isinstance(node, ast.Constant) and (isinstance(node.value, bool) or not isinstance(node.value, (int, float))):
        raise ReferenceFault(offset, f"{node.value!r} is no number")


class Refused(ArithmeticError):
    """Inputs that the ufunc refuses."""


def convert(value: Any, dtype: DType) -> Value:
    """An exact result as a value of a dtype."""
    if value is None:
        raise Refused("they are refused")
    if dtype.kind == "boolean":
        return int(bool(value) if isinstance(value, (Real, Complex)) else value != 0)
    if dtype.real:
        parts = complex_of(value)
        return Complex(round_to(parts.real, dtype), round_to(parts.imag, dtype))
    if dtype.kind == "float":
        return round_to(real(value), dtype)
    if isinstance(value, (Real, Complex)) or int(value) != value:
        raise ArithmeticError("the result is no whole number")
    return wrap(int(value), dtype)


def wrap(value: int, dtype: DType) -> int:
    """An integer reduced to the dtype's width."""
    low = value & ((1 << dtype.bits) - 1)
    return low - (1 << dtype.bits) if dtype.kind != "unsigned" and low >> (dtype.bits - 1) else low


def round_to(number: Real, dtype: DType) -> Real:
    """A number rounded to a floating-point dtype, to nearest, ties to even."""
    if number.is_inf:
        return overflowed(number.negative, dtype)
    if number.value is None or number.is_zero:
        return number
    magnitude = abs(number.value)
    exponent = magnitude.numerator.bit_length() - magnitude.denominator.bit_length()
    if Fraction(2) ** exponent > magnitude:
        exponent -= 1
    unit = Fraction(2) ** (max(exponent, dtype.minimum_exponent) - dtype.significand + 1)
    rounded = round(magnitude / unit) * unit
    if rounded > Fraction(float(dtype.maximum)):
        return overflowed(number.negative, dtype)
    return finite(-rounded if number.negative else rounded, number.negative)


def overflowed(negative: bool, dtype: DType) -> Real:
    """What is beyond a dtype's range: an infinity, or NaN where there is none."""
    return Real(None, negative) if dtype.infinities else NAN


def parse_value(text: str, dtype: DType) -> Value | None:
    """A value as a spec writes it; None if the dtype has no such value."""
    if dtype.kind == "boolean":
        return {"true": 1, "false": 0, "1": 1, "0": 0, "max": 1, "min": 0}.get(text)
    if dtype.real:
        return parse_complex(text, dtype)
    if dtype.kind == "float":
        return parse_real(text, dtype)
    if dtype.is_time and text == "nat":
        return NAT
    limits = {"min": int(dtype.minimum), "max": int(dtype.maximum)}
    try:
        value = limits[text] if text in limits else int(text)
    except ValueError:
        return None
    return value if limits["min"] <= value <= limits["max"] else None


def parse_complex(text: str, dtype: DType) -> Complex | None:
    """A complex value, "1-2j", "infj" or "1"; a part that is left out is zero."""
    match = COMPLEX.fullmatch(text)
    if match is None:
        return None
    texts = match.group("real"), match.group("imag") or match.group("alone")
    parts = [parse_real((found or "0").removeprefix("+"), dtype) for found in texts]
    return None if parts[0] is None or parts[1] is None else Complex(parts[0], parts[1])


def parse_real(text: str, dtype: DType) -> Real | None:
    """A floating-point value; decimals are rounded to the dtype, and one beyond its range is none."""
    sign, word = (text[0] == "-", text[1:]) if text[:1] == "-" else (False, text)
    if word in ("inf", "nan"):
        found = NAN if word == "nan" else Real(None, sign)
        return found if found.is_nan or dtype.infinities else None
    if word in ("min", "max"):
        limit = Fraction(float(dtype.minimum if word == "min" else dtype.maximum))
        return finite(-limit if sign else limit, sign)
    try:
        value = Fraction(word)
    except (ValueError, ZeroDivisionError):
        return None
    rounded = round_to(finite(-value if sign else value, sign), dtype)
    return None if rounded.value is None else rounded


def value_text(value: Value, dtype: DType) -> str:
    """A value as the model writes it: "7", "true", "-0.0", "0.5", "inf"."""
    if dtype.kind == "boolean":
        return "true" if value else "false"
    if isinstance(value, Complex):
        first, second = (value_text(part, dtype) for part in (value.real, value.imag))
        return f"{first}{'' if second.startswith('-') else '+'}{second}j"
    if not isinstance(value, Real):
        return "nat" if dtype.is_time and value == NAT else str(value)
    if value.value is None:
        return "nan" if value.is_nan else "-inf" if value.negative else "inf"
    return "-0.0" if value.is_zero and value.negative else repr(float(value.value))


def same(left: Value, right: Value, signed_zeros: bool = True) -> bool:
    """Whether two values of a dtype are the same; NaN is the same as NaN, -0.0 is not 0.0."""
    if isinstance(left, Complex) and isinstance(right, Complex):
        return all(same(*parts, signed_zeros) for parts in ((left.real, right.real), (left.imag, right.imag)))
    if isinstance(left, Real) and isinstance(right, Real):
        if left.is_nan or right.is_nan:
            return left.is_nan and right.is_nan
        return left == right and (not signed_zeros or left.negative == right.negative)
    return left == right
