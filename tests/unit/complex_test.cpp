// Complex arrays through the C++ API. Expected texts and values are NumPy 2.4's.
#include <cmath>
#include <complex>

#include "arrays.h"
#include "quern/io.hpp"

namespace quern {
namespace {

using Complex64 = std::complex<float>;
using Complex128 = std::complex<double>;

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

Array Of(std::initializer_list<Complex128> values) { return Array::from_values(values); }

// Bit for bit, but for NaN; so that signs of zeros count.
void ExpectSame(Complex128 found, Complex128 expected) {
  const double parts[2][2] = {{found.real(), expected.real()}, {found.imag(), expected.imag()}};
  for (const auto& [part, wanted] : parts) {
    if (std::isnan(wanted)) {
      EXPECT_TRUE(std::isnan(part)) << found << " for " << expected;
    } else {
      EXPECT_EQ(part, wanted) << found << " for " << expected;
      EXPECT_EQ(std::signbit(part), std::signbit(wanted)) << found << " for " << expected;
    }
  }
}

class Complex : public ::testing::Test {
 protected:
  void TearDown() override { set_target(supported_targets().front()); }
  const ErrorStateScope quiet_{[] {
    ErrorState state;
    state.divide = state.over = state.under = state.invalid = ErrorAction::ignore;
    return state;
  }()};
};

TEST_F(Complex, NumbersTakeTheDTypeOfTheirArray) {
  const Array narrow = Array::from_values({1.0f, 2.0f});
  const Array wide = Array::from_values({1.0, 2.0});
  const Array whole = Array::from_values({1, 2});
  const Complex128 i{0.0, 1.0};
  EXPECT_EQ(add(narrow, i).dtype(), DType::of<Complex64>());
  EXPECT_EQ(add(narrow, Complex64(0, 1)).dtype(), DType::of<Complex64>());
  EXPECT_EQ(add(wide, i).dtype(), DType::of<Complex128>());
  EXPECT_EQ(add(whole, i).dtype(), DType::of<Complex128>());
  EXPECT_EQ(add(Of({1.0}).astype(DType::of<Complex64>()), i).dtype(), DType::of<Complex64>());
  EXPECT_EQ(add(Of({1.0}).astype(DType::of<Complex64>()), 2.5).dtype(), DType::of<Complex64>());
  EXPECT_EQ(add(i, 1).dtype(), DType::of<Complex128>());
  ExpectSame((whole * i)(1).item<Complex128>(), {0.0, 2.0});
}

TEST_F(Complex, NumbersNeverBecomeReal) {
  const Array real = Array::from_values({1.0, 2.0});
  EXPECT_THROW(add(real, Complex128(0, 1), {.dtype = DType::of<double>()}), CastError);
  EXPECT_THROW(sum(real, {.initial = Complex128(0, 1)}), CastError);
  EXPECT_THROW(floor_divide(real, Complex128(0, 1)), TypeError);
  EXPECT_TRUE(logical_and(Array::from_values({true}), Complex128(0, 1))(0).item<bool>())
      << "but truth values";
  EXPECT_THROW(Of({1.0}).astype(DType::of<double>(), CastingLevel::same_kind), CastError);
}

TEST_F(Complex, CastsKeepTheRealPart) {
  const Array values = Of({{1.5, 7.0}, {0.0, 2.0}, {-3.0, 0.0}, {0.0, 0.0}});
  EXPECT_EQ(values.astype(DType::of<double>()).to_vector<double>(),
            (std::vector<double>{1.5, 0.0, -3.0, 0.0}));
  EXPECT_EQ(values.astype(DType::of<std::int8_t>()).to_vector<std::int8_t>(),
            (std::vector<std::int8_t>{1, 0, -3, 0}));
  EXPECT_EQ(values.astype(DType::of<bool>()).to_vector<unsigned char>(),
            (std::vector<unsigned char>{1, 1, 1, 0}));
  EXPECT_EQ(values.astype(DType::of<Complex64>()).to_vector<Complex64>(),
            (std::vector<Complex64>{{1.5f, 7.0f}, {0.0f, 2.0f}, {-3.0f, 0.0f}, {0.0f, 0.0f}}));
  const Array truths = Array::from_values({true, false});
  EXPECT_EQ(truths.astype(DType::of<Complex64>()).to_vector<Complex64>(),
            (std::vector<Complex64>{1.0f, 0.0f}));
  const Array whole = Array::from_values({std::int64_t{1} << 53, std::int64_t{-7}});
  EXPECT_EQ(whole.astype(DType::of<Complex128>()).to_vector<Complex128>(),
            (std::vector<Complex128>{0x1p53, -7.0}));
}

TEST_F(Complex, EveryLayoutGivesTheSameElements) {
  const Array a = Of({{1, 2}, {3, -4}, {-5, 0.5}, {0, 1}, {2, 2}, {-1, -1}});
  const Array b = Of({{2, 1}, {0, 3}, {1, 1}, {-2, 0}, {4, -4}, {0.5, 0}});
  const Array dense = multiply(a, b);
  for (const Layout& layout : kLayouts) {
    const Array found = multiply(Relaid(a, layout).array(), Relaid(b, layout).array());
    for (Index i = 0; i < a.size(); ++i) {
      ExpectSame(found(i).item<Complex128>(), dense(i).item<Complex128>());
    }
  }
  const Array mask = Array::from_values({true, false, true, false, false, true});
  const Array out = a.copy();
  divide(a, b, {.out = const_cast<Array*>(&out), .where = &mask});
  ExpectSame(out(1).item<Complex128>(), {3, -4});
  ExpectSame(out(2).item<Complex128>(), divide(a, b)(2).item<Complex128>());
}

TEST_F(Complex, InPlaceAtEveryLength) {
  for (std::string_view target : supported_targets()) {
    set_target(target);
    for (Index n = 1; n < 40; ++n) {
      Array values({n}, DType::of<Complex64>());
      const View<Complex64> view = values.view<Complex64>();
      for (Index i = 0; i < n; ++i) view(i) = {static_cast<float>(i), 1.0f};
      multiply(values, values, {.out = &values});
      for (Index i = 0; i < n; ++i) {
        const auto x = static_cast<float>(i);
        ASSERT_EQ(view(i), Complex64(x * x - 1.0f, 2.0f * x)) << target << ' ' << n << ' ' << i;
      }
    }
  }
}

TEST_F(Complex, ReductionsFoldAsNumPyDoes) {
  const Array values = Of({{1, 2}, {3, 4}, {-1, 0.5}});
  ExpectSame(sum(values).item<Complex128>(), {3, 6.5});
  ExpectSame(prod(values).item<Complex128>(), {0, -12.5});
  ExpectSame(max(values).item<Complex128>(), {3, 4});
  ExpectSame(min(values).item<Complex128>(), {-1, 0.5});
  ExpectSame(mean(values).item<Complex128>(), {1, 6.5 / 3});
  EXPECT_TRUE(all(values).item<bool>());
  ExpectSame(max(Of({{1, kNan}, {3, 0}})).item<Complex128>(), {1, kNan});
  const Array mask = Array::from_values({true, false, true});
  ExpectSame(sum(values, {.where = &mask}).item<Complex128>(), {0, 2.5});
  ExpectSame(prod(values, {.where = &mask}).item<Complex128>(), {-2, -1.5});
  ExpectSame(max(values, {.initial = Complex128(2, 0), .where = &mask}).item<Complex128>(), {2, 0});
  ExpectSame(sum(Array({0}, DType::of<Complex64>())).item<Complex128>(), 0.0);
  ExpectSame(prod(Array({0}, DType::of<Complex64>())).item<Complex128>(), 1.0);
  const Array running = Ufunc::find("multiply").accumulate(values);
  ExpectSame(running(1).item<Complex128>(), {-5, 10});
  ExpectSame(running(2).item<Complex128>(), {0, -12.5});
  ExpectSame(Ufunc::find("add").accumulate(values)(2).item<Complex128>(), {3, 6.5});
}

// Numbers of every magnitude, with parts as far apart as they get.
std::vector<Complex128> Scattered(std::size_t n) {
  Random random(31);
  std::vector<Complex128> values;
  const auto part = [&] {
    const double mantissa = std::uniform_real_distribution<double>(-2.0, 2.0)(random);
    return std::ldexp(mantissa, static_cast<int>(RandomIndex(random, -1073, 1022)));
  };
  for (std::size_t i = 0; i < n; ++i) {
    const double first = part();
    const double near = first * std::uniform_real_distribution<double>(-4.0, 4.0)(random);
    values.emplace_back(i % 2 == 0 ? first : near, i % 4 < 2 ? near : part());
  }
  return values;
}

// Distance in units of the last place, of the least normal number where results are subnormal.
double Ulps(double found, long double exact) {
  if (static_cast<double>(exact) == found) return 0.0;
  int exponent = 0;
  std::frexp(static_cast<double>(exact), &exponent);
  const long double unit = std::ldexp(1.0L, std::max(exponent - 53, -1074));
  return static_cast<double>(std::abs((found - exact) / unit));
}

TEST_F(Complex, MagnitudesOfAnySizeOnEveryTarget) {
  const std::vector<Complex128> values = Scattered(20000);
  const Array array = Array::from_values(std::span<const Complex128>(values));
  const std::vector<double> first = absolute(array).to_vector<double>();
  for (std::size_t i = 0; i < values.size(); ++i) {
    const long double exact = std::hypot(static_cast<long double>(values[i].real()),
                                         static_cast<long double>(values[i].imag()));
    if (exact >= 0x1.fffffffffffff8p1023L) {
      EXPECT_EQ(first[i], kInf) << values[i];
    } else {
      EXPECT_LE(Ulps(first[i], exact), exact < 0x1p-1022L ? 0.75 : 0.5001) << values[i];
    }
  }
  for (std::string_view target : supported_targets()) {
    set_target(target);
    EXPECT_EQ(absolute(array).to_vector<double>(), first) << target;
  }
}

TEST_F(Complex, RootsOfAnySizeOnEveryTarget) {
  const std::vector<Complex128> values = Scattered(20000);
  const Array array = Array::from_values(std::span<const Complex128>(values));
  const std::vector<Complex128> first = sqrt(array).to_vector<Complex128>();
  double worst = 0.0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::complex<long double> exact =
        std::sqrt(std::complex<long double>(values[i].real(), values[i].imag()));
    worst =
        std::max({worst, Ulps(first[i].real(), exact.real()), Ulps(first[i].imag(), exact.imag())});
  }
  EXPECT_LE(worst, 2.5);
  for (std::string_view target : supported_targets()) {
    set_target(target);
    EXPECT_EQ(sqrt(array).to_vector<Complex128>(), first) << target;
  }
}

TEST_F(Complex, DirectionsOfAnySizeOnEveryTarget) {
  std::vector<Complex128> values = Scattered(20000);
  std::erase_if(values, [](Complex128 value) {
    return !std::isfinite(value.real()) || !std::isfinite(value.imag());
  });
  const Array array = Array::from_values(std::span<const Complex128>(values));
  const std::vector<Complex128> first = sign(array).to_vector<Complex128>();
  double worst = 0.0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const long double real = values[i].real();
    const long double imag = values[i].imag();
    const long double size = std::hypot(real, imag);
    worst = std::max(
        {worst, Ulps(first[i].real(), real / size), Ulps(first[i].imag(), imag / size)});
  }
  EXPECT_LE(worst, 1.5);
  for (std::string_view target : supported_targets()) {
    set_target(target);
    EXPECT_EQ(sign(array).to_vector<Complex128>(), first) << target;
  }
}

