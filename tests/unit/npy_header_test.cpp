// The reader and writer of .npy headers, on bytes in memory.

#include "io/npy_header.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "io/header_literal.h"
#include "quern/errors.hpp"

namespace quern::io {
namespace {

using ::testing::HasSubstr;

HeaderLiteral Parse(std::string_view text, bool python2_longs = true) {
  return ParseHeaderLiteral(text, python2_longs, "here");
}

std::string FaultOf(std::string_view text, bool python2_longs = true) {
  try {
    Parse(text, python2_longs);
  } catch (const FormatError& error) {
    return error.what();
  }
  return "accepted";
}

TEST(HeaderLiteral, ReadsWhatNumPyWrites) {
  const HeaderLiteral literal =
      Parse("{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3), }            \n");
  EXPECT_EQ(literal.descr, "<f8");
  EXPECT_FALSE(literal.fortran_order);
  EXPECT_EQ(literal.shape, (Shape{2, 3}));
}

TEST(HeaderLiteral, ToleratesOtherSpellings) {
  const HeaderLiteral literal =
      Parse(" { \"shape\":( 10L ,\t20L, ),'fortran_order' :True,\n'descr':\"|u1\" } ");
  EXPECT_EQ(literal.descr, "|u1");
  EXPECT_TRUE(literal.fortran_order);
  EXPECT_EQ(literal.shape, (Shape{10, 20}));
  EXPECT_EQ(Parse("{'descr':'<f8','fortran_order':False,'shape':()}").shape, Shape{});
  EXPECT_EQ(Parse("{'descr':'<f8','fortran_order':False,'shape':(7,)}").shape, Shape{7});
}

TEST(HeaderLiteral, NamesTheFaultAndItsPlace) {
  EXPECT_EQ(FaultOf(""),
            "here: the header is not valid: expected a dictionary at byte 0 of the header");
  EXPECT_EQ(FaultOf("{'descr': '<f8', 'descr': '<f8', 'fortran_order': False, 'shape': ()}"),
            "here: the header is not valid: a second 'descr' at byte 17 of the header");
  EXPECT_EQ(FaultOf("{'descr': '<f8', 'shape': ()}"),
            "here: the header is not valid: no 'fortran_order' at byte 29 of the header");
  EXPECT_EQ(
      FaultOf("{'descr': '<f8', 'fortran_order': False, 'shape': (), 'extra': 1}"),
      "here: the header is not valid: a key other than descr, fortran_order and shape at byte "
      "54 of the header");
}

TEST(HeaderLiteral, RefusesTheRest) {
  const std::string start = "{'descr': '<f8', 'fortran_order': False, 'shape': ";
  EXPECT_THAT(FaultOf(start + "(2)}"), HasSubstr("a number, not a tuple"));
  EXPECT_THAT(FaultOf(start + "2}"), HasSubstr("expected a tuple"));
  EXPECT_THAT(FaultOf(start + "(2 3)}"), HasSubstr("expected ',' or ')'"));
  EXPECT_THAT(FaultOf(start + "(,)}"), HasSubstr("expected an integer"));
  EXPECT_THAT(FaultOf(start + "(2.5,)}"), HasSubstr("expected ',' or ')'"));
  EXPECT_THAT(FaultOf(start + "(99999999999999999999,)}"), HasSubstr("too large"));
  EXPECT_THAT(FaultOf(start + "(2L,)}", false), HasSubstr("expected ',' or ')'"));
  EXPECT_THAT(FaultOf(start + "(2,)} x"), HasSubstr("something follows"));
  EXPECT_THAT(FaultOf(start + "(2,)"), HasSubstr("expected ',' or '}'"));
  EXPECT_THAT(FaultOf(start), HasSubstr("expected a tuple"));
  EXPECT_THAT(FaultOf("{'descr': 'a\\x00', "), HasSubstr("not allowed in a string"));
  EXPECT_THAT(FaultOf("{'descr': '<f8"), HasSubstr("without an end"));
  EXPECT_THAT(FaultOf("{'descr': '<f8', 'fortran_order': 0, "), HasSubstr("True or False"));
  EXPECT_THAT(FaultOf("{'descr': [('x', '<f8')], "), HasSubstr("structured"));
  std::string many = start + "(";
  for (int i = 0; i < 65; ++i) many += "1,";
  EXPECT_THAT(FaultOf(many + ")}"), HasSubstr("more than 64 axes"));
}

std::string FaultOfDescr(const std::string& descr) {
  const std::string text = "{'descr': '" + descr + "', 'fortran_order': False, 'shape': (1,), }";
  try {
    ParseHeader({true, 10, text.size()}, text, 1000, "load: 'x.npy'");
  } catch (const FormatError& error) {
    return error.what();
  }
  return "accepted";
}

TEST(NpyHeader, RefusesDTypesByName) {
  EXPECT_THAT(FaultOfDescr("|O"), HasSubstr("load: 'x.npy': holds Python objects (dtype '|O')"));
  EXPECT_THAT(FaultOfDescr("|O8"), HasSubstr("Python objects"));
  EXPECT_THAT(FaultOfDescr("object"), HasSubstr("Python objects"));
  EXPECT_THAT(FaultOfDescr("<U7"), HasSubstr("holds dtype '<U7'; accepted dtypes are bool, "));
  EXPECT_THAT(FaultOfDescr(""), HasSubstr("holds dtype ''"));
  EXPECT_THAT(FaultOfDescr("<M8[xs]"), HasSubstr("float64"));
  EXPECT_EQ(FaultOfDescr("<M8[ns]"), "accepted");
  EXPECT_EQ(FaultOfDescr(">f8"), "accepted");
}

std::size_t DataBytesOf(const std::string& shape, std::uint64_t file_bytes) {
  const std::string text = "{'descr': '<f8', 'fortran_order': False, 'shape': " + shape + "}";
  return ParseHeader({true, 10, text.size()}, text, 10 + text.size() + file_bytes, "x").data_bytes;
}

TEST(NpyHeader, ChecksTheSizeBeforeAnyAllocation) {
  EXPECT_EQ(DataBytesOf("(2, 3)", 48), 48U);
  EXPECT_EQ(DataBytesOf("(2, 3)", 49), 48U) << "bytes after the data are ignored";
  EXPECT_EQ(DataBytesOf("()", 8), 8U);
  EXPECT_EQ(DataBytesOf("(0, 3)", 0), 0U);
  EXPECT_THROW(DataBytesOf("(2, 3)", 47), FormatError);
  EXPECT_THROW(DataBytesOf("(-1,)", 100), FormatError);
  EXPECT_THROW(DataBytesOf("(0, -1)", 100), FormatError);
  EXPECT_THROW(DataBytesOf("(4611686018427387904, 4)", 100), FormatError);
  EXPECT_THROW(DataBytesOf("(9223372036854775807,)", 100), FormatError);
  EXPECT_THROW(DataBytesOf("(4611686018427387904, 4, 0)", 100), FormatError);
}

std::string FaultOfPrefix(std::string_view bytes, std::uint64_t file_bytes) {
  try {
    ParsePrefix(std::as_bytes(std::span(bytes)), file_bytes, "x");
  } catch (const FormatError& error) {
    return error.what();
  }
  return "accepted";
}

TEST(NpyHeader, ChecksThePrefix) {
  using namespace std::string_view_literals;
  EXPECT_EQ(FaultOfPrefix("", 0), "x: is empty; a .npy file is accepted");
  EXPECT_EQ(FaultOfPrefix("PK\3\4", 4), "x: is no .npy file: it does not begin with \\x93NUMPY");
  EXPECT_EQ(FaultOfPrefix("\x93NUMPY\1", 7), "x: ends within its header");
  EXPECT_EQ(FaultOfPrefix("\x93NUMPY\2\0\1\0"sv, 10), "x: ends within its header");
  EXPECT_EQ(FaultOfPrefix("\x93NUMPY\4\0\0\0\0\0"sv, 12),
            "x: is a .npy file of version 4.0; accepted are 1.0, 2.0 and 3.0");
  EXPECT_EQ(FaultOfPrefix("\x93NUMPY\1\0\x76\0"sv, 100), "x: ends within its header");
  EXPECT_EQ(FaultOfPrefix("\x93NUMPY\2\0\xff\xff\xff\xff"sv, 5000000000U),
            "x: announces a header of 4294967295 bytes; at most 65536 are accepted");
  EXPECT_EQ(FaultOfPrefix("\x93NUMPY\1\0\x76\0"sv, 128), "accepted");
}

TEST(NpyHeader, WritesNumPysBytes) {
  const Index shape[] = {2, 3};
  const std::string header = MakeHeader(DType(DTypeCode::float64), false, shape);
  // numpy.lib.format gives these 128 bytes.
  std::string expected("\x93NUMPY\1\0\x76\0", 10);
  expected += "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3), }";
  expected.append(127 - expected.size(), ' ');
  expected += '\n';
  EXPECT_EQ(header, expected);
}

TEST(NpyHeader, TakesTheLowestVersionThatFits) {
  const std::string longest = WrapDictionary(std::string(65524 - 1, ' '));
  EXPECT_EQ(longest[6], 1);
  EXPECT_EQ(longest.size() % 64, 0U);
  const std::string longer = WrapDictionary(std::string(65527, ' '));
  EXPECT_EQ(longer[6], 2);
  EXPECT_EQ(longer.size() % 64, 0U);
}

}  // namespace
}  // namespace quern::io
