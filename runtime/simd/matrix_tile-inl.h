// Register tiles: a few rows times a few vectors of columns of a matrix product, over a run of
// units.
//
// Problem: products of every type from one loop at the speed of the multiplier. Method: an
// Arithmetic says what the operands are cut into (units), how a unit of each side joins a vector of
// sums, and in how many phases. Sums stay in registers for the whole run; a unit of the left
// operand is spread over a vector, a vector of the right one is used for every row.
//
// PlainArithmetic: units are elements: floats, and 64-bit integers where the target multiplies
// them.
//
// PairArithmetic: units are two 16-bit numbers, whose two products are summed in 32 bits by one
// instruction. 8 and 16-bit integers: one unit for two steps of the inner axis. 32-bit integers are
// x = high * 2^16 + low with signed halves, so that modulo 2^32 x y = low low + (high low + low
// high) * 2^16: the bracket is a unit of its own, summed in the first phase and shifted; the second
// phase adds low low, two steps a unit.
//
// HalfArithmetic: 64-bit integers elsewhere: the same with halves of 32 bits; the first phase sums
// 32-bit products of crossed halves in both halves of a lane.
//
// ComplexArithmetic: units are complex numbers, side by side in a vector. The left one's parts are
// spread apart: its real part multiplies the right vector, its imaginary part the same vector
// turned a quarter, (-imag, real).
//
// Vectors stand in arrays, so their size has to be known when this is compiled.
#if defined(QUERN_SIMD_MATRIX_TILE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef QUERN_SIMD_MATRIX_TILE_INL_H_
#undef QUERN_SIMD_MATRIX_TILE_INL_H_
#else
#define QUERN_SIMD_MATRIX_TILE_INL_H_
#endif

#include <complex>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "core/bool.h"
#include "hwy/highway.h"
#include "simd/lane.h"

HWY_BEFORE_NAMESPACE();
namespace quern {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// The largest tile, and how its inner loop is written.
struct TileShape {
  // As many sums as registers hold beside the operands.
  static constexpr std::size_t kRows = HWY_MAX_BYTES >= 64 ? 8 : HWY_MAX_BYTES >= 32 ? 6 : 4;
  static constexpr std::size_t kVectors = HWY_MAX_BYTES >= 64 ? 3 : 2;
  static constexpr bool kFourSteps = false;  // units that one turn of the loop takes: four, or one
};

// The same for sums in 32-bit lanes. GCC 12 moves such a sum at the loop's edge, because its vector
// type is not that of its operations, and needs a second register for it: half as many sums. Dot
// products that add to their sum are worth turns of four steps, between which no sum moves (int32
// of 512 x 512: 89 G operations/s against 63); two operations would be spread apart instead and
// spilled.
struct NarrowTileShape {
#if HWY_TARGET <= HWY_AVX3_DL
  static constexpr std::size_t kRows = 8;
  static constexpr bool kFourSteps = true;
#else
  static constexpr std::size_t kRows = HWY_MAX_BYTES >= 64 ? 6 : 4;
  static constexpr bool kFourSteps = false;
#endif
  static constexpr std::size_t kVectors = 2;
};

// A complex number as kernels of this family see it: arrays of it need no initialisation.
template <class R>
struct Complex {
  R real;
  R imag;
};

// The numbers that elements of storage type T are.
template <class T>
struct NumberOf {
  using type = Lane<T>;
};
template <class R>
struct NumberOf<std::complex<R>> {
  using type = Complex<R>;
};
template <class T>
using Number = typename NumberOf<T>::type;

// Parts side by side: the numbers of a vector times i.
template <class D, class V>
HWY_INLINE V TimesI(D d, V v) {
  const hn::RebindToUnsigned<D> du;
  using U = hn::TFromD<decltype(du)>;
  const auto odd = hn::And(hn::Iota(du, 0), hn::Set(du, 1));
  const auto sign = hn::ShiftLeft<8 * sizeof(U) - 1>(hn::Sub(hn::Set(du, 1), odd));
  return hn::Xor(hn::Reverse2(d, v), hn::BitCast(d, sign));
}

// Elements T are units and sums alike.
template <class T>
struct PlainArithmetic : TileShape {
  static constexpr bool kPlain = true;  // no unit is made of several elements or of part of one
  using Unit = T;
  using Sum = T;
  using D = hn::ScalableTag<Sum>;
  using V = hn::Vec<D>;
  static constexpr bool kTwoPhases = false;

