// Bodies over complex numbers, given as vectors of their real and of their imaginary parts.
//
// Products and quotients are those of NumPy, operation by operation: nothing is recovered from
// infinite operands as Annex G of C would have it. Order is lexicographic, the real part first; a
// number with a NaN in either part is neither less nor greater than any other. A body with two
// results hands them to `store` (simd/transform-inl.h).
//
// Magnitudes: with x >= y the greater and the lesser magnitude of the parts, s + t = x^2 + y^2
// exactly but for the last bits of t, and h = sqrt(s), the sign and size of s - h^2 + t tell
// whether h or one of its neighbours is nearest. Products are split by fused or by Dekker's
// multiplication, both exact, so that all targets agree; powers of two keep squares in range. Roots
// of doubles start from the magnitude; floats are squared and added in double, where nothing
// overflows and 53 bits decide 24.
//
// T. J. Dekker, Numer. Math. 18 (1971); C. F. Borges, ACM TOMS 47 (2020).
#if defined(QUERN_SIMD_COMPLEX_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef QUERN_SIMD_COMPLEX_INL_H_
#undef QUERN_SIMD_COMPLEX_INL_H_
#else
#define QUERN_SIMD_COMPLEX_INL_H_
#endif

#include <cstddef>
#include <limits>

#include "core/fp_flags.h"
#include "hwy/highway.h"
#include "simd/flags-inl.h"
#include "simd/ieee-inl.h"