TEST_F(Complex, PartsAreViews) {
  const Array values = Of({{1, 2}, {3, -4}, {-5, 0.5}, {0, 1}}).reshape({2, 2});
  EXPECT_EQ(values.transpose().real().to_vector<double>(), (std::vector<double>{1, -5, 3, 0}));
  EXPECT_EQ(values.imag().to_vector<double>(), (std::vector<double>{2, -4, 0.5, 1}));
  EXPECT_EQ(values.imag().dtype(), DType::of<double>());
  values.imag().assign(Array::scalar(7.0));
  ExpectSame(values(0, 1).item<Complex128>(), {3, 7});
  const Array swapped = values.astype(DType::of<Complex64>().with_byte_order(true));
  EXPECT_EQ(swapped.real().dtype(), DType::of<float>().with_byte_order(true));
  EXPECT_EQ(swapped.real().to_vector<double>(), (std::vector<double>{1, 3, -5, 0}));
  EXPECT_FALSE(values.readonly().real().writeable());
  const Array whole = Array::from_values({1, 2});
  EXPECT_EQ(whole.real().data(), whole.data());
  EXPECT_EQ(whole.imag().to_vector<int>(), (std::vector<int>{0, 0}));
  EXPECT_EQ(whole.imag().dtype(), whole.dtype());
  EXPECT_FALSE(whole.imag().writeable());
}

