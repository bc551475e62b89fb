// Finding what a translation unit compiled for a given instruction-set target.
//
// A unit that is compiled once per target (Highway's foreach_target.h) specialises a function
// template on the target's bit in each pass:
//
//   template <std::int64_t kTarget> const Table& TableOf();               // first pass only
//   template <> const Table& TableOf<HWY_TARGET>() { return HWY_NAMESPACE::kTable; }   // every
//   pass
//
// and VisitTargets, used after the last pass, visits the bits that were compiled, VisitTargetFor the
// one that a CPU target runs. No list of targets is written anywhere.
#ifndef QUERN_SIMD_TARGETS_H_
#define QUERN_SIMD_TARGETS_H_

#include <cstdint>
#include <utility>

namespace quern {

namespace detail {
template <std::int64_t kCompiled, class Visitor, int... kBit>
void VisitTargetBits(const Visitor& visitor, std::integer_sequence<int, kBit...>) {
  const auto visit = [&visitor]<int kOne>() {
    constexpr std::int64_t kTarget = std::int64_t{1} << kOne;
    if constexpr ((kCompiled & kTarget) != 0) visitor.template operator()<kTarget>();
  };
  (visit.template operator()<kBit>(), ...);
}
}  // namespace detail

// Calls visitor.operator()<kTarget>() for each target in the set kCompiled (HWY_TARGETS), best
// first.
template <std::int64_t kCompiled, class Visitor>
void VisitTargets(const Visitor& visitor) {
  detail::VisitTargetBits<kCompiled>(visitor, std::make_integer_sequence<int, 63>());
}

// The same for the best of them at or below `target`: a unit need not be compiled for every target
// that the library has. Highway's bits rise from the best target to the baseline, which is always
// compiled.
template <std::int64_t kCompiled, class Visitor>
void VisitTargetFor(std::int64_t target, const Visitor& visitor) {
  bool visited = false;
  VisitTargets<kCompiled>([&]<std::int64_t kTarget>() {
    if (visited || kTarget < target) return;
    visited = true;
    visitor.template operator()<kTarget>();
  });
}

}  // namespace quern

#endif  // QUERN_SIMD_TARGETS_H_
