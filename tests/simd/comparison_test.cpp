// Comparisons, those of signed with unsigned integers among them, logic and constants against
// scalar code.
#include "generated_targets.h"  // before any Highway header

#include <cstdint>
#include <utility>
#include <vector>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tests/simd/comparison_test.cpp"
#include "hwy/foreach_target.h"  // re-includes this file once per target
// After foreach_target.h.
#include "hwy/highway.h"
#include "simd/comparison-inl.h"
#include "simd/logical-inl.h"
#include "tests/simd/harness.h"
#include "tests/simd/kernel-inl.h"

HWY_BEFORE_NAMESPACE();
namespace quern {
namespace HWY_NAMESPACE {
namespace {

QUERN_TEST_BODY(Equal)
QUERN_TEST_BODY(NotEqual)
QUERN_TEST_BODY(Less)
QUERN_TEST_BODY(LessEqual)
QUERN_TEST_BODY(Greater)
QUERN_TEST_BODY(GreaterEqual)
QUERN_TEST_BODY(EqualAcross)
QUERN_TEST_BODY(NotEqualAcross)
QUERN_TEST_BODY(LessAcross)
QUERN_TEST_BODY(LessEqualAcross)
QUERN_TEST_BODY(GreaterAcross)
QUERN_TEST_BODY(GreaterEqualAcross)
QUERN_TEST_BODY(LogicalAnd)
QUERN_TEST_BODY(LogicalOr)
QUERN_TEST_BODY(LogicalXor)
QUERN_TEST_BODY(LogicalNot)
QUERN_TEST_CONSTANT(Always)
QUERN_TEST_CONSTANT(Never)

}  // namespace
}  // namespace HWY_NAMESPACE

namespace test {
template <class T>
struct ComparisonKernels;
template <class T>
struct CompiledFor<ComparisonKernels<T>, HWY_TARGET> {
  static KernelList List() {
    namespace target = HWY_NAMESPACE;
    return {{"Equal", target::Kernel<Bool(T, T), target::EqualBody>},
            {"NotEqual", target::Kernel<Bool(T, T), target::NotEqualBody>},
            {"Less", target::Kernel<Bool(T, T), target::LessBody>},
            {"LessEqual", target::Kernel<Bool(T, T), target::LessEqualBody>},
            {"Greater", target::Kernel<Bool(T, T), target::GreaterBody>},
            {"GreaterEqual", target::Kernel<Bool(T, T), target::GreaterEqualBody>},
            {"LogicalAnd", target::Kernel<Bool(T, T), target::LogicalAndBody>},
            {"LogicalOr", target::Kernel<Bool(T, T), target::LogicalOrBody>},
            {"LogicalXor", target::Kernel<Bool(T, T), target::LogicalXorBody>},
            {"LogicalNot", target::Kernel<Bool(T), target::LogicalNotBody>},
            {"Always", target::Kernel<Bool(T), target::AlwaysBody>},
            {"Never", target::Kernel<Bool(T, T), target::NeverBody>}};
  }
};
template <class A, class B>
struct AcrossKernels;
template <class A, class B>
struct CompiledFor<AcrossKernels<A, B>, HWY_TARGET> {
  static KernelList List() {
    namespace target = HWY_NAMESPACE;
    return {{"EqualAcross", target::Kernel<Bool(A, B), target::EqualAcrossBody>},
            {"NotEqualAcross", target::Kernel<Bool(A, B), target::NotEqualAcrossBody>},
            {"LessAcross", target::Kernel<Bool(A, B), target::LessAcrossBody>},
            {"LessEqualAcross", target::Kernel<Bool(A, B), target::LessEqualAcrossBody>},
            {"GreaterAcross", target::Kernel<Bool(A, B), target::GreaterAcrossBody>},
            {"GreaterEqualAcross", target::Kernel<Bool(A, B), target::GreaterEqualAcrossBody>}};
  }
};
struct TruthKernels;
template <>
struct CompiledFor<TruthKernels, HWY_TARGET> {
  static KernelList List() {
    namespace target = HWY_NAMESPACE;
    return {{"LogicalAnd", target::Kernel<Bool(Bool, Bool), target::LogicalAndBody>},
            {"LogicalNot", target::Kernel<Bool(Bool), target::LogicalNotBody>}};
  }
};
}  // namespace test
}  // namespace quern
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace quern::test {
namespace {

Bool ToBool(bool value) { return value ? Bool::kTrue : Bool::kFalse; }

template <class T>
class ComparisonTest : public KernelTest<ComparisonKernels<T>, T> {};
TYPED_TEST_SUITE(ComparisonTest, Numbers);

TYPED_TEST(ComparisonTest, Comparisons) {
  using T = TypeParam;
  this->template Binary<Bool>("Equal", [](T a, T b) { return a == b; });
  this->template Binary<Bool>("NotEqual", [](T a, T b) { return a != b; });
  this->template Binary<Bool>("Less", [](T a, T b) { return a < b; });
  this->template Binary<Bool>("LessEqual", [](T a, T b) { return a <= b; });
  this->template Binary<Bool>("Greater", [](T a, T b) { return a > b; });
  this->template Binary<Bool>("GreaterEqual", [](T a, T b) { return a >= b; });
}

TYPED_TEST(ComparisonTest, Logic) {
  using T = TypeParam;
  this->template Binary<Bool>("LogicalAnd", [](T a, T b) { return a != 0 && b != 0; });
  this->template Binary<Bool>("LogicalOr", [](T a, T b) { return a != 0 || b != 0; });
  this->template Binary<Bool>("LogicalXor", [](T a, T b) { return (a != 0) != (b != 0); });
  this->template Unary<Bool>("LogicalNot", [](T a) { return a == 0; });
}

TYPED_TEST(ComparisonTest, Constants) {
  using T = TypeParam;
  this->template Unary<Bool>("Always", [](T) { return true; });
  this->template Binary<Bool>("Never", [](T, T) { return false; });
}

// A loop may run the kernel of another whose inputs are wider or narrower, because none is read.
TYPED_TEST(ComparisonTest, ConstantsReadNoInput) {
  for (const auto& target : this->Targets()) {
    const void* in[] = {nullptr, nullptr};
    std::vector<Bool> result(100, Bool::kTrue);
    void* out[] = {result.data()};
    target.Find("Never")(in, out, 60);
    target.Find("Always")(in, out, 40);
    for (std::size_t i = 0; i < 100; ++i) {
      EXPECT_EQ(result[i], ToBool(i < 40 || i >= 60)) << target.Name() << " " << i;
    }
  }
}

TEST(AcrossTest, SignedWithUnsigned) {
  using I = std::int64_t;
  using U = std::uint64_t;
  const auto check = [](const char* name, auto reference) {
    const auto expected = [&](auto a, auto b) {
      return Expected<Bool>{ToBool(reference(a, b))};
    };
    Elementwise<Bool(I, U)>::Check(RunnableTargets<AcrossKernels<I, U>>(), name, expected);
    Elementwise<Bool(U, I)>::Check(RunnableTargets<AcrossKernels<U, I>>(), name, expected);
  };
  check("EqualAcross", [](auto a, auto b) { return std::cmp_equal(a, b); });
  check("NotEqualAcross", [](auto a, auto b) { return std::cmp_not_equal(a, b); });
  check("LessAcross", [](auto a, auto b) { return std::cmp_less(a, b); });
  check("LessEqualAcross", [](auto a, auto b) { return std::cmp_less_equal(a, b); });
  check("GreaterAcross", [](auto a, auto b) { return std::cmp_greater(a, b); });
  check("GreaterEqualAcross", [](auto a, auto b) { return std::cmp_greater_equal(a, b); });
}

TEST(TruthTest, Logic) {
  Elementwise<Bool(Bool, Bool)>::Check(
      RunnableTargets<TruthKernels>(), "LogicalAnd",
      [](Bool a, Bool b) { return Expected<Bool>{ToBool(a == Bool::kTrue && b == Bool::kTrue)}; });
  Elementwise<Bool(Bool)>::Check(RunnableTargets<TruthKernels>(), "LogicalNot",
                                 [](Bool a) { return Expected<Bool>{ToBool(a == Bool::kFalse)}; });
}

}  // namespace
}  // namespace quern::test
#endif  // HWY_ONCE
