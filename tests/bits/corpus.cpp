#include "tests/bits/corpus.h"

#include <cstddef>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

namespace quern::bits {
namespace {

// SplitMix64 (G. Steele, D. Lea, C. Flood, OOPSLA 2014): one word for each state.
std::uint64_t Word(std::uint64_t state) {
  std::uint64_t z = (state + 1) * 0x9e3779b97f4a7c15u;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

const std::vector<double>& SpecialReals() {
  using Limits = std::numeric_limits<double>;
  static const std::vector<double> values = [] {
    std::vector<double> found = {Limits::quiet_NaN()};
    for (const double size :
         {0.0, 1.0, 0.5, 2.0, 3.7, 1e-310, 1e-40, 1e-7, 0x1p-24, 448.0, 65504.0, 88.7, 709.7, 1e30,
          3.4028234663852886e38, 1e300, Limits::max(), Limits::infinity()}) {
      found.push_back(size);
      found.push_back(-size);
    }
    return found;
  }();
  return values;
}

constexpr std::size_t kSpecial = 37;

// The place among `kSpecial` values of operand `seed` in tuple i: together the operands count
// through all tuples.
std::size_t SpecialPlace(Index i, unsigned seed) {
  auto place = static_cast<std::size_t>(i);
  for (unsigned step = 0; step < seed; ++step) place /= kSpecial;
  return place % kSpecial;
}

// A multiple of 2^-12 below 64 in size, or of 2^-2 below 8.
double Moderate(std::uint64_t word) {
  const auto whole = static_cast<std::int64_t>(word >> 45) - (1 << 18);
  return word % 2 == 0 ? static_cast<double>(whole) * 0x1p-12
                       : static_cast<double>(whole / (1 << 13)) * 0.25;
}

// Where an element stands, and its random bits.
struct Element {
  Index i;
  Extent extent;
  unsigned seed;
  std::uint64_t word;

  bool special() const { return i < extent.special; }
  bool pattern() const { return !special() && extent.special != 0 && i % 2 == 0; }
};

double Real(const Element& element) {
  if (element.special()) return SpecialReals()[SpecialPlace(element.i, element.seed)];
  return Moderate(element.word);
}

std::int64_t Whole(const Element& element) {
  const auto small = static_cast<std::int64_t>(element.word >> 59) - 16;
  if (element.extent.special == 0) return small / 2;
  if (!element.special()) return small;
  const std::size_t place = SpecialPlace(element.i, element.seed);
  if (place < 16) return static_cast<std::int64_t>(place) - 8;
  const std::int64_t power = std::int64_t{1} << ((place - 16) * 3 + 2);
  return place % 2 == 0 ? power : std::numeric_limits<std::int64_t>::min() + power - 1;
}

// Elements of the dtype's parts by way of the widest of their kind, bit patterns put in afterwards.
template <class Wide, class Make>
Array Converted(DType dtype, Extent extent, unsigned seed, Make make) {
  Array wide({extent.all}, DType::of<Wide>());
  Array array({extent.all}, dtype);
  auto* value = reinterpret_cast<Wide*>(wide.data());
  const std::uint64_t stream = (std::uint64_t{seed} + 1) << 40;
  const auto at = [&](Index i) {
    return Element{i, extent, seed, Word(stream + static_cast<std::uint64_t>(i))};
  };
  for (Index i = 0; i < extent.all; ++i) value[i] = make(at(i));
  array.assign(wide, CastingLevel::unsafe);
  for (Index i = 0; i < extent.all; ++i) {
    if (!at(i).pattern()) continue;
    const std::uint64_t bits = Word(at(i).word);
    std::memcpy(array.data() + static_cast<std::size_t>(i) * dtype.size(), &bits, dtype.size());
  }
  return array;
}

Array Truths(Extent extent, unsigned seed) {
  Array array({extent.all}, DType::of<bool>());
  auto* element = reinterpret_cast<unsigned char*>(array.data());
  for (Index i = 0; i < extent.all; ++i) {
    element[i] = Word((std::uint64_t{seed} << 40) + static_cast<std::uint64_t>(i)) & 1;
  }
  return array;
}

}  // namespace

Extent TuplesOf(std::size_t operands) {
  Index special = 1;
  for (std::size_t i = 0; i < operands; ++i) special *= static_cast<Index>(kSpecial);
  return {special, special + 4099};
}

Array Corpus(DType dtype, Extent extent, unsigned seed) {
  switch (dtype.kind()) {
    case 'b':
      return Truths(extent, seed);
    case 'c': {
      Array array({extent.all}, dtype);
      array.real().assign(Corpus(dtype.part(), extent, 2 * seed));
      array.imag().assign(Corpus(dtype.part(), extent, 2 * seed + 1));
      return array;
    }
    case 'i':
    case 'u':
    case 'm':
    case 'M':
      return Converted<std::int64_t>(dtype, extent, seed, Whole);
    default:
      return Converted<double>(dtype, extent, seed, Real);
  }
}

}  // namespace quern::bits
