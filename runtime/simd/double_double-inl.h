// Exact sums and products: the rounded result and what its rounding lost, both doubles.
//
// Steps by which a few operations of a function are carried to twice the precision. They are exact
// in round-to-nearest as long as nothing overflows and no error falls below the subnormal numbers.
// FastTwoSum and TwoSum: T. J. Dekker, Numer. Math. 18 (1971), and D. E. Knuth, The Art of Computer
// Programming 2, 4.2.2.
#if defined(QUERN_SIMD_DOUBLE_DOUBLE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef QUERN_SIMD_DOUBLE_DOUBLE_INL_H_
#undef QUERN_SIMD_DOUBLE_DOUBLE_INL_H_
#else
#define QUERN_SIMD_DOUBLE_DOUBLE_INL_H_
#endif

#include "hwy/highway.h"
#include "simd/fused-inl.h"

HWY_BEFORE_NAMESPACE();
namespace quern {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// sum + error = a + b; |a| >= |b|, or a = 0.
template <class V>
HWY_INLINE void FastTwoSum(V a, V b, V& sum, V& error) {
  sum = hn::Add(a, b);
  error = hn::Add(hn::Sub(a, sum), b);
}

// difference + error = a - b, likewise.
template <class V>
HWY_INLINE void FastTwoDifference(V a, V b, V& difference, V& error) {
  difference = hn::Sub(a, b);
  error = hn::Sub(hn::Sub(a, difference), b);
}

// sum + error = a + b.
template <class V>
HWY_INLINE void TwoSum(V a, V b, V& sum, V& error) {
  sum = hn::Add(a, b);
  const V added = hn::Sub(sum, a);
  error = hn::Add(hn::Sub(a, hn::Sub(sum, added)), hn::Sub(b, added));
}

// product + error = a b.
template <class D, class V>
HWY_INLINE void TwoProduct(D d, V a, V b, V& product, V& error) {
  product = hn::Mul(a, b);
#if HWY_NATIVE_FMA
  (void)d;
  error = hn::MulSub(a, b, product);
#else
  error = Fma(d, a, b, hn::Neg(product));
#endif
}

// (a + a_tail) / (b + b_tail), rounded but for 2^-50 of a place: a quotient and what it lacks, both
// by the inverse of b.
template <class D, class V>
HWY_INLINE V QuotientOfPairs(D d, V a, V a_tail, V b, V b_tail) {
  const V inverse = hn::Div(hn::Set(d, 1.0), b);
  const V quotient = hn::Mul(a, inverse);
  const V left = hn::Add(NegFma(d, quotient, b, a), NegFma(d, quotient, b_tail, a_tail));
  return Fma(d, left, inverse, quotient);
}

}  // namespace HWY_NAMESPACE
}  // namespace quern
HWY_AFTER_NAMESPACE();

#endif  // QUERN_SIMD_DOUBLE_DOUBLE_INL_H_