  static constexpr std::size_t FirstUnits(std::size_t) { return 0; }
  static constexpr std::size_t SecondUnits(std::size_t inner) { return inner; }
  static HWY_INLINE V Start() { return hn::Zero(D()); }
  static HWY_INLINE V Second(V sum, V left, V right) {
    if constexpr (hwy::IsFloat<T>() && HWY_NATIVE_FMA) {
      return hn::MulAdd(left, right, sum);
    } else {
      return hn::Add(sum, hn::Mul(left, right));
    }
  }
  // Values become units: `values` holds `width` of them for each of `inner` steps, an even number
  // unless it is the last. Reads and writes up to a vector past the ends; the first phase is
  // written first.
  template <bool kLeft>
  static HWY_INLINE void MakeUnits(const Sum* values, std::size_t width, std::size_t inner,
                                   Unit* first, Unit* second) {
    (void)first;
    std::memcpy(second, values, width * inner * sizeof(Sum));
  }
};

// Complex numbers of parts R.
template <class R>
struct ComplexArithmetic : TileShape {
  static constexpr bool kPlain = true;
  using Unit = Complex<R>;
  using Sum = Complex<R>;
  using D = hn::ScalableTag<R>;
  using V = hn::Vec<D>;
  static constexpr bool kTwoPhases = false;

  static constexpr std::size_t FirstUnits(std::size_t) { return 0; }
  static constexpr std::size_t SecondUnits(std::size_t inner) { return inner; }
  static HWY_INLINE V Start() { return hn::Zero(D()); }
  // The left unit's imaginary part, as it enters products.
  static HWY_INLINE R Imag(const Unit& left) { return left.imag; }
  static HWY_INLINE V Join(V sum, V real, V imag, V right, V turned) {
#if HWY_NATIVE_FMA
    return hn::MulAdd(imag, turned, hn::MulAdd(real, right, sum));
#else
    return hn::Add(sum, hn::Add(hn::Mul(real, right), hn::Mul(imag, turned)));
#endif
  }
};

// Integers of up to 32 bits (kWide: of 32), modulo 2^32.
template <bool kWide>
struct PairArithmetic : NarrowTileShape {
  static constexpr bool kPlain = false;
  using Unit = std::int32_t;
  using Sum = std::int32_t;
  using D = hn::ScalableTag<Sum>;
  using V = hn::Vec<D>;
  static constexpr bool kTwoPhases = kWide;