TEST_F(Complex, NpyFilesHoldThem) {
  const Array values = Of({{1, 2}, {-0.0, kInf}});
  for (DType dtype : {DType::of<Complex64>(), DType::of<Complex128>(),
                      DType::of<Complex128>().with_byte_order(true)}) {
    const Array stored = values.astype(dtype);
    const std::vector<std::byte> bytes = save_npy(stored);
    const Array loaded = load_npy(bytes);
    EXPECT_EQ(loaded.dtype(), dtype);
    ExpectSame(loaded(1).item<Complex128>(), {-0.0, kInf});
  }
}

TEST_F(Complex, PrintsAsNumPyDoes) {
  EXPECT_EQ(Of({{1, 2}, {3.5, -4}}).to_string(), "[1. +2.j 3.5-4.j]");
  EXPECT_EQ(Of({{1, 10}, {1, 2}}).to_string(), "[1.+10.j 1. +2.j]");
  EXPECT_EQ(Of({{0.1, 1.0 / 3}}).to_string(), "[0.1+0.33333333j]");
  EXPECT_EQ(Of({{1, 2}, {-1e-5, 1e10}}).to_string(), "[ 1.e+00+2.e+00j -1.e-05+1.e+10j]");
  EXPECT_EQ(Of({{kNan, 1}, {kInf, -kInf}, {1, 0.25}}).to_string(),
            "[nan+1.j   inf -infj  1.+0.25j]");
  EXPECT_EQ(Of({{1, kNan}, {2, 3.25}}).to_string(), "[1. +nanj 2.+3.25j]");
  EXPECT_EQ(Of({{1, 1}, 2, 3, {0, 4}}).reshape({2, 2}).to_string(),
            "[[1.+1.j 2.+0.j]\n [3.+0.j 0.+4.j]]");
  EXPECT_EQ(Of({{0.1, 0.2}, 1.0 / 3}).astype(DType::of<Complex64>()).to_string(),
            "[0.1       +0.2j 0.33333334+0.j ]");
}

TEST_F(Complex, LoneNumbersPrintAsPythons) {
  const auto lone = [](double real, double imag) {
    return Array::scalar(Complex128(real, imag)).to_string();
  };
  EXPECT_EQ(lone(1, 2), "(1+2j)");
  EXPECT_EQ(lone(0, 1), "1j");
  EXPECT_EQ(lone(-0.0, 1), "(-0+1j)");
  EXPECT_EQ(lone(1, -0.0), "(1-0j)");
  EXPECT_EQ(lone(kNan, kInf), "(nan+infj)");
  EXPECT_EQ(lone(1e16, 1e-5), "(1e+16+1e-05j)");
  EXPECT_EQ(lone(0, -0.0), "-0j");
  EXPECT_EQ(lone(1.5, kNan), "(1.5+nanj)");
  EXPECT_EQ(Array::scalar(Complex64(0.1f, 0.2f)).to_string(), "(0.1+0.2j)");
  EXPECT_EQ(Array::scalar(Complex64(999999, 1e6f)).to_string(), "(999999+1e+06j)");
}

}  // namespace
}  // namespace quern
