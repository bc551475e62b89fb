// Pieces that elementary functions share: polynomials, and float functions by way of double.
#if defined(QUERN_SIMD_ELEMENTARY_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef QUERN_SIMD_ELEMENTARY_INL_H_
#undef QUERN_SIMD_ELEMENTARY_INL_H_
#else
#define QUERN_SIMD_ELEMENTARY_INL_H_
#endif

#include <cstddef>

#include "hwy/highway.h"
#include "simd/fused-inl.h"

HWY_BEFORE_NAMESPACE();
namespace quern {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

namespace elementary {

// Products and sums that are rounded once on every target.
struct Fused {
  template <class D, class V>
  static HWY_INLINE V MulAdd(D d, V a, V b, V c) {
    return Fma(d, a, b, c);
  }
  template <class D, class V>
  static HWY_INLINE V NegMulAdd(D d, V a, V b, V c) {
    return NegFma(d, a, b, c);
  }
};

// Products and sums that the target rounds once or twice: for functions whose rounded results are
// known not to depend on it.
struct AsTarget {
  template <class D, class V>
  static HWY_INLINE V MulAdd(D /*d*/, V a, V b, V c) {
    return hn::MulAdd(a, b, c);
  }
  template <class D, class V>
  static HWY_INLINE V NegMulAdd(D /*d*/, V a, V b, V c) {
    return hn::NegMulAdd(a, b, c);
  }
};

// The sum of coefficients[i] x^i.
template <class Arithmetic, std::size_t kTerms, class D, class V>
HWY_INLINE V Polynomial(D d, const double (&coefficients)[kTerms], V x) {
  V sum = hn::Set(d, coefficients[kTerms - 1]);
  for (std::size_t i = kTerms - 1; i-- > 0;) {
    sum = Arithmetic::MulAdd(d, sum, x, hn::Set(d, coefficients[i]));
  }
  return sum;
}

// A function of double vectors on float lanes, rounded to float.
template <class Function, class D, class... V>
HWY_INLINE hn::Vec<D> ThroughDouble(D d, Function function, V... x) {
  const hn::Half<D> dh;
  const hn::Repartition<double, D> dd;
  const auto lower = function(dd, hn::PromoteLowerTo(dd, x)...);
  const auto upper = function(dd, hn::PromoteUpperTo(dd, x)...);
  return hn::Combine(d, hn::DemoteTo(dh, upper), hn::DemoteTo(dh, lower));
}

}  // namespace elementary

}  // namespace HWY_NAMESPACE
}  // namespace quern
HWY_AFTER_NAMESPACE();

#endif  // QUERN_SIMD_ELEMENTARY_INL_H_
