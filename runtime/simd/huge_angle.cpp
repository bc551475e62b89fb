#include "simd/huge_angle.h"

#include <bit>
#include <cmath>
#include <limits>

#include "simd/trigonometric_tables.h"

namespace quern::trigonometric {
namespace {

__extension__ using Wide = unsigned __int128;

// The top 128 bits after the point of x / (2 pi), modulo 1, and whole multiples of 1/32 split off.
struct Turns {
  std::int64_t count;  // the multiples
  Wide rest;           // 2^128 is 1/32
};

// The 64 bits of the table from one on.
std::uint64_t BitsFrom(std::size_t first) {
  const std::size_t word = first / 64;
  const std::size_t shift = first % 64;
  const Wide two = Wide{kTurnWords[word]} << 64 | kTurnWords[word + 1];
  return static_cast<std::uint64_t>(two >> (64 - shift));
}

Turns TurnsOf(double x) {
  const std::uint64_t bits = std::bit_cast<std::uint64_t>(x);
  const std::uint64_t mantissa = (bits & 0xfffffffffffff) | 0x10000000000000;
  // x = mantissa 2^exponent: so many bits of 1 / (2 pi) give whole turns; 64 zeros come before.
  const auto exponent = static_cast<std::int64_t>(bits >> 52) - 1075;
  const auto first = static_cast<std::size_t>(64 + exponent);
  const Wide low = Wide{mantissa} * BitsFrom(first + 128);
  const Wide middle = Wide{mantissa} * BitsFrom(first + 64) + (low >> 64);
  const std::uint64_t top = mantissa * BitsFrom(first) + static_cast<std::uint64_t>(middle >> 64);
  const Wide turns = Wide{top} << 64 | static_cast<std::uint64_t>(middle);
  return {static_cast<std::int64_t>(top >> 59), turns << 5 | static_cast<std::uint64_t>(low) >> 59};
}

// magnitude / 2^128 as a sum of two doubles.
void Split(Wide magnitude, double& head, double& tail) {
  const auto top = static_cast<std::uint64_t>(magnitude >> 64);
  const int zeros = top != 0 ? std::countl_zero(top)
                             : 64 + std::countl_zero(static_cast<std::uint64_t>(magnitude));
  if (zeros == 128) {
    head = tail = 0;
    return;
  }
  magnitude <<= zeros;
  head = std::ldexp(static_cast<double>(static_cast<std::uint64_t>(magnitude >> 75)), -53 - zeros);
  tail = std::ldexp(static_cast<double>(static_cast<std::uint64_t>(magnitude >> 11)), -117 - zeros);
}

}  // namespace

void ReduceHugeAngles(const double* x, std::size_t n, std::int64_t* count, double* head,
                      double* tail) {
  for (std::size_t i = 0; i < n; ++i) {
    count[i] = 0;
    head[i] = tail[i] = 0;
    if (!(x[i] >= kLeastHuge && x[i] <= std::numeric_limits<double>::max())) continue;
    const auto [whole, rest] = TurnsOf(x[i]);
    const bool above = rest >> 127 != 0;  // nearer to the next multiple
    Split(above ? -rest : rest, head[i], tail[i]);
    count[i] = whole + (above ? 1 : 0);
    if (above) head[i] = -head[i], tail[i] = -tail[i];
  }
}

}  // namespace quern::trigonometric
