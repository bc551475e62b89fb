// What dtypes hold and are. Comparison with NumPy and ml_dtypes is in tests/python.
#include <complex>

#include "arrays.h"

namespace quern {
namespace {

DType Named(const char* name) { return DType::parse(name); }

// The same figures from the C++ type.
template <class T>
void ExpectLimitsOf() {
  using Limits = std::numeric_limits<T>;
  SCOPED_TRACE(std::string(DType::of<T>().name()));
  const FloatInfo info = finfo(DType::of<T>());
  EXPECT_EQ(info.dtype, DType::of<T>());
  EXPECT_EQ(info.bits, static_cast<int>(8 * sizeof(T)));
  EXPECT_EQ(info.nmant, Limits::digits - 1);
  EXPECT_EQ(info.bits, 1 + info.nexp + info.nmant);
  EXPECT_EQ(info.iexp, info.nexp);
  EXPECT_EQ(info.minexp, Limits::min_exponent - 1);
  EXPECT_EQ(info.maxexp, Limits::max_exponent);
  EXPECT_EQ(info.eps, static_cast<double>(Limits::epsilon()));
  EXPECT_EQ(info.eps, std::ldexp(1.0, info.machep));
  EXPECT_EQ(info.epsneg, std::ldexp(1.0, info.negep));
  EXPECT_EQ(info.max, static_cast<double>(Limits::max()));
  EXPECT_EQ(info.min, static_cast<double>(Limits::lowest()));
  EXPECT_EQ(info.smallest_normal, static_cast<double>(Limits::min()));
  EXPECT_EQ(info.tiny, info.smallest_normal);
  EXPECT_EQ(info.smallest_subnormal, static_cast<double>(Limits::denorm_min()));
  EXPECT_EQ(info.precision, std::max(1, Limits::digits10));
  EXPECT_EQ(info.resolution, static_cast<double>(static_cast<T>(std::pow(10, -info.precision))));
}

TEST(FloatInfo, IsThatOfTheType) {
  ExpectLimitsOf<double>();
  ExpectLimitsOf<float>();
  ExpectLimitsOf<float16>();
  ExpectLimitsOf<bfloat16>();
  ExpectLimitsOf<float8_e4m3fn>();
  ExpectLimitsOf<float8_e5m2>();
}

TEST(FloatInfo, OfComplexNumbersIsThatOfTheParts) {
  EXPECT_EQ(finfo(DType::of<std::complex<float>>()).dtype, DType::of<float>());
  EXPECT_EQ(finfo(DType::of<std::complex<double>>()).max, finfo(DType::of<double>()).max);
  EXPECT_EQ(finfo(Named(">c8")).dtype, DType::of<float>()) << "in native byte order";
}

TEST(FloatInfo, RefusesWhatIsNoFloat) {
  EXPECT_EQ(MessageOf<ValueError>([] { finfo(DType::of<int>()); }),
            "finfo: int32 is not inexact; a floating-point or complex dtype is needed");
  EXPECT_THROW(finfo(DType::of<bool>()), ValueError);
}

template <class T>
void ExpectIntegerLimitsOf() {
  const IntegerInfo info = iinfo(DType::of<T>());
  EXPECT_EQ(info.dtype, DType::of<T>());
  EXPECT_EQ(info.bits, static_cast<int>(8 * sizeof(T)));
  EXPECT_EQ(info.kind, std::is_signed_v<T> ? 'i' : 'u');
  EXPECT_EQ(info.min, static_cast<std::int64_t>(std::numeric_limits<T>::min()));
  EXPECT_EQ(info.max, static_cast<std::uint64_t>(std::numeric_limits<T>::max()));
}

TEST(IntegerInfo, IsThatOfTheType) {
  ExpectIntegerLimitsOf<std::int8_t>();
  ExpectIntegerLimitsOf<std::int32_t>();
  ExpectIntegerLimitsOf<std::int64_t>();
  ExpectIntegerLimitsOf<std::uint16_t>();
  ExpectIntegerLimitsOf<std::uint64_t>();
  EXPECT_EQ(iinfo(Named(">i4")).dtype, Named(">i4"));
}

TEST(IntegerInfo, RefusesWhatIsNoInteger) {
  EXPECT_EQ(MessageOf<ValueError>([] { iinfo(DType::of<double>()); }),
            "iinfo: float64 is not an integer dtype; a signed or unsigned one is needed");
  EXPECT_THROW(iinfo(DType::of<bool>()), ValueError);
}

TEST(MinScalarType, HoldsTheNumber) {
  const auto least = [](const Operand& value) {
    return std::string(min_scalar_type(value).name());
  };
  EXPECT_EQ(least(0), "uint8");
  EXPECT_EQ(least(255), "uint8");
  EXPECT_EQ(least(256), "uint16");
  EXPECT_EQ(least(-128), "int8");
  EXPECT_EQ(least(-129), "int16");
  EXPECT_EQ(least(std::numeric_limits<std::int64_t>::min()), "int64");
  EXPECT_EQ(least(std::numeric_limits<std::int64_t>::max()), "uint64");
  EXPECT_EQ(least(~std::uint64_t{0}), "uint64");
  EXPECT_EQ(least(true), "bool");
  EXPECT_EQ(least(0.1), "float16") << "digits do not count";
  EXPECT_EQ(least(-64999.0), "float16");
  EXPECT_EQ(least(65000.0), "float32");
  EXPECT_EQ(least(3.4e38), "float64");
  EXPECT_EQ(least(std::numeric_limits<double>::infinity()), "float16");
  EXPECT_EQ(least(std::complex<double>(1, 1e38)), "complex64");
  EXPECT_EQ(least(std::complex<double>(1e39, 0)), "complex128");
}

TEST(MinScalarType, OfArraysWithoutAxesIsNoLargerThanTheirs) {
  EXPECT_EQ(min_scalar_type(Array::scalar(std::int64_t{-3})), DType::of<std::int8_t>());
  EXPECT_EQ(min_scalar_type(Array::scalar(3.402e38f)), DType::of<float>());
  EXPECT_EQ(min_scalar_type(Array::scalar(bfloat16(1.0f))), DType::of<bfloat16>());
  EXPECT_EQ(min_scalar_type(Array::scalar(true)), DType::of<bool>());
  EXPECT_EQ(min_scalar_type(Array::scalar(1.0f).astype(Named(">f4"))), DType::of<float16>());
  EXPECT_EQ(min_scalar_type(ones({2}, Named(">i4"))), Named(">i4"));
}

TEST(CommonType, IsInexact) {
  const auto common = [](std::initializer_list<const char*> names) {
    std::vector<DType> dtypes;
    for (const char* name : names) dtypes.push_back(Named(name));
    return std::string(common_type(dtypes).name());
  };
  EXPECT_EQ(common({}), "float16");
  EXPECT_EQ(common({"float16"}), "float16");
  EXPECT_EQ(common({"int8"}), "float64");
  EXPECT_EQ(common({"int8", "complex64"}), "complex128");
  EXPECT_EQ(common({"float32", "complex64"}), "complex64");
  EXPECT_EQ(common({"float16", "bfloat16"}), "float32");
  EXPECT_EQ(MessageOf<TypeError>([&] {
              common({"float32", "bool"});
            }),
            "common_type: argument 2 has dtype bool; integers, floating-point and complex numbers "
            "have a common type");
}

TEST(MinTypeCode, IsTheLeastThatHoldsAll) {
  EXPECT_EQ(mintypecode("fd"), 'd');
  EXPECT_EQ(mintypecode("fF"), 'F');
  EXPECT_EQ(mintypecode("dF"), 'D');
  EXPECT_EQ(mintypecode("dF", "Fd"), 'D');
  EXPECT_EQ(mintypecode("dF", "F"), 'F');
  EXPECT_EQ(mintypecode("il"), 'd');
  EXPECT_EQ(mintypecode("", "f", 'x'), 'x');
  EXPECT_EQ(mintypecode("iI", "iI"), 'I');
}

TEST(IsDType, KnowsTheStandardsKinds) {
  EXPECT_TRUE(isdtype(DType::of<bool>(), "bool"));
  EXPECT_FALSE(isdtype(DType::of<bool>(), "numeric"));
  EXPECT_TRUE(isdtype(DType::of<std::int8_t>(), "signed integer"));
  EXPECT_TRUE(isdtype(DType::of<std::uint8_t>(), "unsigned integer"));
  EXPECT_TRUE(isdtype(DType::of<std::uint8_t>(), "integral"));
  EXPECT_TRUE(isdtype(DType::of<float8_e5m2>(), "real floating"));
  EXPECT_TRUE(isdtype(DType::of<std::complex<float>>(), "complex floating"));
  EXPECT_FALSE(isdtype(DType::of<std::complex<float>>(), "real floating"));
  EXPECT_TRUE(isdtype(Named(">f4"), DType::of<float>()));
  EXPECT_FALSE(isdtype(Named("f8"), DType::of<float>()));
  EXPECT_EQ(MessageOf<ValueError>([] { isdtype(DType(), "float"); }),
            "isdtype: 'float' is not a kind of dtypes, which are 'bool', 'signed integer', "
            "'unsigned integer', 'integral', 'real floating', 'complex floating', 'numeric'");
}

TEST(IsSubDType, FollowsTheAbstractClasses) {
  using enum AbstractDType;
  EXPECT_TRUE(issubdtype(DType::of<float>(), floating));
  EXPECT_TRUE(issubdtype(DType::of<float16>(), inexact));
  EXPECT_FALSE(issubdtype(DType::of<float>(), integer));
  EXPECT_TRUE(issubdtype(DType::of<std::uint8_t>(), unsignedinteger));
  EXPECT_TRUE(issubdtype(DType::of<std::complex<double>>(), complexfloating));
  EXPECT_TRUE(issubdtype(DType::of<bool>(), generic));
  EXPECT_FALSE(issubdtype(DType::of<bool>(), number));
  EXPECT_TRUE(issubdtype(Named(">f4"), DType::of<float>()));
  EXPECT_FALSE(issubdtype(DType::of<float>(), DType()));
  EXPECT_TRUE(issubdtype(signedinteger, number));
  EXPECT_TRUE(issubdtype(number, number));
  EXPECT_FALSE(issubdtype(number, inexact));
  for (DType dtype : AllDTypes()) EXPECT_TRUE(issubdtype(dtype, generic)) << dtype.name();
}

TEST(IsSubDType, ClassesHoldWhatTheirSubclassesHold) {
  const std::vector<AbstractInfo> classes = abstract_dtypes();
  ASSERT_GT(classes.size(), 7u);
  EXPECT_EQ(classes[static_cast<std::size_t>(AbstractDType::floating)].name, "floating");
  for (std::size_t i = 0; i < classes.size(); ++i) {
    const auto below = static_cast<AbstractDType>(i);
    EXPECT_EQ(classes[i].parent.has_value(), below != AbstractDType::generic);
    if (!classes[i].parent) continue;
    EXPECT_TRUE(issubdtype(below, *classes[i].parent));
    for (DType dtype : AllDTypes()) {
      EXPECT_TRUE(!issubdtype(dtype, below) || issubdtype(dtype, *classes[i].parent));
    }
  }
}

}  // namespace
}  // namespace quern
