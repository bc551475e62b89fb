// Uses the installed package as its users do, and checks the values it gets.
#include <quern/make_ufunc.hpp>
#include <quern/quern.hpp>

#include <array>
#include <cstddef>
#include <cstdio>
#include <cstdlib>

#if defined(_OPENMP)
#error "OpenMP reached the consumer's compile line"
#endif
#if defined(HWY_HIGHWAY_INCLUDED) || defined(HWY_BASE_H_) || defined(HIGHWAY_HWY_BASE_H_)
#error "a Highway header reached the consumer"
#endif

namespace {

void expect(const quern::Array& array, const std::array<double, 3>& expected) {
  const double* values = reinterpret_cast<const double*>(array.data());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    if (values[i] != expected[i]) {
      std::fprintf(stderr, "value %zu is %g, expected %g\n", i, values[i], expected[i]);
      std::exit(1);
    }
  }
}

}  // namespace

int main() {
  const quern::Array a = quern::arange(6.0).reshape({2, 3});
  const quern::Array b = quern::add(a, 1.0);
  expect(quern::sum(b, {.axis = 0}), {5.0, 7.0, 9.0});

  const double weight = 2.0;
  const quern::MadeUfunc weighted =
      quern::make_ufunc("weighted", [weight](double x, double y) { return x + weight * y; });
  expect(weighted.reduce(a), {6.0, 9.0, 12.0});

  try {
    quern::add(a, quern::arange(4.0));
    std::fputs("shapes that do not broadcast were accepted\n", stderr);
    return 1;
  } catch (const quern::Error&) {
  }
  std::puts("consumer: passed");
  return 0;
}
