// Transform and the bodies of runtime/simd that are not division, exponential or casts.
#include "generated_targets.h"  // before any Highway header

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tests/simd/elementwise_test.cpp"
#include "hwy/foreach_target.h"  // re-includes this file once per target
// After foreach_target.h.
#include "hwy/highway.h"
#include "simd/arithmetic-inl.h"
#include "simd/bitwise-inl.h"
#include "simd/comparison-inl.h"
#include "simd/extrema-inl.h"
#include "simd/floating-inl.h"
#include "simd/logical-inl.h"
#include "tests/simd/harness.h"
#include "tests/simd/kernel-inl.h"

HWY_BEFORE_NAMESPACE();
namespace quern {
namespace HWY_NAMESPACE {
namespace {

QUERN_TEST_OPERATION(Add)
QUERN_TEST_OPERATION(Mul)
QUERN_TEST_OPERATION(Div)
QUERN_TEST_BODY(Negative)
QUERN_TEST_BODY(Absolute)
QUERN_TEST_BODY(Sign)
QUERN_TEST_BODY(ReciprocalInteger)
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
QUERN_TEST_BODY(LeftShift)
QUERN_TEST_BODY(RightShift)
QUERN_TEST_BODY(BitwiseCount)
QUERN_TEST_BODY(IsNaN)
QUERN_TEST_BODY(IsInf)
QUERN_TEST_BODY(IsFinite)
QUERN_TEST_BODY(SignBit)
QUERN_TEST_BODY(CopySign)
QUERN_TEST_BODY(Sqrt)
QUERN_TEST_BODY(Floor)
QUERN_TEST_BODY(Ceil)
QUERN_TEST_BODY(Trunc)
QUERN_TEST_BODY(Rint)
QUERN_TEST_BODY(Heaviside)
QUERN_TEST_BODY(Maximum)
QUERN_TEST_BODY(Minimum)
QUERN_TEST_BODY(Fmax)
QUERN_TEST_BODY(Fmin)
QUERN_TEST_BODY(Clip)

// Kernels named "Body type" for the bodies that serve every type T.
template <class T>
void AddCommon(test::KernelList& list, std::string_view type) {
  static std::vector<std::string> names;
  names.reserve(64);
  const auto add = [&](const char* body, ElementwiseKernel kernel) {
    names.push_back(std::string(body) + " " + std::string(type));
    list.push_back({names.back(), kernel});
  };
  add("Add", Kernel<T(T, T), AddBody>);
  add("Mul", Kernel<T(T, T), MulBody>);
  add("Negative", Kernel<T(T), NegativeBody>);
  add("Absolute", Kernel<T(T), AbsoluteBody>);
  add("Sign", Kernel<T(T), SignBody>);
  add("Equal", Kernel<Bool(T, T), EqualBody>);
  add("NotEqual", Kernel<Bool(T, T), NotEqualBody>);
  add("Less", Kernel<Bool(T, T), LessBody>);
  add("LessEqual", Kernel<Bool(T, T), LessEqualBody>);
  add("Greater", Kernel<Bool(T, T), GreaterBody>);
  add("GreaterEqual", Kernel<Bool(T, T), GreaterEqualBody>);
  add("LogicalAnd", Kernel<Bool(T, T), LogicalAndBody>);
  add("LogicalOr", Kernel<Bool(T, T), LogicalOrBody>);
  add("LogicalXor", Kernel<Bool(T, T), LogicalXorBody>);
  add("LogicalNot", Kernel<Bool(T), LogicalNotBody>);
  add("Always", Kernel<Bool(T), AlwaysBody>);
  add("Never", Kernel<Bool(T, T), NeverBody>);
  add("Maximum", Kernel<T(T, T), MaximumBody>);
  add("Minimum", Kernel<T(T, T), MinimumBody>);
  add("Fmax", Kernel<T(T, T), FmaxBody>);
  add("Fmin", Kernel<T(T, T), FminBody>);
  add("Clip", Kernel<T(T, T, T), ClipBody>);
  if constexpr (std::is_floating_point_v<T>) {
    add("Div", Kernel<T(T, T), DivBody>);
    add("IsNaN", Kernel<Bool(T), IsNaNBody>);
    add("IsInf", Kernel<Bool(T), IsInfBody>);
    add("IsFinite", Kernel<Bool(T), IsFiniteBody>);
    add("SignBit", Kernel<Bool(T), SignBitBody>);
    add("CopySign", Kernel<T(T, T), CopySignBody>);
    add("Sqrt", Kernel<T(T), SqrtBody>);
    add("Floor", Kernel<T(T), FloorBody>);
    add("Ceil", Kernel<T(T), CeilBody>);
    add("Trunc", Kernel<T(T), TruncBody>);
    add("Rint", Kernel<T(T), RintBody>);
    add("Heaviside", Kernel<T(T, T), HeavisideBody>);
  } else {
    add("ReciprocalInteger", Kernel<T(T), ReciprocalIntegerBody>);
    add("LeftShift", Kernel<T(T, T), LeftShiftBody>);
    add("RightShift", Kernel<T(T, T), RightShiftBody>);
    add("BitwiseCount", Kernel<std::uint8_t(T), BitwiseCountBody>);
  }
}

template <class A, class B>
void AddAcross(test::KernelList& list) {
  constexpr bool kSignedFirst = std::is_signed_v<A>;
  list.push_back(
      {kSignedFirst ? "EqualAcross iu" : "EqualAcross ui", Kernel<Bool(A, B), EqualAcrossBody>});
  list.push_back({kSignedFirst ? "NotEqualAcross iu" : "NotEqualAcross ui",
                  Kernel<Bool(A, B), NotEqualAcrossBody>});
  list.push_back(
      {kSignedFirst ? "LessAcross iu" : "LessAcross ui", Kernel<Bool(A, B), LessAcrossBody>});
  list.push_back({kSignedFirst ? "LessEqualAcross iu" : "LessEqualAcross ui",
                  Kernel<Bool(A, B), LessEqualAcrossBody>});
  list.push_back({kSignedFirst ? "GreaterAcross iu" : "GreaterAcross ui",
                  Kernel<Bool(A, B), GreaterAcrossBody>});
  list.push_back({kSignedFirst ? "GreaterEqualAcross iu" : "GreaterEqualAcross ui",
                  Kernel<Bool(A, B), GreaterEqualAcrossBody>});
}

}  // namespace
}  // namespace HWY_NAMESPACE

namespace test {
struct ElementwiseKernels;
template <>
struct CompiledFor<ElementwiseKernels, HWY_TARGET> {
  static KernelList List() {
    namespace target = HWY_NAMESPACE;
    KernelList list;
    target::AddCommon<std::int8_t>(list, "int8");
    target::AddCommon<std::int16_t>(list, "int16");
    target::AddCommon<std::int32_t>(list, "int32");
    target::AddCommon<std::int64_t>(list, "int64");
    target::AddCommon<std::uint8_t>(list, "uint8");
    target::AddCommon<std::uint16_t>(list, "uint16");
    target::AddCommon<std::uint32_t>(list, "uint32");
    target::AddCommon<std::uint64_t>(list, "uint64");
    target::AddCommon<float>(list, "float32");
    target::AddCommon<double>(list, "float64");
    target::AddAcross<std::int64_t, std::uint64_t>(list);
    target::AddAcross<std::uint64_t, std::int64_t>(list);
    list.push_back({"LogicalAnd bool", target::Kernel<Bool(Bool, Bool), target::LogicalAndBody>});
    list.push_back({"LogicalNot bool", target::Kernel<Bool(Bool), target::LogicalNotBody>});
    return list;
  }
};
}  // namespace test
}  // namespace quern
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace quern::test {
namespace {

const ElementwiseTargets& Targets() { return RunnableTargets<ElementwiseKernels>(); }

Bool ToBool(bool value) { return value ? Bool::kTrue : Bool::kFalse; }

template <class T>
T Wrapped(std::uint64_t bits) {
  return static_cast<T>(bits);
}

template <class T>
constexpr const char* kTypeName = "";
template <>
constexpr const char* kTypeName<std::int8_t> = "int8";
template <>
constexpr const char* kTypeName<std::int16_t> = "int16";
template <>
constexpr const char* kTypeName<std::int32_t> = "int32";
template <>
constexpr const char* kTypeName<std::int64_t> = "int64";
template <>
constexpr const char* kTypeName<std::uint8_t> = "uint8";
template <>
constexpr const char* kTypeName<std::uint16_t> = "uint16";
template <>
constexpr const char* kTypeName<std::uint32_t> = "uint32";
template <>
constexpr const char* kTypeName<std::uint64_t> = "uint64";
template <>
constexpr const char* kTypeName<float> = "float32";
template <>
constexpr const char* kTypeName<double> = "float64";

template <class T>
class ElementwiseTest : public testing::Test {
 protected:
  static std::string Of(const char* body) { return std::string(body) + " " + kTypeName<T>; }
  template <class Out, class Reference>
  static void Unary(const char* body, const Reference& reference) {
    Elementwise<Out(T)>::Check(Targets(), Of(body),
                               [&](T a) { return Expected<Out>{static_cast<Out>(reference(a))}; });
  }
  template <class Out, class Reference>
  static void Binary(const char* body, const Reference& reference) {
    Elementwise<Out(T, T)>::Check(Targets(), Of(body), [&](T a, T b) {
      return Expected<Out>{static_cast<Out>(reference(a, b))};
    });
  }
};

template <class T>
class ElementwiseFloatTest : public ElementwiseTest<T> {};
template <class T>
class ElementwiseIntegerTest : public ElementwiseTest<T> {};

using Floats = testing::Types<float, double>;
using Integers = testing::Types<std::int8_t, std::int16_t, std::int32_t, std::int64_t, std::uint8_t,
                                std::uint16_t, std::uint32_t, std::uint64_t>;
using Numbers = testing::Types<std::int8_t, std::int16_t, std::int32_t, std::int64_t, std::uint8_t,
                               std::uint16_t, std::uint32_t, std::uint64_t, float, double>;
TYPED_TEST_SUITE(ElementwiseTest, Numbers);
TYPED_TEST_SUITE(ElementwiseFloatTest, Floats);
TYPED_TEST_SUITE(ElementwiseIntegerTest, Integers);

TYPED_TEST(ElementwiseTest, Comparisons) {
  using T = TypeParam;
  this->template Binary<Bool>("Equal", [](T a, T b) { return a == b; });
  this->template Binary<Bool>("NotEqual", [](T a, T b) { return a != b; });
  this->template Binary<Bool>("Less", [](T a, T b) { return a < b; });
  this->template Binary<Bool>("LessEqual", [](T a, T b) { return a <= b; });
  this->template Binary<Bool>("Greater", [](T a, T b) { return a > b; });
  this->template Binary<Bool>("GreaterEqual", [](T a, T b) { return a >= b; });
}

TYPED_TEST(ElementwiseTest, Logic) {
  using T = TypeParam;
  this->template Binary<Bool>("LogicalAnd", [](T a, T b) { return a != 0 && b != 0; });
  this->template Binary<Bool>("LogicalOr", [](T a, T b) { return a != 0 || b != 0; });
  this->template Binary<Bool>("LogicalXor", [](T a, T b) { return (a != 0) != (b != 0); });
  this->template Unary<Bool>("LogicalNot", [](T a) { return a == 0; });
}

TYPED_TEST(ElementwiseTest, Constants) {
  using T = TypeParam;
  this->template Unary<Bool>("Always", [](T) { return true; });
  this->template Binary<Bool>("Never", [](T, T) { return false; });
}

// A loop may run the kernel of another whose inputs are wider or narrower, because none is read.
TYPED_TEST(ElementwiseTest, ConstantsReadNoInput) {
  for (const auto& target : Targets()) {
    const void* in[] = {nullptr, nullptr};
    std::vector<Bool> result(100, Bool::kTrue);
    void* out[] = {result.data()};
    target.Find(this->Of("Never"))(in, out, 60);
    target.Find(this->Of("Always"))(in, out, 40);
    for (std::size_t i = 0; i < 100; ++i) {
      EXPECT_EQ(result[i], ToBool(i < 40 || i >= 60)) << target.Name() << " " << i;
    }
  }
}

TYPED_TEST(ElementwiseTest, Arithmetic) {
  using T = TypeParam;
  if constexpr (std::is_floating_point_v<T>) {
    this->template Binary<T>("Add", [](T a, T b) { return a + b; });
    this->template Binary<T>("Mul", [](T a, T b) { return a * b; });
    this->template Unary<T>("Negative", [](T a) { return -a; });
    this->template Unary<T>("Absolute", [](T a) { return std::fabs(a); });
    this->template Unary<T>("Sign", [](T a) { return std::isnan(a) ? a : T((a > 0) - (a < 0)); });
  } else {
    using U = std::uint64_t;
    this->template Binary<T>("Add", [](T a, T b) { return Wrapped<T>(U(a) + U(b)); });
    this->template Binary<T>("Mul", [](T a, T b) { return Wrapped<T>(U(a) * U(b)); });
    this->template Unary<T>("Negative", [](T a) { return Wrapped<T>(-U(a)); });
    this->template Unary<T>("Absolute", [](T a) { return a < 0 ? Wrapped<T>(-U(a)) : a; });
    this->template Unary<T>("Sign", [](T a) { return T((a > 0) - (a < 0)); });
  }
}

// The second operand wins ties, which only zeros of different sign can show.
TYPED_TEST(ElementwiseTest, Extrema) {
  using T = TypeParam;
  const auto maximum = [](T a, T b) {
    return a > b || IsNan(a) ? a : b;
  };
  const auto minimum = [](T a, T b) {
    return a < b || IsNan(a) ? a : b;
  };
  this->template Binary<T>("Maximum", maximum);
  this->template Binary<T>("Minimum", minimum);
  this->template Binary<T>("Fmax", [](T a, T b) { return a > b || IsNan(b) ? a : b; });
  this->template Binary<T>("Fmin", [](T a, T b) { return a < b || IsNan(b) ? a : b; });
  Elementwise<T(T, T, T)>::Check(Targets(), this->Of("Clip"), [&](T x, T low, T high) {
    return Expected<T>{minimum(maximum(x, low), high)};
  });
}

TYPED_TEST(ElementwiseFloatTest, Parts) {
  using T = TypeParam;
  this->template Unary<Bool>("IsNaN", [](T a) { return std::isnan(a); });
  this->template Unary<Bool>("IsInf", [](T a) { return std::isinf(a); });
  this->template Unary<Bool>("IsFinite", [](T a) { return std::isfinite(a); });
  this->template Unary<Bool>("SignBit", [](T a) { return std::signbit(a); });
  this->template Binary<T>("CopySign", [](T a, T b) { return std::copysign(a, b); });
  this->template Binary<T>("Heaviside", [](T a, T b) {
    return std::isnan(a) ? a : a < 0 ? T(0) : a > 0 ? T(1) : b;
  });
}

TYPED_TEST(ElementwiseFloatTest, Rounded) {
  using T = TypeParam;
  this->template Binary<T>("Div", [](T a, T b) { return a / b; });
  this->template Unary<T>("Sqrt", [](T a) { return std::sqrt(a); });
  this->template Unary<T>("Floor", [](T a) { return std::floor(a); });
  this->template Unary<T>("Ceil", [](T a) { return std::ceil(a); });
  this->template Unary<T>("Trunc", [](T a) { return std::trunc(a); });
  this->template Unary<T>("Rint", [](T a) { return std::rint(a); });
}

TYPED_TEST(ElementwiseIntegerTest, Bits) {
  using T = TypeParam;
  using U = std::make_unsigned_t<T>;
  constexpr unsigned kWidth = sizeof(T) * 8;
  this->template Binary<T>("LeftShift", [](T a, T count) {
    return U(count) < kWidth ? Wrapped<T>(std::uint64_t(a) << U(count)) : T(0);
  });
  this->template Binary<T>("RightShift", [](T a, T count) {
    return U(count) < kWidth ? T(a >> U(count)) : T(a < 0 ? -1 : 0);
  });
  this->template Unary<std::uint8_t>(
      "BitwiseCount", [](T a) { return std::popcount(a < 0 ? U(U(0) - U(a)) : U(a)); });
}

TYPED_TEST(ElementwiseIntegerTest, Reciprocal) {
  using T = TypeParam;
  Elementwise<T(T)>::Check(Targets(), this->Of("ReciprocalInteger"), [](T a) {
    if (a == 0) {
      const T least = sizeof(T) < 4 ? T(0) : std::numeric_limits<T>::min();
      return Expected<T>{least, kDivideByZero | kInvalid};
    }
    return Expected<T>{T(T(1) / a)};
  });
}

TEST(ElementwiseMixedTest, SignedWithUnsigned) {
  using I = std::int64_t;
  using U = std::uint64_t;
  const auto check = [](const char* name, auto reference) {
    Elementwise<Bool(I, U)>::Check(Targets(), std::string(name) + " iu", [&](I a, U b) {
      return Expected<Bool>{ToBool(reference(a, b))};
    });
    Elementwise<Bool(U, I)>::Check(Targets(), std::string(name) + " ui", [&](U a, I b) {
      return Expected<Bool>{ToBool(reference(a, b))};
    });
  };
  check("EqualAcross", [](auto a, auto b) { return std::cmp_equal(a, b); });
  check("NotEqualAcross", [](auto a, auto b) { return std::cmp_not_equal(a, b); });
  check("LessAcross", [](auto a, auto b) { return std::cmp_less(a, b); });
  check("LessEqualAcross", [](auto a, auto b) { return std::cmp_less_equal(a, b); });
  check("GreaterAcross", [](auto a, auto b) { return std::cmp_greater(a, b); });
  check("GreaterEqualAcross", [](auto a, auto b) { return std::cmp_greater_equal(a, b); });
}

TEST(ElementwiseBoolTest, Logic) {
  Elementwise<Bool(Bool, Bool)>::Check(Targets(), "LogicalAnd bool", [](Bool a, Bool b) {
    return Expected<Bool>{ToBool(a == Bool::kTrue && b == Bool::kTrue)};
  });
  Elementwise<Bool(Bool)>::Check(Targets(), "LogicalNot bool",
                                 [](Bool a) { return Expected<Bool>{ToBool(a == Bool::kFalse)}; });
}

// Spare lanes of a short vector must not divide 0 by 0 or the like.
TYPED_TEST(ElementwiseFloatTest, SpareLanesRaiseNothing) {
  using T = TypeParam;
  for (const auto& target : Targets()) {
    const ElementwiseKernel divide = target.Find(this->Of("Div"));
    const ElementwiseKernel root = target.Find(this->Of("Sqrt"));
    for (std::size_t n = 0; n <= 130; ++n) {
      std::vector<T> a(n, T(3)), b(n, T(-2)), quotient(n);
      const void* in[] = {a.data(), b.data()};
      void* out[] = {quotient.data()};
      ClearFpFlags();
      divide(in, out, n);
      root(in, out, n);
      EXPECT_EQ(PendingFpFlags(), 0) << target.Name() << " " << n;
      if (n == 0) continue;
      b[n / 2] = 0;
      divide(in, out, n);
      EXPECT_EQ(PendingFpFlags(), kDivideByZero) << target.Name() << " " << n;
      ClearFpFlags();
    }
  }
}

}  // namespace
}  // namespace quern::test
#endif  // HWY_ONCE
