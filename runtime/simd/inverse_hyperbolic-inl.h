// Arcsinh, Arccosh, Arctanh for double (at most 0.55 ULP) and float (at most 0.501 ULP), the same
// bits on every target.
//
// They are logarithms of a number u of at least 1, computed as a head and a tail of relative error
// 2^-100: |x| + sqrt(x^2 + 1), x + sqrt(x^2 - 1), and the root of (1 + |x|) / (1 - |x|), whose
// logarithm is halved instead. Squares and sums of 1 are exact pairs; the root and the quotient get
// tails from their residuals. The logarithm is that of a pair (logarithm-inl.h). Near 0, where u -
// 1 is no longer precise enough, arcsinh and arctanh are x and a term in x^3. Beyond 2^500 the 1
// does not matter.
//
// float goes through double without the tails, and near 0 the series have three terms more. Fused
// or not gives the same float for all 2^32 arguments (checked exhaustively with fused operations,
// without them in samples; quern_simd's long test checks all).
#if defined(QUERN_SIMD_INVERSE_HYPERBOLIC_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef QUERN_SIMD_INVERSE_HYPERBOLIC_INL_H_
#undef QUERN_SIMD_INVERSE_HYPERBOLIC_INL_H_
#else
#define QUERN_SIMD_INVERSE_HYPERBOLIC_INL_H_
#endif

#include <cstddef>

#include "hwy/highway.h"
#include "simd/double_double-inl.h"
#include "simd/elementary-inl.h"
#include "simd/flags-inl.h"
#include "simd/fused-inl.h"
#include "simd/ieee-inl.h"
#include "simd/logarithm-inl.h"

