// The movers of every compiled target, and their choice by target.
#include "generated_targets.h"  // before any Highway header

#include "simd/movers.h"

#include <cstring>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "simd/movers.cpp"
#include "hwy/foreach_target.h"  // re-includes this file once per target
// After foreach_target.h.
#include "hwy/highway.h"
#include "simd/byteswap-inl.h"
#include "simd/move-inl.h"
#include "simd/targets.h"

#ifndef QUERN_SIMD_MOVERS_ONCE
#define QUERN_SIMD_MOVERS_ONCE
namespace quern {
namespace {

template <std::int64_t kTarget>
const MoverTable& MoversOf();

void CopyBytes(const void* src, std::size_t n, void* dst) {
  if (src != dst && n != 0) std::memcpy(dst, src, n);
}

}  // namespace
}  // namespace quern
#endif  // QUERN_SIMD_MOVERS_ONCE

HWY_BEFORE_NAMESPACE();
namespace quern {
namespace HWY_NAMESPACE {
namespace {

constexpr MoverTable kMovers = {
    {PackStridedOf<1>, PackStridedOf<2>, PackStridedOf<4>, PackStridedOf<8>, PackStridedOf<16>},
    {UnpackStridedOf<1>, UnpackStridedOf<2>, UnpackStridedOf<4>, UnpackStridedOf<8>,
     UnpackStridedOf<16>},
    {CompressByMaskOf<1>, CompressByMaskOf<2>, CompressByMaskOf<4>, CompressByMaskOf<8>,
     CompressByMaskOf<16>},
    {ExpandByMaskOf<1>, ExpandByMaskOf<2>, ExpandByMaskOf<4>, ExpandByMaskOf<8>,
     ExpandByMaskOf<16>},
    {CopyBytes, ByteSwap<2>, ByteSwap<4>, ByteSwap<8>, ByteSwap<16>},
    {{AnyOutsideOf<std::uint8_t>, AnyOutsideOf<std::uint16_t>, AnyOutsideOf<std::uint32_t>,
      AnyOutsideOf<std::uint64_t>},
     {AnyOutsideOf<std::int8_t>, AnyOutsideOf<std::int16_t>, AnyOutsideOf<std::int32_t>,
      AnyOutsideOf<std::int64_t>}},
};

}  // namespace
}  // namespace HWY_NAMESPACE

namespace {
template <>
const MoverTable& MoversOf<HWY_TARGET>() {
  return HWY_NAMESPACE::kMovers;
}
}  // namespace
}  // namespace quern
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace quern {

const MoverTable& MoversFor(std::int64_t target) {
  const MoverTable* found = &MoversOf<HWY_STATIC_TARGET>();
  VisitTargetFor<HWY_TARGETS>(target,
                              [&]<std::int64_t kTarget>() { found = &MoversOf<kTarget>(); });
  return *found;
}

}  // namespace quern
#endif  // HWY_ONCE
