// Binary floating-point numbers of 8 and 16 bits, as storage: they convert, and do not compute.
#ifndef QUERN_SMALL_FLOAT_HPP_
#define QUERN_SMALL_FLOAT_HPP_

#include <bit>
#include <concepts>
#include <cstdint>
#include <limits>
#include <type_traits>

namespace quern {

// A sign bit, an exponent and a significand of kSignificand bits, the hidden one included, in kBits
// bits laid out as IEEE 754 does. Without infinities the highest exponent holds numbers too, and
// only the significand of all ones there is NaN; what is too large becomes NaN.
//
// Conversions to float and double are exact; those from numbers round to nearest, ties to even,
// once. Trivial: copies, comparisons of bits and reading from files need no constructor.
template <int kBits, int kSignificand, bool kInfinities = true>
class SmallFloat {
  static_assert((kBits == 8 || kBits == 16) && kSignificand > 1 && kSignificand < kBits - 1);

 public:
  using Bits = std::conditional_t<kBits == 8, std::uint8_t, std::uint16_t>;

  // Bits of the significand that are stored, and the exponents of normal numbers.
  static constexpr int kMantissaBits = kSignificand - 1;
  static constexpr int kBias = (1 << (kBits - kSignificand - 1)) - 1;
  static constexpr int kMaxExponent = kInfinities ? kBias : kBias + 1;
  static constexpr int kMinExponent = 1 - kBias;

  // Bit patterns: the sign, the largest number, what is beyond it, a NaN.
  static constexpr Bits kSignBit = static_cast<Bits>(1u << (kBits - 1));
  static constexpr Bits kExponentMask =
      static_cast<Bits>((1u << (kBits - 1)) - (1u << kMantissaBits));
  static constexpr Bits kMaxBits =
      static_cast<Bits>(kInfinities ? kExponentMask - 1 : kSignBit - 2);
  static constexpr Bits kOverflowBits = static_cast<Bits>(kMaxBits + 1);
  static constexpr Bits kNaNBits =
      kInfinities ? static_cast<Bits>(kExponentMask | (1u << (kMantissaBits - 1))) : kOverflowBits;

  SmallFloat() = default;
  template <std::floating_point T>
  explicit constexpr SmallFloat(T value) : bits_(rounded(static_cast<double>(value))) {
    static_assert(sizeof(T) <= sizeof(double));
  }
  template <std::integral T>
  explicit constexpr SmallFloat(T value) : bits_(rounded(value < 0, magnitude_of(value), 0)) {}

  static constexpr SmallFloat from_bits(Bits bits) {
    SmallFloat value{};
    value.bits_ = bits;
    return value;
  }
  constexpr Bits bits() const { return bits_; }

  explicit constexpr operator float() const { return static_cast<float>(exact()); }
  explicit constexpr operator double() const { return exact(); }

  constexpr bool is_nan() const {
    const auto magnitude = static_cast<Bits>(bits_ & (kSignBit - 1));
    return kInfinities ? magnitude > kExponentMask : magnitude == kNaNBits;
  }

  // As numbers: the zeros are equal, and NaN is unequal to all.
  friend constexpr bool operator==(SmallFloat a, SmallFloat b) { return a.exact() == b.exact(); }

 private:
  template <std::integral T>
  static constexpr std::uint64_t magnitude_of(T value) {
    const auto wide = static_cast<std::uint64_t>(value);
    return value < 0 ? 0 - wide : wide;
  }

  // magnitude * 2^exponent.
  static constexpr Bits rounded(bool negative, std::uint64_t magnitude, int exponent) {
    const unsigned sign = negative ? kSignBit : 0u;
    if (magnitude == 0) return static_cast<Bits>(sign);
    const int top = 63 - std::countl_zero(magnitude) + exponent;
    if (top > kMaxExponent) return static_cast<Bits>(sign | kOverflowBits);
    // Of the result's last bit.
    const int unit = (top > kMinExponent ? top : kMinExponent) - kMantissaBits;
    const int shift = unit - exponent;
    std::uint64_t units = 0;
    if (shift <= 0) {
      units = magnitude << -shift;
    } else if (shift < 64) {
      units = magnitude >> shift;
      const std::uint64_t rest = magnitude & ((std::uint64_t{1} << shift) - 1);
      const std::uint64_t half = std::uint64_t{1} << (shift - 1);
      if (rest > half || (rest == half && (units & 1) != 0)) ++units;
    }
    // Rounding up may carry into the exponent, which is what it should do.
    const auto steps = static_cast<unsigned>(unit + kMantissaBits - kMinExponent);
    const unsigned bits = (steps << kMantissaBits) + static_cast<unsigned>(units);
    return static_cast<Bits>(sign | (bits > kMaxBits ? kOverflowBits : bits));
  }

