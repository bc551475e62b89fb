#include "python/time_values.h"

#include <datetime.h>

#include <string>

#include "core/calendar.h"
#include "core/time_unit.h"
#include "quern/errors.hpp"

// The macros of datetime.h are C.
#pragma GCC diagnostic ignored "-Wold-style-cast"

namespace quern::python {
namespace {

constexpr std::int64_t kMicrosecond = 1'000'000'000'000;  // attoseconds
// Beyond so many days, and years, Python's objects end.
constexpr std::int64_t kMostDays = 999'999'999;
constexpr std::int64_t kFirstYear = 1;
constexpr std::int64_t kLastYear = 9999;

void LoadDatetime() {
  if (PyDateTimeAPI != nullptr) return;
  PyDateTime_IMPORT;
  if (PyDateTimeAPI == nullptr) throw nb::python_error();
}

[[noreturn]] void Refuse(PyObject* object, DType dtype) {
  const char* accepted =
      dtype.kind() == 'M' ? "datetime.datetime, datetime.date" : "datetime.timedelta";
  throw TypeError(std::string("an object of type '") + TypeName(object) +
                  "' cannot become an element of " + dtype.full_name() + "; accepted are " +
                  accepted + ", int, None and text");
}

CalendarTime PointOf(PyObject* object) {
  CalendarTime time;
  time.year = PyDateTime_GET_YEAR(object);
  time.month = PyDateTime_GET_MONTH(object);
  time.day = PyDateTime_GET_DAY(object);
  if (PyDateTime_Check(object) == 0) return time;
  if (PyDateTime_DATE_GET_TZINFO(object) != Py_None) {
    throw ValueError(
        "datetime64 has no time zones: the datetime has one; pass it in UTC without it");
  }
  time.second = (PyDateTime_DATE_GET_HOUR(object) * 60 + PyDateTime_DATE_GET_MINUTE(object)) * 60 +
                PyDateTime_DATE_GET_SECOND(object);
  time.attosecond = PyDateTime_DATE_GET_MICROSECOND(object) * kMicrosecond;
  return time;
}

std::int64_t SpanOf(PyObject* object, TimeUnit unit) {
  const std::int64_t seconds = std::int64_t{86400} * PyDateTime_DELTA_GET_DAYS(object) +
                               PyDateTime_DELTA_GET_SECONDS(object);
  std::int64_t count = 0;
  if (__builtin_mul_overflow(seconds, std::int64_t{1'000'000}, &count) ||
      __builtin_add_overflow(count, PyDateTime_DELTA_GET_MICROSECONDS(object), &count)) {
    throw OverflowError(
        "a datetime.timedelta of so many days has no count of microseconds in 64 bits");
  }
  std::int64_t converted = 0;
  ConvertCounts(ConversionBetween(TimeBase::us, unit, true), &count, &converted, 1);
  return converted;
}

// datetime.datetime.fromisoformat knows the format; a year or a month alone it does not.
std::int64_t CountOfText(PyObject* object, DType dtype) {
  std::string text = TextOf(object, "a point in time");
  if (text == "NaT" || text == "nat" || text == "NAT" || text.empty()) return not_a_time;
  if (dtype.kind() != 'M') {
    throw ValueError("'" + text + "' is no span of time; accepted is the text 'NaT', or a number");
  }
  if (text.size() == 4) text += "-01";
  if (text.size() == 7) text += "-01";
  const nb::object point =
      nb::module_::import_("datetime").attr("datetime").attr("fromisoformat")(text.c_str());
  return CountOf(PointOf(point.ptr()), dtype.unit());
}

bool HasDays(TimeUnit unit) { return unit.base <= TimeBase::D; }

nb::object Count(std::int64_t count) {
  nb::object number = nb::steal(PyLong_FromLongLong(count));
  if (!number.is_valid()) throw nb::python_error();
  return number;
}

nb::object Checked(PyObject* made) {
  if (made == nullptr) throw nb::python_error();
  return nb::steal(made);
}

nb::object PointObject(std::int64_t count, TimeUnit unit) {
  const CalendarTime time = CalendarOf(count, unit);
  if (time.year < kFirstYear || time.year > kLastYear) return Count(count);
  const int year = static_cast<int>(time.year);
  if (HasDays(unit)) return Checked(PyDate_FromDate(year, time.month, time.day));
  return Checked(PyDateTime_FromDateAndTime(year, time.month, time.day, time.second / 3600,
                                            time.second / 60 % 60, time.second % 60,
                                            static_cast<int>(time.attosecond / kMicrosecond)));
}

nb::object SpanObject(std::int64_t count, TimeUnit unit) {
  __extension__ using Wide = __int128;
  const UnitConversion conversion = ConversionBetween(unit, TimeBase::us, true);
  const Wide microseconds = Wide{count} * conversion.multiplier / conversion.divisor;
  constexpr Wide kPerDay = Wide{86400} * 1'000'000;
  Wide days = microseconds / kPerDay;
  Wide rest = microseconds % kPerDay;
  if (rest < 0) {
    --days;
    rest += kPerDay;
  }
  if (days < -kMostDays || days > kMostDays) return Count(count);
  return Checked(PyDelta_FromDSU(static_cast<int>(days), static_cast<int>(rest / 1'000'000),
                                 static_cast<int>(rest % 1'000'000)));
}

}  // namespace

std::optional<DType> TimeDType(PyObject* object) {
  LoadDatetime();
  if (PyDateTime_Check(object) != 0)
    return DType(dtype_code_of<datetime64>).with_unit(TimeBase::us);
  if (PyDate_Check(object) != 0) return DType(dtype_code_of<datetime64>).with_unit(TimeBase::D);
  if (PyDelta_Check(object) != 0) return DType(dtype_code_of<timedelta64>).with_unit(TimeBase::us);
  return std::nullopt;
}

std::int64_t TimeCount(PyObject* object, DType dtype) {
  LoadDatetime();
  if (object == Py_None) return not_a_time;
  if (PyUnicode_Check(object) != 0) return CountOfText(object, dtype);
  if (PyLong_Check(object) != 0) {
    const long long count = PyLong_AsLongLong(object);
    if (count == -1 && PyErr_Occurred() != nullptr) throw nb::python_error();
    return count;
  }
  const bool point = PyDate_Check(object) != 0;
  if (point != (dtype.kind() == 'M') || (!point && PyDelta_Check(object) == 0))
    Refuse(object, dtype);
  if (dtype.unit() == TimeUnit()) {
    throw ValueError(dtype.full_name() + " has no unit in which to count an object of type '" +
                     std::string(TypeName(object)) + "'; name one, such as " + dtype.full_name() +
                     "[us]");
  }
  return point ? CountOf(PointOf(object), dtype.unit()) : SpanOf(object, dtype.unit());
}

nb::object TimeObject(std::int64_t count, DType dtype) {
  LoadDatetime();
  if (count == not_a_time) return nb::none();
  const TimeUnit unit = dtype.unit();
  const bool point = dtype.kind() == 'M';
  const bool fine = unit.base == TimeBase::generic || unit.base > TimeBase::us;
  const bool uneven = !point && unit.base <= TimeBase::M;
  if (fine || uneven) return Count(count);
  return point ? PointObject(count, unit) : SpanObject(count, unit);
}

}  // namespace quern::python