  static constexpr std::size_t FirstUnits(std::size_t inner) { return kWide ? inner : 0; }
  static constexpr std::size_t SecondUnits(std::size_t inner) { return (inner + 1) / 2; }
  static HWY_INLINE V Start() { return hn::Zero(D()); }
  static HWY_INLINE V First(V sum, V left, V right) { return Second(sum, left, right); }
  static HWY_INLINE V Between(V sum) { return hn::ShiftLeft<16>(sum); }
  static HWY_INLINE V Second(V sum, V left, V right) {
    const D d;
    const hn::Repartition<std::int16_t, D> d16;
#if HWY_TARGET <= HWY_AVX3_DL
    V unused = hn::Zero(d);
    return hn::ReorderWidenMulAccumulate(d, hn::BitCast(d16, left), hn::BitCast(d16, right), sum,
                                         unused);
#else
    return hn::Add(sum,
                   hn::WidenMulPairwiseAdd(d, hn::BitCast(d16, left), hn::BitCast(d16, right)));
#endif
  }
  template <bool kLeft>
  static HWY_INLINE void MakeUnits(const Sum* values, std::size_t width, std::size_t inner,
                                   Unit* first, Unit* second) {
    const D d;
    const V low_half = hn::Set(d, 0xFFFF);
    const std::size_t lanes = hn::Lanes(d);
    if constexpr (kWide) {
      for (std::size_t k = 0; k < inner; ++k) {
        for (std::size_t i = 0; i < width; i += lanes) {
          const V x = hn::LoadU(d, values + k * width + i);
          hn::StoreU(Crossed<kLeft>(x), d, first + k * width + i);
        }
      }
    }
    for (std::size_t k = 0; k < inner; k += 2, values += 2 * width, second += width) {
      for (std::size_t i = 0; i < width; i += lanes) {
        const V x = hn::LoadU(d, values + i);
        const V y = k + 1 < inner ? hn::LoadU(d, values + width + i) : hn::Zero(d);
        hn::StoreU(hn::Or(hn::And(x, low_half), hn::ShiftLeft<16>(y)), d, second + i);
      }
    }
  }

 private:
  // Both halves of a number: (low, high) on the right, (high, low) on the left.
  template <bool kLeft>
  static HWY_INLINE V Crossed(V x) {
    const V low_half = hn::Set(D(), 0xFFFF);
    const V low = hn::ShiftRight<16>(hn::ShiftLeft<16>(x));
    const V high = hn::Sub(x, low);  // in the upper half
    const V halves = hn::Or(high, hn::And(x, low_half));
    if constexpr (!kLeft) return halves;
    return hn::Or(hn::ShiftLeft<16>(x), hn::And(hn::ShiftRight<16>(high), low_half));
  }
};

// 64-bit integers by halves.
struct HalfArithmetic : TileShape {
  static constexpr bool kPlain = false;
  using Unit = std::int64_t;
  using Sum = std::int64_t;
  using D = hn::ScalableTag<Sum>;
  using V = hn::Vec<D>;
  using D32 = hn::Repartition<std::uint32_t, D>;
  static constexpr bool kTwoPhases = true;

