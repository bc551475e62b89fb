// Which vector lane type holds an element of a storage type. They differ only where memory holds
// something that vectors have no lanes for: a bool is computed on as a uint8 of 0 or 1, a complex
// number as two lanes, its parts, the bits of a small float are an integer, and a time is its
// count.
#ifndef QUERN_SIMD_LANE_H_
#define QUERN_SIMD_LANE_H_

#include <algorithm>
#include <complex>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "core/bool.h"
#include "quern/small_float.hpp"
#include "quern/time.hpp"

namespace quern {

template <class T>
struct LaneOf {
  using type = T;
};
template <>
struct LaneOf<Bool> {
  using type = std::uint8_t;
};
template <class T>
struct LaneOf<std::complex<T>> {
  using type = T;
};
template <>
struct LaneOf<datetime64> {
  using type = std::int64_t;
};
template <>
struct LaneOf<timedelta64> {
  using type = std::int64_t;
};

// Whether elements count a unit of time, and the lowest count is NaT.
template <class T>
inline constexpr bool kIsTime = std::is_same_v<T, datetime64> || std::is_same_v<T, timedelta64>;

// Lanes of an element, which lie side by side in memory: 2 for a complex number, else 1.
template <class T>
inline constexpr std::size_t kParts = 1;
template <class T>
inline constexpr std::size_t kParts<std::complex<T>> = 2;

// Size in bytes of the widest parts of some types; it sets how many elements one step of a loop
// takes.
template <class... T>
inline constexpr std::size_t kWidest = std::max({sizeof(T) / kParts<T>...});

// The unsigned integer of a size, to name a tag by size alone.
template <std::size_t kBytes>
struct UnsignedOfSize;
template <>
struct UnsignedOfSize<1> {
  using type = std::uint8_t;
};
template <>
struct UnsignedOfSize<2> {
  using type = std::uint16_t;
};
template <>
struct UnsignedOfSize<4> {
  using type = std::uint32_t;
};
template <>
struct UnsignedOfSize<8> {
  using type = std::uint64_t;
};
template <std::size_t kBytes>
using Unsigned = typename UnsignedOfSize<kBytes>::type;

template <int kBits, int kSignificand, bool kInfinities>
struct LaneOf<SmallFloat<kBits, kSignificand, kInfinities>> {
  using type = Unsigned<kBits / 8>;
};

// The bits of a float32 that was rounded to odd (see small_float-inl.h): what casts that round
// twice keep in between.
enum class OddFloat32 : std::uint32_t {};
template <>
struct LaneOf<OddFloat32> {
  using type = std::uint32_t;
};

template <class T>
using Lane = typename LaneOf<T>::type;

// The outputs of a loop that has several, in its signature: Results<double, double>(double).
template <class... Out>
struct Results;

}  // namespace quern

#endif  // QUERN_SIMD_LANE_H_