HWY_BEFORE_NAMESPACE();
namespace quern {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

namespace inverse_hyperbolic {

using elementary::AsTarget;
using elementary::Polynomial;
using elementary::ThroughDouble;

// Below them the series of x^2 are precise, those with one term and with three.
inline constexpr double kNear64 = 0x1p-20;
inline constexpr double kNear32 = 0x1p-6;
// From it the 1 beside x^2 does not matter.
inline constexpr double kFar64 = 0x1p500;

// arcsinh x / x and arctanh x / x in powers of x^2.
inline constexpr double kArcsinhSeries[] = {1.0, -1.0 / 6, 3.0 / 40, -5.0 / 112};
inline constexpr double kArctanhSeries[] = {1.0, 1.0 / 3, 1.0 / 5, 1.0 / 7};

// `result`, or near 0 the first two terms of a series.
template <std::size_t kTerms, class D, class V>
HWY_INLINE V WithSeries64(D d, const double (&series)[kTerms], V magnitude, V result) {
  const V cube = hn::Mul(hn::Mul(magnitude, magnitude), magnitude);
  const V near = Fma(d, cube, hn::Set(d, series[1]), magnitude);
  return hn::IfThenElse(hn::Lt(magnitude, hn::Set(d, kNear64)), near, result);
}

template <std::size_t kTerms, class D, class V>
HWY_INLINE V WithSeries32(D d, const double (&series)[kTerms], V magnitude, V result) {
  const V square = hn::Mul(magnitude, magnitude);
  const V near = hn::Mul(magnitude, Polynomial<AsTarget>(d, series, square));
  return hn::IfThenElse(hn::Lt(magnitude, hn::Set(d, kNear32)), near, result);
}

// root + tail = sqrt(square + square_tail).
template <class D, class V>
HWY_INLINE void RootOfPair(D d, V square, V square_tail, V& root, V& tail) {
  root = hn::Sqrt(square);
  const V left = hn::Add(NegFma(d, root, root, square), square_tail);
  tail = hn::Div(left, hn::Add(hn::Add(root, root), hn::Set(d, 0x1p-1000)));  // for 0
}

// log(head + tail), head from 1 to 2^1020.
template <class D, class V>
HWY_INLINE V LogOfPair(D d, V head, V tail) {
  V sum, rest;
  logarithm::SumOfPair(d, head, tail, logarithm::Reduce(d, head), sum, rest);
  return hn::Add(sum, rest);
}

// log(2 x) for x from 2^500.
template <class D, class V>
HWY_INLINE V LogOfTwice(D d, V x) {
  logarithm::Reduced<V> reduced = logarithm::Reduce(d, hn::Mul(x, hn::Set(d, 0.5)));
  reduced.exponent = hn::Add(reduced.exponent, hn::Set(d, 2 * logarithm::kExponentUnit));
  return logarithm::InRange64<logarithm::BaseE>(d, reduced);
}

// Replaces the lanes of `result` from 2^500 on, and infinities and NaN, of magnitudes.
template <class D, class V>
HWY_NOINLINE V Far64(V x, V result) {
  const D d;
  result = hn::IfThenElse(hn::Ge(x, hn::Set(d, kFar64)), LogOfTwice(d, x), result);
  return hn::IfThenElse(hn::IsFinite(x), result, x);
}

template <class D, class V>
HWY_INLINE V Arcsinh64(D d, V x) {
  const V magnitude = hn::Abs(x);
  V square, square_error, sum, sum_error, root, root_tail, head, tail;
  TwoProduct(d, magnitude, magnitude, square, square_error);
  TwoSum(square, hn::Set(d, 1.0), sum, sum_error);
  RootOfPair(d, sum, hn::Add(square_error, sum_error), root, root_tail);
  FastTwoSum(root, magnitude, head, tail);
  V result = LogOfPair(d, head, hn::Add(tail, root_tail));
  result = WithSeries64(d, kArcsinhSeries, magnitude, result);
  const auto ordinary = hn::Lt(magnitude, hn::Set(d, kFar64));
  if (HWY_UNLIKELY(!hn::AllTrue(d, ordinary))) result = Far64<D>(magnitude, result);
  return hn::CopySign(result, x);
}

// Replaces the lanes of `result` below 1, from `far` on, and NaN.
template <class D, class V>
HWY_NOINLINE V OutsideArccosh(FlagSet& flags, V x, V result) {
  const D d;
  const auto below = hn::Lt(x, hn::Set(d, hn::TFromD<D>{1}));
  flags.RaiseIf(d, below, kInvalid);
  if constexpr (sizeof(hn::TFromD<D>) == 8) result = Far64<D>(x, result);
  result = hn::IfThenElse(hn::IsFinite(x), result, x);
  return hn::IfThenElse(below, hn::NaN(d), result);
}

template <class D, class V>
HWY_INLINE V Arccosh64(D d, FlagSet& flags, V x) {
  const V one = hn::Set(d, 1.0);
  V square, square_error, difference, difference_error, root, root_tail, head, tail;
  TwoProduct(d, x, x, square, square_error);
  FastTwoDifference(square, one, difference, difference_error);
  RootOfPair(d, difference, hn::Add(square_error, difference_error), root, root_tail);
  FastTwoSum(x, root, head, tail);
  V result = LogOfPair(d, head, hn::Add(tail, root_tail));
  const auto ordinary = hn::And(hn::Ge(x, one), hn::Lt(x, hn::Set(d, kFar64)));
  if (HWY_UNLIKELY(!hn::AllTrue(d, ordinary))) result = OutsideArccosh<D>(flags, x, result);
  return result;
}

template <class D, class V>
HWY_INLINE V InRangeArctanh64(D d, V magnitude) {
  const V one = hn::Set(d, 1.0);
  V sum, sum_error, difference, difference_error;
  FastTwoSum(one, magnitude, sum, sum_error);
  FastTwoDifference(one, magnitude, difference, difference_error);
  const V inverse = Quotient(d, one, difference);
  const V head = hn::Mul(sum, inverse);
  const V left =
      hn::Add(NegFma(d, head, difference, sum), NegFma(d, head, difference_error, sum_error));
  const V logarithm = LogOfPair(d, head, hn::Mul(left, inverse));
  return WithSeries64(d, kArctanhSeries, magnitude, hn::Mul(logarithm, hn::Set(d, 0.5)));
}

struct ArcsinhInDouble {
  template <class D, class V>
  HWY_INLINE V operator()(D d, V x) const {
    const V magnitude = hn::Abs(x);
    const V root = hn::Sqrt(hn::MulAdd(magnitude, magnitude, hn::Set(d, 1.0)));
    const V result = logarithm::LogInDouble<logarithm::BaseE>()(d, hn::Add(magnitude, root));
    return hn::CopySign(WithSeries32(d, kArcsinhSeries, magnitude, result), x);
  }
};

struct ArccoshInDouble {
  template <class D, class V>
  HWY_INLINE V operator()(D d, V x) const {
    const V root = hn::Sqrt(hn::MulSub(x, x, hn::Set(d, 1.0)));
    return logarithm::LogInDouble<logarithm::BaseE>()(d, hn::Add(x, root));
  }
};

struct ArctanhInDouble {
  template <class D, class V>
  HWY_INLINE V operator()(D d, V x) const {
    const V one = hn::Set(d, 1.0);
    const V magnitude = hn::Abs(x);
    const V ratio = Quotient(d, hn::Add(one, magnitude), hn::Sub(one, magnitude));
    const V result = logarithm::LogInDouble<logarithm::BaseE>()(d, ratio);
    const V half = hn::Mul(result, hn::Set(d, 0.5));
    return hn::CopySign(WithSeries32(d, kArctanhSeries, magnitude, half), x);
  }
};

template <class D, class V>
HWY_INLINE V Arccosh32(D d, FlagSet& flags, V x) {
  V result = ThroughDouble(d, ArccoshInDouble(), x);
  const auto ordinary = hn::And(hn::Ge(x, hn::Set(d, 1.0f)), hn::Lt(x, hn::Inf(d)));
  if (HWY_UNLIKELY(!hn::AllTrue(d, ordinary))) result = OutsideArccosh<D>(flags, x, result);
  return result;
}

// Replaces the lanes of `result` whose magnitude is not below 1.
template <class D, class V>
HWY_NOINLINE V OutsideArctanh(FlagSet& flags, V x, V result) {
  const D d;
  const V one = hn::Set(d, hn::TFromD<D>{1});
  const V magnitude = hn::Abs(x);
  const auto pole = hn::Eq(magnitude, one);
  const auto beyond = hn::Gt(magnitude, one);
  flags.RaiseIf(d, pole, kDivideByZero);
  flags.RaiseIf(d, beyond, kInvalid);
  result = hn::IfThenElse(pole, hn::CopySign(hn::Inf(d), x), result);
  return hn::IfThenElse(hn::Or(beyond, hn::IsNaN(x)), hn::NaN(d), result);
}

}  // namespace inverse_hyperbolic

// Raises nothing.
template <class D, class V>
HWY_INLINE V Arcsinh(D d, FlagSet& /*flags*/, V x) {
  if constexpr (sizeof(hn::TFromD<D>) == 8) {
    return inverse_hyperbolic::Arcsinh64(d, x);
  } else {
    const V result = elementary::ThroughDouble(d, inverse_hyperbolic::ArcsinhInDouble(), x);
    return hn::IfThenElse(hn::IsFinite(x), result, x);
  }
}

// Raises invalid below 1.
template <class D, class V>
HWY_INLINE V Arccosh(D d, FlagSet& flags, V x) {
  if constexpr (sizeof(hn::TFromD<D>) == 8) {
    return inverse_hyperbolic::Arccosh64(d, flags, x);
  } else {
    return inverse_hyperbolic::Arccosh32(d, flags, x);
  }
}

// Raises divide_by_zero for 1 and -1, invalid beyond.
template <class D, class V>
HWY_INLINE V Arctanh(D d, FlagSet& flags, V x) {
  V result;
  if constexpr (sizeof(hn::TFromD<D>) == 8) {
    result = hn::CopySign(inverse_hyperbolic::InRangeArctanh64(d, hn::Abs(x)), x);
  } else {
    result = elementary::ThroughDouble(d, inverse_hyperbolic::ArctanhInDouble(), x);
  }
  const auto inside = hn::Lt(hn::Abs(x), hn::Set(d, hn::TFromD<D>{1}));
  if (HWY_UNLIKELY(!hn::AllTrue(d, inside))) {
    result = inverse_hyperbolic::OutsideArctanh<D>(flags, x, result);
  }
  return result;
}

}  // namespace HWY_NAMESPACE
}  // namespace quern
HWY_AFTER_NAMESPACE();

#endif  // QUERN_SIMD_INVERSE_HYPERBOLIC_INL_H_
