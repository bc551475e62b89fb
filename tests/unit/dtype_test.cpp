// Dtypes: names, byte orders, casting and promotion.
#include "arrays.h"

namespace quern {
namespace {

TEST(DType, ParsesNamesAndDescriptors) {
  for (DType dtype : AllDTypes()) {
    const std::string name(dtype.name());
    SCOPED_TRACE(name);
    EXPECT_EQ(DType::parse(name), dtype);
    EXPECT_EQ(DType::parse(dtype.str()), dtype);
    const std::string bare = dtype.str() == name ? name : dtype.str().substr(1);
    EXPECT_EQ(DType::parse(bare), dtype);
    EXPECT_EQ(DType::parse("=" + bare), dtype);
    const DType swapped = dtype.with_byte_order(true);
    EXPECT_EQ(DType::parse(swapped.str()), swapped);
    EXPECT_EQ(swapped.native(), dtype);
    EXPECT_EQ(swapped.name(), dtype.name());
    EXPECT_EQ(swapped.swapped(), dtype.size() > 1) << "single bytes have no order";
    EXPECT_EQ(swapped.with_byte_order(false), dtype);
    EXPECT_EQ(DType::from_id(dtype.id(), true), swapped);
  }
}

TEST(DType, KnowsItsDescriptors) {
  const DType value = DType::parse(">f8");
  EXPECT_EQ(value.name(), "float64");
  EXPECT_TRUE(value.swapped());
  EXPECT_EQ(value.str(), ">f8");
  EXPECT_EQ(value.buffer_format(), ">d");
  EXPECT_EQ(value.size(), 8u);
  EXPECT_EQ(value.alignment(), 8u);
  EXPECT_EQ(value.kind(), 'f');
  EXPECT_EQ(value.dlpack_code(), 2);
  EXPECT_EQ(value.dlpack_bits(), 64);
  EXPECT_EQ(DType::of<bool>().str(), "|b1");
  EXPECT_EQ(DType::of<bool>().buffer_format(), "?");
  EXPECT_EQ(DType::parse("|u1"), DType::of<std::uint8_t>());
  EXPECT_EQ(DType().name(), "float64");
}

TEST(DType, RefusesUnknownNamesWithASuggestion) {
  EXPECT_EQ(MessageOf<TypeError>([] { DType::parse("flot64"); }),
            "unknown dtype 'flot64'; did you mean 'float64'?");
  EXPECT_EQ(MessageOf<TypeError>([] { DType::parse(">unit16"); }),
            "unknown dtype '>unit16'; did you mean 'uint16'?");
  for (const char* text : {"", "<", "=", "f3", "<<f8", "object", "f8 ", " f8", "F8", "O", "<U4"}) {
    EXPECT_THROW(DType::parse(text), TypeError) << '\'' << text << '\'';
  }
  EXPECT_EQ(MessageOf<TypeError>([] { DType::parse("complicated"); }),
            "unknown dtype 'complicated'")
      << "nothing is near";
  EXPECT_THROW(DType::parse(std::string(100000, 'x')), TypeError);
}

TEST(DType, SaysWhyADTypeOfNumPyIsAbsent) {
  for (const char* text : {"float128", "longdouble", "<f16", ">f16", "g"}) {
    EXPECT_EQ(MessageOf<TypeError>([&] { DType::parse(text); }),
              "dtype 'longdouble' is not supported: its format differs from machine to machine")
        << text;
  }
  for (const char* text : {"O", "|O", "object", "<U4", "U", "S12", "|V8"}) {
    EXPECT_NE(MessageOf<TypeError>([&] { DType::parse(text); }).find("is not supported"),
              std::string::npos)
        << text;
  }
  EXPECT_EQ(MessageOf<TypeError>([] { DType::parse("4"); }), "unknown dtype '4'");
}

TEST(DType, RefusesUnknownIds) {
  EXPECT_THROW(DType::from_id(static_cast<std::uint8_t>(DType::count())), TypeError);
  EXPECT_THROW(DType::from_id(255, true), TypeError);
}

TEST(Casting, LevelsHaveNames) {
  for (int i = 0; i < 5; ++i) {
    const auto level = static_cast<CastingLevel>(i);
    EXPECT_EQ(parse_casting(casting_name(level)), level);
  }
  EXPECT_EQ(MessageOf<ValueError>([] { parse_casting("maybe"); }),
            "casting must be one of 'no', 'equiv', 'safe', 'same_kind', 'unsafe' (got 'maybe')");
}

TEST(Casting, ByteOrderNeedsEquiv) {
  const DType native = DType::of<double>();
  const DType swapped = native.with_byte_order(true);
  EXPECT_TRUE(can_cast(native, native, CastingLevel::no));
  EXPECT_FALSE(can_cast(native, swapped, CastingLevel::no));
  EXPECT_TRUE(can_cast(native, swapped, CastingLevel::equiv));
  EXPECT_TRUE(can_cast(swapped, DType::of<float>(), CastingLevel::same_kind));
}

TEST(Casting, KnownCells) {
  const auto least = [](const char* from, const char* to) {
    for (int i = 0; i < 5; ++i) {
      if (can_cast(DType::parse(from), DType::parse(to), static_cast<CastingLevel>(i))) {
        return std::string(casting_name(static_cast<CastingLevel>(i)));
      }
    }
    return std::string("none");
  };
  EXPECT_EQ(least("int8", "int16"), "safe");
  EXPECT_EQ(least("int16", "int8"), "same_kind");
  EXPECT_EQ(least("uint8", "int16"), "safe");
  EXPECT_EQ(least("int8", "uint8"), "unsafe");
  EXPECT_EQ(least("uint8", "int8"), "same_kind");
  EXPECT_EQ(least("int64", "float64"), "safe");
  EXPECT_EQ(least("int64", "float32"), "same_kind");
  EXPECT_EQ(least("float64", "int64"), "unsafe");
  EXPECT_EQ(least("float64", "float32"), "same_kind");
  EXPECT_EQ(least("float32", "bool"), "unsafe");
  EXPECT_EQ(least("bool", "int8"), "safe");
}

TEST(Casting, LevelsAreNested) {
  for (DType from : AllDTypes()) {
    for (DType to : AllDTypes()) {
      for (int i = 1; i < 5; ++i) {
        if (can_cast(from, to, static_cast<CastingLevel>(i - 1))) {
          EXPECT_TRUE(can_cast(from, to, static_cast<CastingLevel>(i)));
        }
      }
      EXPECT_TRUE(can_cast(from, to, CastingLevel::unsafe));
    }
  }
}

TEST(Promotion, IsTheLeastCommonDType) {
  const auto promoted = [](const char* a, const char* b) {
    return std::string(promote_types(DType::parse(a), DType::parse(b)).name());
  };
  EXPECT_EQ(promoted("int8", "uint8"), "int16");
  EXPECT_EQ(promoted("int64", "uint64"), "float64");
  EXPECT_EQ(promoted("int16", "float32"), "float32");
  EXPECT_EQ(promoted("int32", "float32"), "float64");
  EXPECT_EQ(promoted("bool", "uint8"), "uint8");
  EXPECT_EQ(promoted("bool", "bool"), "bool");
}

TEST(Promotion, IsCommutativeAndAboveBoth) {
  for (DType a : AllDTypes()) {
    EXPECT_EQ(promote_types(a, a), a);
    for (DType b : AllDTypes()) {
      if (a.has_unit() != b.has_unit()) continue;  // a number beside a time may have no promotion
      const DType joined = promote_types(a, b);
      EXPECT_EQ(joined, promote_types(b, a));
      // Spans promote to points in time, to which they do not cast.
      if (!a.has_unit() || a == b) {
        EXPECT_TRUE(can_cast(a, joined, CastingLevel::safe));
        EXPECT_TRUE(can_cast(b, joined, CastingLevel::safe));
      }
      EXPECT_EQ(promote_types(a.with_byte_order(true), b), joined) << "results are native";
    }
  }
}

TEST(Promotion, OfManyNeedsNoChain) {
  const auto joined = [](std::initializer_list<const char*> names) {
    std::vector<DType> dtypes;
    for (const char* name : names) dtypes.push_back(DType::parse(name));
    return std::string(result_type(dtypes).name());
  };
  EXPECT_EQ(joined({"int8"}), "int8");
  EXPECT_EQ(joined({"int8", "uint8", "float32"}), "float32");
  EXPECT_EQ(joined({"uint16", "int16", "float32"}), "float32") << "a chain gives float64";
  EXPECT_EQ(joined({"bool", "bool", "bool"}), "bool");
  EXPECT_THROW(result_type({}), ValueError);
}

TEST(Casting, EveryPairConverts) {
  for (DType from : AllDTypes()) {
    for (DType to : AllDTypes()) {
      const Array array = ones({3}, from).astype(to);
      EXPECT_EQ(array.dtype(), to);
      EXPECT_EQ(Values<double>(array), (std::vector<double>{1, 1, 1}))
          << from.name() << " to " << to.name();
    }
  }
}

}  // namespace
}  // namespace quern