HWY_BEFORE_NAMESPACE();
namespace quern {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

namespace complex {

// Lanes with a NaN in either part.
template <class V>
HWY_INLINE auto IsNaN(V real, V imag) {
  return hn::Or(hn::IsNaN(real), hn::IsNaN(imag));
}

// a < b, or a <= b where `or_equal`.
template <bool or_equal, class V>
HWY_INLINE auto Precedes(V a_real, V a_imag, V b_real, V b_imag) {
  const auto first = hn::AndNot(IsNaN(a_imag, b_imag), hn::Lt(a_real, b_real));
  const auto same = hn::Eq(a_real, b_real);
  if constexpr (or_equal) {
    return hn::Or(first, hn::And(same, hn::Le(a_imag, b_imag)));
  } else {
    return hn::Or(first, hn::And(same, hn::Lt(a_imag, b_imag)));
  }
}

// The flag of an ordered comparison: a NaN among the parts that decide.
template <class D, class V>
HWY_INLINE void RaiseUnordered(D d, FlagSet& flags, V a_real, V a_imag, V b_real, V b_imag) {
  const auto later = hn::And(hn::Eq(a_real, b_real), IsNaN(a_imag, b_imag));
  flags.RaiseIf(d, hn::Or(IsNaN(a_real, b_real), later), kInvalid);
}

// The first number where the mask is set, the second elsewhere.
template <class M, class V, class Store>
HWY_INLINE void Choose(M first, V a_real, V a_imag, V b_real, V b_imag, const Store& store) {
  store(hn::IfThenElse(first, a_real, b_real), hn::IfThenElse(first, a_imag, b_imag));
}

// Where a is below a bound b, as NumPy's clip finds it: a NaN counts only among the parts that
// decide.
template <class V>
HWY_INLINE auto IsBelow(V a_real, V a_imag, V b_real, V b_imag) {
  return hn::Or(hn::Lt(a_real, b_real), hn::And(hn::Eq(a_real, b_real), hn::Lt(a_imag, b_imag)));
}

// The error of a * a rounded, exact unless something overflows or underflows.
template <class D, class V>
HWY_INLINE V SquareError(D d, V a, V square) {
#if HWY_NATIVE_FMA
  (void)d;
  return hn::MulSub(a, a, square);
#else
  using T = hn::TFromD<D>;
  const V shifted =
      hn::Mul(a, hn::Set(d, static_cast<T>(sizeof(T) == 8 ? 0x1p27 + 1 : 0x1p12 + 1)));
  const V head = hn::Sub(shifted, hn::Sub(shifted, a));
  const V tail = hn::Sub(a, head);
  const V cross = hn::Mul(hn::Add(head, head), tail);
  return hn::Add(hn::Add(hn::Sub(hn::Mul(head, head), square), cross), hn::Mul(tail, tail));
#endif
}

// Powers of two between which squares of a type and their errors are in range.
template <class T>
struct Range;
template <>
struct Range<float> {
  static constexpr float kLeast = 0x1p-20f, kMost = 0x1p60f;
};
template <>
struct Range<double> {
  static constexpr double kLeast = 0x1p-400, kMost = 0x1p500;
};

// sqrt(high^2 + low^2), rounded to nearest but for cases closer to a tie than 2^-10 places; `high`
// lies in the range or was scaled to where its square is exact, 0 <= low <= high. Where the square
// of `low` or its error underflows, low is so small beside high that neither changes anything.
template <class D, class V>
HWY_INLINE V HypotInRange(D d, V high, V low) {
  const hn::RebindToSigned<D> di;
  const V high_square = hn::Mul(high, high);
  const V low_square = hn::Mul(low, low);
  const V errors = hn::Add(SquareError(d, high, high_square), SquareError(d, low, low_square));
  const V sum = hn::Add(high_square, low_square);
  const V rest = hn::Add(hn::Add(hn::Sub(high_square, sum), low_square), errors);
  const V root = hn::Sqrt(sum);
  // The root of the rounded sum is off by less than a place. The true one is left / (2 root) away
  // from it, to be compared with half a place.
  const V square = hn::Mul(root, root);
  const V left = hn::Add(hn::Sub(hn::Sub(sum, square), SquareError(d, root, square)), rest);
  const auto bits = hn::BitCast(di, root);
  const auto one = hn::Set(di, 1);
  const V above = hn::BitCast(d, hn::Add(bits, one));
  const V below = hn::BitCast(d, hn::Sub(bits, one));
  const auto up = hn::Gt(left, hn::Mul(root, hn::Sub(above, root)));
  const auto down = hn::Lt(left, hn::Mul(root, hn::Sub(below, root)));
  return hn::IfThenElse(up, above, hn::IfThenElse(down, below, root));
}

// What a magnitude and a root have in common: the magnitudes x and y of the parts as `high` and
// `low` in the range of HypotInRange, `scale` times as large; `unscale` takes a result back, the
// magnitude or its root. Returns true if the scale is 1 in all lanes and none is zero, infinite or
// NaN; false leaves something finite in such lanes.
template <bool root, class D, class V>
HWY_INLINE bool BringInRange(D d, V x, V y, V& high, V& low, V& scale, V& unscale) {
  using T = hn::TFromD<D>;
  const auto first = hn::Gt(x, y);
  high = hn::IfThenElse(first, x, y);
  low = hn::IfThenElse(first, y, x);
  const V one = hn::Set(d, T{1});
  const V zero = hn::Zero(d);
  scale = one;
  unscale = one;
  const auto in_range = hn::And(hn::Ge(high, hn::Set(d, Range<T>::kLeast)),
                                hn::Le(hn::Add(high, low), hn::Set(d, Range<T>::kMost)));
  if (HWY_LIKELY(hn::AllTrue(d, in_range))) return true;
  // Scales by the exponent of `high`, made even, with exponents that leave both powers normal.
  const hn::RebindToSigned<D> di;
  using TI = hn::TFromD<decltype(di)>;
  constexpr int kMantissa = hwy::MantissaBits<T>();
  constexpr TI kBias = std::numeric_limits<T>::max_exponent - 1;
  auto field = hn::ShiftRight<kMantissa>(hn::BitCast(di, high));
  field = hn::Or(hn::Min(field, hn::Set(di, 2 * kBias - 4)), hn::Set(di, 1));
  const auto back = root ? hn::ShiftRight<1>(hn::Add(field, hn::Set(di, kBias))) : field;
  const auto power = [&](auto exponent) HWY_ATTR {
    return hn::IfThenElse(in_range, one, hn::BitCast(d, hn::ShiftLeft<kMantissa>(exponent)));
  };
  scale = power(hn::Sub(hn::Set(di, 2 * kBias), field));
  unscale = power(back);
  const auto usable = hn::And(hn::Gt(high, zero), hn::IsFinite(high));
  high = hn::IfThenElse(usable, hn::Mul(high, scale), one);
  low = hn::IfThenElseZero(hn::And(usable, hn::IsFinite(low)), hn::Mul(low, scale));
  return false;
}

template <class D, class V>
HWY_INLINE V Absolute(D d, V real, V imag) {
  const V x = hn::Abs(real);
  const V y = hn::Abs(imag);
  V high, low, scale, unscale;
  const bool ordinary = BringInRange<false>(d, x, y, high, low, scale, unscale);
  const V found = HypotInRange(d, high, low);
  if (HWY_LIKELY(ordinary)) return found;
  const V zero = hn::Zero(d);
  const auto both_zero = hn::And(hn::Eq(x, zero), hn::Eq(y, zero));
  const V finite = hn::IfThenZeroElse(both_zero, hn::Mul(found, unscale));
  const V known = hn::IfThenElse(IsNaN(x, y), hn::NaN(d), finite);
  return hn::IfThenElse(hn::Or(hn::IsInf(x), hn::IsInf(y)), hn::Inf(d), known);
}

// Signs of zeros, of numbers with infinite parts and of NaN; others stay as they are.
template <class D, class V>
HWY_INLINE void DirectSpecial(D d, V real, V imag, V& sign_real, V& sign_imag) {
  const V one = hn::Set(d, hn::TFromD<D>{1});
  const V zero = hn::Zero(d);
  const auto far = hn::IsInf(real);
  const auto high = hn::IsInf(imag);
  const auto both_zero = hn::And(hn::Eq(real, zero), hn::Eq(imag, zero));
  const auto unclear = hn::Or(hn::And(far, high), hn::AndNot(hn::Or(far, high), IsNaN(real, imag)));
  sign_real = hn::IfThenZeroElse(hn::Or(both_zero, high), sign_real);
  sign_imag = hn::IfThenZeroElse(hn::Or(both_zero, far), sign_imag);
  sign_real = hn::IfThenElse(far, hn::CopySign(one, real), sign_real);
  sign_imag = hn::IfThenElse(high, hn::CopySign(one, imag), sign_imag);
  sign_real = hn::IfThenElse(unclear, hn::NaN(d), sign_real);
  sign_imag = hn::IfThenElse(unclear, hn::NaN(d), sign_imag);
}

// The square root of a + b i is p + q i or q + p i, up to signs: p = sqrt((|z| + |a|) / 2), and
// q = |b| / (2 p). Sets them for x = |a| and y = |b| that are finite; infinities and NaN are left
// to the caller. Only p needs a scale: q is the quotient of what is in range already.
template <class D, class V>
HWY_INLINE void Roots64(D d, V x, V y, V& p, V& q) {
  V high, low, scale, unscale;
  const bool ordinary = BringInRange<true>(d, x, y, high, low, scale, unscale);
  const V sum = hn::Add(HypotInRange(d, high, low), hn::Mul(x, scale));
  p = hn::Mul(hn::Sqrt(hn::Mul(sum, hn::Set(d, 0.5))), unscale);
  if (HWY_UNLIKELY(!ordinary)) {
    const V zero = hn::Zero(d);
    p = hn::IfThenZeroElse(hn::And(hn::Eq(x, zero), hn::Eq(y, zero)), p);
  }
  q = hn::IfThenZeroElse(hn::Eq(p, hn::Zero(d)), Quotient(d, y, hn::Add(p, p)));
}

// The same for double lanes that hold floats: nothing overflows, and the roundings to float decide.
template <class D, class V>
HWY_INLINE void RootsOfFloats(D d, V x, V y, V& p, V& q) {
  const V half = hn::Set(d, 0.5);
  const V hypot = hn::Sqrt(hn::Add(hn::Mul(x, x), hn::Mul(y, y)));
  p = hn::Sqrt(hn::Mul(hn::Add(hypot, x), half));
  q = hn::IfThenZeroElse(hn::Eq(p, hn::Zero(d)), Quotient(d, hn::Mul(y, half), p));
}

template <class D, class V>
HWY_INLINE void Roots32(D d, V x, V y, V& p, V& q) {
  const hn::Repartition<double, D> dd;
  hn::Vec<decltype(dd)> lower_p, lower_q, upper_p, upper_q;
  RootsOfFloats(dd, hn::PromoteLowerTo(dd, x), hn::PromoteLowerTo(dd, y), lower_p, lower_q);
  RootsOfFloats(dd, hn::PromoteUpperTo(dd, x), hn::PromoteUpperTo(dd, y), upper_p, upper_q);
  p = hn::Combine(d, RoundToFloat(dd, upper_p), RoundToFloat(dd, lower_p));
  q = hn::Combine(d, RoundToFloat(dd, upper_q), RoundToFloat(dd, lower_q));
}

}  // namespace complex

// a < b in lexicographic order. Raises invalid for a NaN among the parts that are compared.
template <class D, class V>
HWY_INLINE hn::Mask<D> ComplexLess(D d, FlagSet& flags, V a_real, V a_imag, V b_real, V b_imag) {
  complex::RaiseUnordered(d, flags, a_real, a_imag, b_real, b_imag);
  return complex::Precedes<false>(a_real, a_imag, b_real, b_imag);
}
template <class D, class V>
HWY_INLINE hn::Mask<D> ComplexLessEqual(D d, FlagSet& flags, V a_real, V a_imag, V b_real,
                                        V b_imag) {
  complex::RaiseUnordered(d, flags, a_real, a_imag, b_real, b_imag);
  return complex::Precedes<true>(a_real, a_imag, b_real, b_imag);
}

// The greater number, the first of two equal ones; a number with a NaN if there is one, the first.
template <class D, class V, class Store>
HWY_INLINE void ComplexMaximum(D /*d*/, FlagSet& /*flags*/, V a_real, V a_imag, V b_real, V b_imag,
                               const Store& store) {
  const auto first = hn::Or(complex::IsNaN(a_real, a_imag),
                            complex::Precedes<true>(b_real, b_imag, a_real, a_imag));
  complex::Choose(first, a_real, a_imag, b_real, b_imag, store);
}
template <class D, class V, class Store>
HWY_INLINE void ComplexMinimum(D /*d*/, FlagSet& /*flags*/, V a_real, V a_imag, V b_real, V b_imag,
                               const Store& store) {
  const auto first = hn::Or(complex::IsNaN(a_real, a_imag),
                            complex::Precedes<true>(a_real, a_imag, b_real, b_imag));
  complex::Choose(first, a_real, a_imag, b_real, b_imag, store);
}

// The same, but a number with a NaN counts as missing.
template <class D, class V, class Store>
HWY_INLINE void ComplexFmax(D /*d*/, FlagSet& /*flags*/, V a_real, V a_imag, V b_real, V b_imag,
                            const Store& store) {
  const auto first = hn::Or(complex::IsNaN(b_real, b_imag),
                            complex::Precedes<true>(b_real, b_imag, a_real, a_imag));
  complex::Choose(first, a_real, a_imag, b_real, b_imag, store);
}
template <class D, class V, class Store>
HWY_INLINE void ComplexFmin(D /*d*/, FlagSet& /*flags*/, V a_real, V a_imag, V b_real, V b_imag,
                            const Store& store) {
  const auto first = hn::Or(complex::IsNaN(b_real, b_imag),
                            complex::Precedes<true>(a_real, a_imag, b_real, b_imag));
  complex::Choose(first, a_real, a_imag, b_real, b_imag, store);
}

// a limited to [b, c]: a bound where it does not lie beyond it; a NaN in a stays.
template <class D, class V, class Store>
HWY_INLINE void ComplexClip(D /*d*/, FlagSet& /*flags*/, V a_real, V a_imag, V b_real, V b_imag,
                            V c_real, V c_imag, const Store& store) {
  const auto above =
      hn::Or(complex::IsNaN(a_real, a_imag), complex::IsBelow(b_real, b_imag, a_real, a_imag));
  const V real = hn::IfThenElse(above, a_real, b_real);
  const V imag = hn::IfThenElse(above, a_imag, b_imag);
  const auto below =
      hn::Or(complex::IsNaN(real, imag), complex::IsBelow(real, imag, c_real, c_imag));
  complex::Choose(below, real, imag, c_real, c_imag, store);
}

// a / b by the method of Smith, scaled by the part of b with the larger magnitude; parts of a over
// +0 where b is zero. The hardware raises the flags, but for invalid where b has a NaN: whether its
// comparison with one does depends on the instruction.
template <class D, class V, class Store>
HWY_INLINE void ComplexDivide(D d, FlagSet& flags, V a_real, V a_imag, V b_real, V b_imag,
                              const Store& store) {
  const V one = hn::Set(d, hn::TFromD<D>{1});
  const V none = hn::Zero(d);
  flags.RaiseIf(d, complex::IsNaN(b_real, b_imag), kInvalid);
  const V x = hn::Abs(b_real);
  const V y = hn::Abs(b_imag);
  const auto by_real = hn::Ge(x, y);
  V larger = hn::IfThenElse(by_real, b_real, b_imag);
  const V smaller = hn::IfThenElse(by_real, b_imag, b_real);
  V first = hn::IfThenElse(by_real, a_real, a_imag);
  V second = hn::IfThenElse(by_real, a_imag, a_real);
  const auto by_zero = hn::And(by_real, hn::Eq(x, none));
  const bool some_zero = !hn::AllFalse(d, by_zero);
  if (HWY_UNLIKELY(some_zero)) {
    larger = hn::IfThenElse(by_zero, one, larger);
    first = hn::IfThenZeroElse(by_zero, first);
    second = hn::IfThenZeroElse(by_zero, second);
  }
  const V ratio = Quotient(d, smaller, larger);
  const V scale = Quotient(d, one, hn::Add(larger, hn::Mul(smaller, ratio)));
  const V product = hn::Mul(first, ratio);
  V real = hn::Mul(hn::Add(first, hn::Mul(second, ratio)), scale);
  V imag = hn::Mul(
      hn::Sub(hn::IfThenElse(by_real, second, product), hn::IfThenElse(by_real, product, second)),
      scale);
  if (HWY_UNLIKELY(some_zero)) {
    const V divisor = hn::IfThenZeroElse(by_zero, one);
    real = hn::IfThenElse(by_zero, Quotient(d, a_real, divisor), real);
    imag = hn::IfThenElse(by_zero, Quotient(d, a_imag, divisor), imag);
  }
  store(real, imag);
}

// 1 / (a + b i) scaled by the part with the larger magnitude; NaN for zero. Flags as for quotients.
template <class D, class V, class Store>
HWY_INLINE void ComplexReciprocal(D d, FlagSet& flags, V real, V imag, const Store& store) {
  flags.RaiseIf(d, complex::IsNaN(real, imag), kInvalid);
  const auto by_real = hn::Le(hn::Abs(imag), hn::Abs(real));
  const V larger = hn::IfThenElse(by_real, real, imag);
  const V smaller = hn::IfThenElse(by_real, imag, real);
  const V ratio = Quotient(d, smaller, larger);
  const V divisor = hn::Add(larger, hn::Mul(smaller, ratio));
  const V first = Quotient(d, hn::Set(d, hn::TFromD<D>{1}), divisor);
  const V second = Quotient(d, ratio, divisor);
  store(hn::IfThenElse(by_real, first, second), hn::Neg(hn::IfThenElse(by_real, second, first)));
}

// The magnitude; infinite if a part is, also beside a NaN. Raises nothing.
template <class D, class V>
HWY_INLINE V ComplexAbsolute(D d, FlagSet& /*flags*/, V real, V imag) {
  return complex::Absolute(d, real, imag);
}

// a / |a|, where neither the magnitude nor its square overflows; zero for zero, and for an infinite
// part beside another part its direction. Raises underflow where a part is subnormal or zero and
// not exact.
template <class D, class V, class Store>
HWY_INLINE void ComplexSign(D d, FlagSet& flags, V real, V imag, const Store& store) {
  const V x = hn::Abs(real);
  const V y = hn::Abs(imag);
  V high, low, scale, unscale;
  const bool ordinary = complex::BringInRange<false>(d, x, y, high, low, scale, unscale);
  const V length = complex::HypotInRange(d, high, low);
  V sign_real = Quotient(d, hn::Mul(real, scale), length);
  V sign_imag = Quotient(d, hn::Mul(imag, scale), length);
  // Only the lesser part can be tiny.
  const V lesser = hn::IfThenElse(hn::Gt(x, y), y, x);
  const V found = hn::Abs(hn::IfThenElse(hn::Gt(x, y), sign_imag, sign_real));
  const auto tiny = hn::Lt(found, hn::Set(d, std::numeric_limits<hn::TFromD<D>>::min()));
  const V back = hn::Mul(hn::Mul(found, length), unscale);
  const auto finite = hn::And(hn::IsFinite(real), hn::IsFinite(imag));
  flags.RaiseIf(d, hn::And(hn::And(tiny, finite), hn::Ne(back, lesser)), kUnderflow);
  if (HWY_UNLIKELY(!ordinary)) complex::DirectSpecial(d, real, imag, sign_real, sign_imag);
  store(sign_real, sign_imag);
}

// The root whose real part carries no minus sign; infinities and NaN as in Annex G of C. Raises
// underflow where a part is subnormal, or zero for another reason than a zero in the argument.
template <class D, class V, class Store>
HWY_INLINE void ComplexSqrt(D d, FlagSet& flags, V real, V imag, const Store& store) {
  using T = hn::TFromD<D>;
  const V x = hn::Abs(real);
  const V y = hn::Abs(imag);
  V p, q;
  if constexpr (sizeof(T) == 8) {
    complex::Roots64(d, x, y, p, q);
  } else {
    complex::Roots32(d, x, y, p, q);
  }
  const V zero = hn::Zero(d);
  const auto left = hn::Lt(real, zero);
  const auto finite = hn::And(hn::IsFinite(real), hn::IsFinite(imag));
  const auto tiny = hn::Lt(q, hn::Set(d, std::numeric_limits<T>::min()));
  flags.RaiseIf(d, hn::And(hn::AndNot(hn::Eq(y, zero), tiny), finite), kUnderflow);
  V root_real = hn::IfThenElse(left, q, p);
  V root_imag = hn::IfThenElse(left, p, q);
  if (HWY_UNLIKELY(!hn::AllTrue(d, finite))) {
    const V inf = hn::Inf(d);
    const V nan = hn::NaN(d);
    const V lesser = hn::IfThenElse(hn::IsNaN(imag), nan, zero);
    const auto infinite = hn::IsInf(real);
    root_real = hn::IfThenElse(infinite, hn::IfThenElse(left, lesser, inf), root_real);
    root_imag = hn::IfThenElse(infinite, hn::IfThenElse(left, inf, lesser), root_imag);
    const auto unclear = hn::AndNot(infinite, complex::IsNaN(real, imag));
    root_real = hn::IfThenElse(unclear, nan, root_real);
    root_imag = hn::IfThenElse(unclear, nan, root_imag);
    root_real = hn::IfThenElse(hn::IsInf(imag), inf, root_real);
    root_imag = hn::IfThenElse(hn::IsInf(imag), inf, root_imag);
  }
  store(root_real, hn::CopySign(root_imag, imag));
}

}  // namespace HWY_NAMESPACE
}  // namespace quern
HWY_AFTER_NAMESPACE();

#endif  // QUERN_SIMD_COMPLEX_INL_H_