  static constexpr Bits rounded(double value) {
    const auto bits = std::bit_cast<std::uint64_t>(value);
    const bool negative = bits >> 63 != 0;
    const int field = static_cast<int>(bits >> 52 & 0x7ff);
    const std::uint64_t mantissa = bits & ((std::uint64_t{1} << 52) - 1);
    if (field == 0x7ff) {
      const unsigned special = mantissa != 0 ? kNaNBits : kOverflowBits;
      return static_cast<Bits>((negative ? kSignBit : 0u) | special);
    }
    if (field == 0) return rounded(negative, mantissa, -1074);
    return rounded(negative, mantissa | std::uint64_t{1} << 52, field - 1075);
  }

  constexpr double exact() const {
    const auto sign = static_cast<std::uint64_t>((bits_ & kSignBit) != 0) << 63;
    const auto magnitude = static_cast<Bits>(bits_ & (kSignBit - 1));
    constexpr std::uint64_t kHigh = std::uint64_t{0x7ff} << 52;
    if (is_nan()) return std::bit_cast<double>(sign | kHigh | std::uint64_t{1} << 51);
    if (kInfinities && magnitude == kExponentMask) return std::bit_cast<double>(sign | kHigh);
    const unsigned field = static_cast<unsigned>(magnitude) >> kMantissaBits;
    const auto mantissa = static_cast<std::uint64_t>(magnitude & ((1u << kMantissaBits) - 1));
    if (field != 0) {
      const auto exponent = static_cast<std::uint64_t>(static_cast<int>(field) - kBias + 1023);
      return std::bit_cast<double>(sign | exponent << 52 | mantissa << (52 - kMantissaBits));
    }
    constexpr auto kUnit = static_cast<std::uint64_t>(kMinExponent - kMantissaBits + 1023) << 52;
    const double value = static_cast<double>(mantissa) * std::bit_cast<double>(kUnit);
    return sign != 0 ? -value : value;
  }

  Bits bits_;
};

template <class T>
inline constexpr bool is_small_float = false;
template <int kBits, int kSignificand, bool kInfinities>
inline constexpr bool is_small_float<SmallFloat<kBits, kSignificand, kInfinities>> = true;

}  // namespace quern

template <int kBits, int kSignificand, bool kInfinities>
struct std::numeric_limits<quern::SmallFloat<kBits, kSignificand, kInfinities>> {
  using T = quern::SmallFloat<kBits, kSignificand, kInfinities>;
  static constexpr bool is_specialized = true;
  static constexpr bool is_signed = true;
  static constexpr bool is_integer = false;
  static constexpr bool is_exact = false;
  static constexpr bool is_bounded = true;
  static constexpr bool is_modulo = false;
  static constexpr bool is_iec559 = kInfinities;
  static constexpr bool has_infinity = kInfinities;
  static constexpr bool has_quiet_NaN = true;
  static constexpr bool has_signaling_NaN = false;
  static constexpr std::float_round_style round_style = std::round_to_nearest;
  static constexpr int radix = 2;
  static constexpr int digits = kSignificand;
  static constexpr int digits10 = (kSignificand - 1) * 30103 / 100000;
  static constexpr int max_digits10 = kSignificand * 30103 / 100000 + 2;
  static constexpr int min_exponent = T::kMinExponent + 1;  // C++ counts from a half
  static constexpr int max_exponent = T::kMaxExponent + 1;
  static constexpr int min_exponent10 = (min_exponent - 1) * 30103 / 100000;
  static constexpr int max_exponent10 = T::kMaxExponent * 30103 / 100000;

  static constexpr T min() { return T::from_bits(1u << T::kMantissaBits); }
  static constexpr T max() { return T::from_bits(T::kMaxBits); }
  static constexpr T lowest() { return T::from_bits(T::kSignBit | T::kMaxBits); }
  static constexpr T denorm_min() { return T::from_bits(1); }
  static constexpr T epsilon() { return T(1.0 / (1 << T::kMantissaBits)); }
  static constexpr T round_error() { return T(0.5); }
  // Without infinities NaN stands for what is too large.
  static constexpr T infinity() { return T::from_bits(T::kOverflowBits); }
  static constexpr T quiet_NaN() { return T::from_bits(T::kNaNBits); }
};

#endif  // QUERN_SMALL_FLOAT_HPP_