  static constexpr std::size_t FirstUnits(std::size_t inner) { return inner; }
  static constexpr std::size_t SecondUnits(std::size_t inner) { return inner; }
  static HWY_INLINE V Start() { return hn::Zero(D()); }
  static HWY_INLINE V First(V sum, V left, V right) {
    const D32 d32;
    const auto product = hn::Mul(hn::BitCast(d32, left), hn::BitCast(d32, right));
    return hn::BitCast(D(), hn::Add(hn::BitCast(d32, sum), product));
  }
  static HWY_INLINE V Between(V sum) {
    const hn::RebindToUnsigned<D> du;
    const auto bits = hn::BitCast(du, sum);
    return hn::BitCast(D(), hn::ShiftLeft<32>(hn::Add(bits, hn::ShiftRight<32>(bits))));
  }
  static HWY_INLINE V Second(V sum, V left, V right) {
    const D32 d32;
    const auto product = hn::MulEven(hn::BitCast(d32, left), hn::BitCast(d32, right));
    return hn::Add(sum, hn::BitCast(D(), product));
  }
  template <bool kLeft>
  static HWY_INLINE void MakeUnits(const Sum* values, std::size_t width, std::size_t inner,
                                   Unit* first, Unit* second) {
    const D d;
    for (std::size_t i = 0; i < width * inner; i += hn::Lanes(d)) {
      const V x = hn::LoadU(d, values + i);
      hn::StoreU(kLeft ? x : hn::RotateRight<32>(x), d, first + i);
    }
    std::memcpy(second, values, width * inner * sizeof(Sum));
  }
};

// What multiplies elements of storage type T. Signed and unsigned integers of a size share one.
template <class T>
struct ArithmeticOf {
  static constexpr std::size_t kBytes = sizeof(Lane<T>);
  static constexpr bool kMultiplies64 = HWY_TARGET <= HWY_AVX3 || HWY_ARCH_RVV;
  using WholePlain = PlainArithmetic<std::int64_t>;
  using Whole64 = std::conditional_t<kMultiplies64, WholePlain, HalfArithmetic>;
  using Whole = std::conditional_t<kBytes == 8, Whole64, PairArithmetic<kBytes == 4>>;
  using type = std::conditional_t<hwy::IsFloat<Lane<T>>(), PlainArithmetic<Lane<T>>, Whole>;
};
template <class R>
struct ArithmeticOf<std::complex<R>> {
  using type = ComplexArithmetic<R>;
};
template <class Arithmetic>
inline constexpr bool kIsComplex = sizeof(typename Arithmetic::Unit) ==
                                   2 * sizeof(hn::TFromD<typename Arithmetic::D>);

// Where the units of one side lie: panels of packed units, or the operand itself.
struct UnitSteps {
  std::ptrdiff_t across;  // bytes from row to row (left); the right side's vectors are contiguous
  std::ptrdiff_t inner;   // bytes from unit to unit along the inner axis
};

// A unit in all lanes.
template <bool kPairs, class D>
HWY_INLINE hn::Vec<D> Spread(D d, const hn::TFromD<D>* unit) {
  if constexpr (kPairs) {
    const hn::Vec<D> real = hn::Set(d, unit[0]);
    return hn::OddEven(hn::Set(d, unit[1]), real);
  } else {
    return hn::Set(d, *unit);
  }
}

// The right side's vectors. Lanes of the last one at and beyond `last` repeat the unit before them
// that comes first, so that they raise no flag of their own.
template <std::size_t kVectors, bool kPartial, bool kPairs, class D, class V>
HWY_INLINE void LoadRight(D d, const std::byte* right, std::size_t last, V (&b)[kVectors]) {
  using Part = hn::TFromD<D>;
  const Part* const units = reinterpret_cast<const Part*>(right);
  const std::size_t lanes = hn::Lanes(d);
  HWY_UNROLL(8)
  for (std::size_t v = 0; v < kVectors; ++v) {
    if (kPartial && v == kVectors - 1) {
      b[v] = hn::LoadNOr(Spread<kPairs>(d, units + v * lanes), d, units + v * lanes, last);
    } else {
      b[v] = hn::LoadU(d, units + v * lanes);
    }
  }
}

// One step of the inner axis: sums joined with the products of kRows units and kVectors vectors of
// columns, in the first or the second phase.
template <class Arithmetic, bool kFirst, bool kPartial, std::size_t kRows, std::size_t kVectors>
HWY_INLINE void JoinUnits(const std::byte* left, std::ptrdiff_t across, const std::byte* right,
                          std::size_t last, typename Arithmetic::V (&sum)[kRows][kVectors]) {
  using Unit = typename Arithmetic::Unit;
  using V = typename Arithmetic::V;
  constexpr bool kPairs = kIsComplex<Arithmetic>;
  const typename Arithmetic::D d;
  V b[kVectors];
  LoadRight<kVectors, kPartial, kPairs>(d, right, last * (kPairs ? 2 : 1), b);
  [[maybe_unused]] V turned[kVectors];
  if constexpr (kPairs) {
    HWY_UNROLL(8)
    for (std::size_t v = 0; v < kVectors; ++v) turned[v] = TimesI(d, b[v]);
  }
  HWY_UNROLL(8)
  for (std::size_t r = 0; r < kRows; ++r) {
    const std::byte* const place = left + static_cast<std::ptrdiff_t>(r) * across;
    const Unit& unit = *reinterpret_cast<const Unit*>(place);
    if constexpr (kPairs) {
      const V real = hn::Set(d, unit.real);
      const V imag = hn::Set(d, Arithmetic::Imag(unit));
      HWY_UNROLL(8)
      for (std::size_t v = 0; v < kVectors; ++v) {
        sum[r][v] = Arithmetic::Join(sum[r][v], real, imag, b[v], turned[v]);
      }
    } else {
      const V a = hn::Set(d, unit);
      HWY_UNROLL(8)
      for (std::size_t v = 0; v < kVectors; ++v) {
        if constexpr (kFirst) {
          sum[r][v] = Arithmetic::First(sum[r][v], a, b[v]);
        } else {
          sum[r][v] = Arithmetic::Second(sum[r][v], a, b[v]);
        }
      }
    }
  }
}

// The same for a run of `units`, which `left` and `right` are moved past.
template <class Arithmetic, bool kFirst, bool kPartial, std::size_t kRows, std::size_t kVectors>
HWY_INLINE void JoinRun(const std::byte*& left, UnitSteps left_steps, const std::byte*& right,
                        std::ptrdiff_t right_step, std::size_t units, std::size_t last,
                        typename Arithmetic::V (&sum)[kRows][kVectors]) {
  const auto next = [&]() HWY_ATTR {
    JoinUnits<Arithmetic, kFirst, kPartial>(left, left_steps.across, right, last, sum);
    left += left_steps.inner;
    right += right_step;
  };
  if constexpr (Arithmetic::kFourSteps) {
    for (; units >= 4; units -= 4) {
      next();
      next();
      next();
      next();
    }
  }
  for (; units != 0; --units) next();
}

// sums[r * width + ...] = products of kRows rows with kVectors vectors of columns. Units of the
// first phase precede those of the second. With kPartial the last vector has `last` lanes, both of
// the right side and of the sums.
template <class Arithmetic, std::size_t kRows, std::size_t kVectors, bool kPartial = false>
HWY_INLINE void MultiplyTile(const std::byte* left, UnitSteps left_steps, const std::byte* right,
                             std::ptrdiff_t right_step, std::size_t inner,
                             typename Arithmetic::Sum* sums, std::ptrdiff_t width,
                             std::size_t last = 0) {
  using Part = hn::TFromD<typename Arithmetic::D>;
  constexpr std::size_t kUnitParts = kIsComplex<Arithmetic> ? 2 : 1;
  const typename Arithmetic::D d;
  const std::size_t lanes = hn::Lanes(d);
  typename Arithmetic::V sum[kRows][kVectors];
  HWY_UNROLL(8)
  for (std::size_t r = 0; r < kRows; ++r) {
    HWY_UNROLL(8)
    for (std::size_t v = 0; v < kVectors; ++v) sum[r][v] = Arithmetic::Start();
  }
  if constexpr (Arithmetic::kTwoPhases) {
    JoinRun<Arithmetic, true, kPartial>(left, left_steps, right, right_step,
                                        Arithmetic::FirstUnits(inner), last, sum);
    HWY_UNROLL(8)
    for (std::size_t r = 0; r < kRows; ++r) {
      HWY_UNROLL(8)
      for (std::size_t v = 0; v < kVectors; ++v) sum[r][v] = Arithmetic::Between(sum[r][v]);
    }
  }
  JoinRun<Arithmetic, false, kPartial>(left, left_steps, right, right_step,
                                       Arithmetic::SecondUnits(inner), last, sum);
  HWY_UNROLL(8)
  for (std::size_t r = 0; r < kRows; ++r) {
    Part* const row = reinterpret_cast<Part*>(sums + static_cast<std::ptrdiff_t>(r) * width);
    HWY_UNROLL(8)
    for (std::size_t v = 0; v < kVectors; ++v) {
      if (kPartial && v == kVectors - 1) {
        hn::StoreN(sum[r][v], d, row + v * lanes, last * kUnitParts);
      } else {
        hn::StoreU(sum[r][v], d, row + v * lanes);
      }
    }
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace quern
HWY_AFTER_NAMESPACE();

#endif  // QUERN_SIMD_MATRIX_TILE_INL_H_
