// Units of time: how they are named, promoted, cast and converted, and what loops make of them.
// What values come out is compared with NumPy in tests/python/test_times.py.
#include <gtest/gtest.h>

#include <cstdint>
#include <initializer_list>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "arrays.h"
#include "core/calendar.h"
#include "core/time_unit.h"
#include "quern/quern.hpp"

namespace quern {
namespace {

constexpr std::int64_t kHighest = std::numeric_limits<std::int64_t>::max();

Array Counts(std::initializer_list<std::int64_t> values, const char* dtype) {
  return Array::from_values(values).astype(DType::parse(dtype));
}

std::vector<std::int64_t> CountsOf(const Array& array) { return array.to_vector<std::int64_t>(); }

using Values64 = std::vector<std::int64_t>;

TEST(TimeUnitTest, NamesGoBothWays) {
  for (const char* name : {"generic", "Y", "M", "W", "D", "h", "m", "s", "ms", "us", "ns", "ps",
                           "fs", "as", "25s", "2147483647Y"}) {
    EXPECT_EQ(TimeUnit::parse(name).str(), name);
  }
  EXPECT_EQ(TimeUnit::parse("1s"), TimeUnit(TimeBase::s));
  EXPECT_EQ(TimeUnit::parse("s/10"), TimeUnit(TimeBase::ms, 100));
  EXPECT_EQ(TimeUnit::parse("7generic"), TimeUnit());
  for (const char* text : {"", "x", "-1s", "0s", "2147483648s", "s ", "s/0", "s/", "25"}) {
    EXPECT_THROW(TimeUnit::parse(text), TypeError) << text;
  }
  EXPECT_THROW(TimeUnit::parse("Y/7"), ValueError);
}

TEST(TimeUnitTest, DtypesCarryThem) {
  const DType dtype = DType::parse(">M8[25s]");
  EXPECT_EQ(dtype.str(), ">M8[25s]");
  EXPECT_EQ(dtype.name(), "datetime64");
  EXPECT_EQ(dtype.full_name(), "datetime64[25s]");
  EXPECT_EQ(dtype.unit(), TimeUnit(TimeBase::s, 25));
  EXPECT_TRUE(dtype.swapped());
  EXPECT_EQ(dtype.native(), DType::parse("datetime64[25s]"));
  EXPECT_NE(dtype, DType::parse(">M8[s]"));
  EXPECT_EQ(dtype.with_unit(TimeBase::ns).str(), ">M8[ns]");
  EXPECT_FALSE(DType().has_unit());
  EXPECT_EQ(DType().with_unit(TimeBase::ns), DType());
  EXPECT_EQ(DType::of<timedelta64>(), DType::parse("m8"));
  EXPECT_EQ(dtype.dlpack_bits(), 0);
  EXPECT_EQ(dtype.buffer_format(), "");
  EXPECT_LE(sizeof(DType), 8u);
}

TEST(TimeUnitTest, PromotionTakesTheGreatestCommonUnit) {
  const auto promoted = [](const char* first, const char* second) {
    return promote_types(DType::parse(first), DType::parse(second)).str();
  };
  EXPECT_EQ(promoted("m8[s]", "m8[ms]"), "<m8[ms]");
  EXPECT_EQ(promoted("m8[6h]", "m8[90m]"), "<m8[90m]");
  EXPECT_EQ(promoted("m8[Y]", "m8[5M]"), "<m8[M]");
  EXPECT_EQ(promoted("M8[2Y]", "M8[6D]"), "<M8[2D]");
  EXPECT_EQ(promoted("m8[s]", "M8[D]"), "<M8[s]");
  EXPECT_EQ(promoted("i4", "m8[s]"), "<m8[s]");
  EXPECT_EQ(promoted("m8", "m8[s]"), "<m8[s]");
  EXPECT_THROW(promoted("m8[Y]", "m8[D]"), TypeError);
  EXPECT_THROW(promoted("m8[s]", "m8[as]"), OverflowError);
  EXPECT_THROW(promoted("u8", "m8[s]"), TypeError);
  EXPECT_THROW(promoted("i8", "M8[s]"), TypeError);
}

TEST(TimeUnitTest, CastingLevelsDependOnUnits) {
  const auto allowed = [](const char* from, const char* to, CastingLevel level) {
    return can_cast(DType::parse(from), DType::parse(to), level);
  };
  EXPECT_TRUE(allowed("m8[s]", "m8[ms]", CastingLevel::safe));
  EXPECT_FALSE(allowed("m8[ms]", "m8[s]", CastingLevel::safe));
  EXPECT_TRUE(allowed("m8[ms]", "m8[s]", CastingLevel::same_kind));
  EXPECT_FALSE(allowed("m8[M]", "m8[s]", CastingLevel::same_kind));
  EXPECT_TRUE(allowed("M8[M]", "M8[s]", CastingLevel::safe));
  EXPECT_TRUE(allowed("M8[s]", "M8[M]", CastingLevel::same_kind));
  EXPECT_TRUE(allowed("m8[s]", ">m8[s]", CastingLevel::equiv));
  EXPECT_FALSE(allowed("m8[s]", "m8[ms]", CastingLevel::equiv));
  EXPECT_TRUE(allowed("i8", "m8[s]", CastingLevel::safe));
  EXPECT_TRUE(allowed("u8", "m8[s]", CastingLevel::same_kind));
  EXPECT_FALSE(allowed("f8", "m8[s]", CastingLevel::same_kind));
  EXPECT_FALSE(allowed("m8[s]", "i8", CastingLevel::same_kind));
  EXPECT_FALSE(allowed("m8[s]", "M8[s]", CastingLevel::same_kind));
}

TEST(CalendarTest, CountsAndDatesGoBothWays) {
  std::mt19937_64 random(7);
  const TimeUnit units[] = {TimeBase::Y,  TimeBase::M,      TimeBase::W,  TimeBase::D,
                            TimeBase::h,  TimeBase::m,      TimeBase::s,  TimeBase::ms,
                            TimeBase::us, TimeBase::ns,     TimeBase::ps, TimeBase::fs,
                            TimeBase::as, {TimeBase::s, 25}};
  for (const TimeUnit unit : units) {
    for (int i = 0; i < 2000; ++i) {
      const auto count = static_cast<std::int64_t>(random()) >> (8 + random() % 50);
      EXPECT_EQ(CountOf(CalendarOf(count, unit), unit), count) << unit.str();
    }
  }
}

TEST(CalendarTest, DaysFollowEachOther) {
  CalendarTime before = CalendarOf(-800'000, TimeBase::D);
  for (std::int64_t day = -799'999; day < 800'000; ++day) {
    const CalendarTime time = CalendarOf(day, TimeBase::D);
    const bool next_day = time.day == before.day + 1 && time.month == before.month;
    const bool next_month = time.day == 1 && before.day >= 28 && time.month == before.month + 1;
    const bool next_year =
        time.day == 1 && time.month == 1 && before.month == 12 && before.day == 31;
    ASSERT_TRUE(next_day || next_month || next_year) << day;
    ASSERT_EQ(time.year, before.year + (next_year ? 1 : 0));
    before = time;
  }
}

TEST(CalendarTest, TextIsIso8601) {
  EXPECT_EQ(DatetimeText(0, TimeBase::ns), "1970-01-01T00:00:00.000000000");
  EXPECT_EQ(DatetimeText(-1, TimeBase::as), "1969-12-31T23:59:59.999999999999999999");
  EXPECT_EQ(DatetimeText(951'827'696, TimeBase::s), "2000-02-29T12:34:56");
  EXPECT_EQ(DatetimeText(-1970 - 12, TimeBase::Y), "-012");
  EXPECT_EQ(DatetimeText(8030, TimeBase::Y), "10000");
  EXPECT_EQ(DatetimeText(not_a_time, TimeBase::D), "NaT");
}

TEST(TimeConversionTest, RoundsDownAndKeepsNaT) {
  const Array seconds = Counts({119, -1, 0, not_a_time}, "m8[s]");
  EXPECT_EQ(CountsOf(seconds.astype(DType::parse("m8[m]"))), (Values64{1, -1, 0, not_a_time}));
  EXPECT_EQ(CountsOf(seconds.astype(DType::parse("m8[ms]"))),
            (Values64{119'000, -1000, 0, not_a_time}));
  const Array months = Counts({1, 2, -1, not_a_time}, "M8[M]");
  EXPECT_EQ(CountsOf(months.astype(DType::parse("M8[D]"))), (Values64{31, 59, -31, not_a_time}));
  EXPECT_EQ(CountsOf(months.astype(DType::parse("M8[Y]"))), (Values64{0, 0, -1, not_a_time}));
  EXPECT_THROW(Counts({1}, "m8[W]").astype(DType::parse("m8[as]")), OverflowError);
}

TEST(TimeConversionTest, ServesEveryLayoutAndByteOrder) {
  const Array seconds = Counts({1, 2, not_a_time, 4, 5, 6}, ">m8[s]").reshape({2, 3});
  const Array wanted = Counts({1000, 2000, not_a_time, 4000, 5000, 6000}, "m8[ms]").reshape({2, 3});
  EXPECT_EQ(CountsOf(seconds.transpose().astype(DType::parse(">m8[ms]"))),
            CountsOf(wanted.transpose()));
  const Array mask = Array::from_values({true, false, true}).broadcast_to(Shape{2, 3});
  Array out = Counts({7, 7, 7, 7, 7, 7}, "m8[ms]").reshape({2, 3});
  add(seconds, Counts({0}, "m8[ms]"), {.out = &out, .where = &mask});
  EXPECT_EQ(CountsOf(out), (Values64{1000, 7, not_a_time, 4000, 7, 6000}));
}

TEST(TimeLoopTest, OperandsMeetInTheirCommonUnit) {
  const Array sum = add(Counts({1, not_a_time}, "m8[s]"), Counts({1, 1}, "m8[ms]"));
  EXPECT_EQ(sum.dtype().str(), "<m8[ms]");
  EXPECT_EQ(CountsOf(sum), (Values64{1001, not_a_time}));
  const Array later = add(Counts({1}, "M8[D]"), 1);
  EXPECT_EQ(later.dtype().str(), "<M8[D]");
  EXPECT_EQ(CountsOf(later), Values64{2});
  const Array between = subtract(Counts({1}, "M8[D]"), Counts({3600}, "M8[s]"));
  EXPECT_EQ(between.dtype().str(), "<m8[s]");
  EXPECT_EQ(CountsOf(between), Values64{82'800});
  const Array ratio = divide(Counts({90}, "m8[m]"), Counts({2}, "m8[h]"));
  EXPECT_EQ(ratio.dtype(), DType());
  EXPECT_EQ(ratio.to_vector<double>(), std::vector<double>{0.75});
  EXPECT_EQ(less(Counts({59}, "m8[s]"), Counts({1}, "m8[m]")).to_vector<unsigned char>(),
            std::vector<unsigned char>{1});
}

TEST(TimeLoopTest, RefusesWhatHasNoMeaning) {
  const Array point = Counts({1}, "M8[s]");
  const Array span = Counts({1}, "m8[s]");
  EXPECT_THROW(add(point, point), TypeError);
  EXPECT_THROW(subtract(span, point), TypeError);
  EXPECT_THROW(multiply(span, span), TypeError);
  EXPECT_THROW(add(span, 1.5), TypeError);
  EXPECT_THROW(divide(span, true), TypeError);
  EXPECT_THROW(negative(point), TypeError);
  EXPECT_THROW(isnat(Array::scalar(1.0)), TypeError);
  EXPECT_THROW(sqrt(span), TypeError);
  EXPECT_THROW(sum(point), TypeError);
  EXPECT_THROW(add(point, Counts({1}, "m8[M]")), CastError);
  EXPECT_THROW(add(Counts({1}, "m8[Y]"), span), TypeError);
  EXPECT_THROW(add(Counts({1}, "m8[as]"), Counts({1}, "m8[W]")), OverflowError);
  Array out = Counts({0}, "m8[M]");
  EXPECT_THROW(add(span, span, {.out = &out}), CastError);
}

TEST(TimeLoopTest, ResolutionRefusesUnitsThatDoNotConvert) {
  const DType days = DType::parse("datetime64[D]"), months = DType::parse("timedelta64[M]");
  EXPECT_THROW(Ufunc::find("add").resolve(std::vector<DType>{days, months}), CastError);
  EXPECT_THROW(Ufunc::find("subtract").resolve(std::vector<DType>{days, months}), CastError);
  const DType years = DType::parse("datetime64[Y]");
  EXPECT_EQ(Ufunc::find("add").resolve(std::vector<DType>{years, months}).types[2].full_name(),
            "datetime64[M]");
}

TEST(TimeLoopTest, ReductionsKeepTheUnit) {
  const Array spans = Counts({5, 7, -1}, "m8[25s]");
  EXPECT_EQ(sum(spans).dtype().str(), "<m8[25s]");
  EXPECT_EQ(sum(spans).item<std::int64_t>(), 11);
  EXPECT_EQ(max(spans.astype(DType::parse(">M8[25s]"))).dtype().str(), "<M8[25s]");
  EXPECT_EQ(mean(spans).item<std::int64_t>(), 3);
  EXPECT_EQ(max(Counts({5, not_a_time}, "m8[s]")).item<std::int64_t>(), not_a_time);
  EXPECT_EQ(ufuncs::fmax().reduce(Counts({5, not_a_time}, "m8[s]")).item<std::int64_t>(), 5);
  Array wide = Counts({0}, "m8[s]").reshape(Shape{});
  EXPECT_EQ(sum(spans, {.out = &wide}).item<std::int64_t>(), 275);
  const Array running = ufuncs::add().accumulate(spans);
  EXPECT_EQ(running.dtype(), spans.dtype());
  EXPECT_EQ(CountsOf(running), (Values64{5, 12, 11}));
}

TEST(TimeLoopTest, CountsWrapAround) {
  EXPECT_EQ(CountsOf(add(Counts({kHighest}, "m8[s]"), Counts({2}, "m8[s]"))), Values64{-kHighest});
  EXPECT_EQ(CountsOf(add(Counts({kHighest}, "m8[s]"), Counts({1}, "m8[s]"))), Values64{not_a_time});
}

TEST(TimeLoopTest, WeakIntegersMustFit) {
  EXPECT_THROW(add(Counts({1}, "m8[s]"), std::uint64_t{1} << 63), OverflowError);
}

TEST(TimeArrayTest, ViewsHaveTheTypeOfTheDtypeInAnyUnit) {
  const Array array = Counts({5, not_a_time}, "M8[ns]");
  EXPECT_EQ(array.view<datetime64>()(0), datetime64{5});
  EXPECT_THROW(array.view<timedelta64>(), TypeError);
  EXPECT_THROW(array.view<std::int64_t>(), TypeError);
  EXPECT_EQ(array.to_string(), "['1970-01-01T00:00:00.000000005'                           'NaT']");
}

TEST(TimeArrayTest, FilesNameTheUnit) {
  const Array array = Counts({5, not_a_time}, ">m8[25s]");
  const std::vector<std::byte> bytes = save_npy(array);
  const Array loaded = load_npy(bytes);
  EXPECT_EQ(loaded.dtype(), array.dtype());
  EXPECT_EQ(CountsOf(loaded), CountsOf(array));
}

}  // namespace
}  // namespace quern
