// Points and spans of time as Python's objects: datetime.datetime, date and timedelta, ints and
// None.
#ifndef QUERN_PYTHON_TIME_VALUES_H_
#define QUERN_PYTHON_TIME_VALUES_H_

#include <cstdint>
#include <optional>

#include "python/binding.h"

namespace quern::python {

// The dtype of a datetime.datetime (datetime64[us]), date (datetime64[D]) or timedelta
// (timedelta64[us]); nothing for other objects.
std::optional<DType> TimeDType(PyObject* object);

// The count of `dtype`, one with a unit, for such an object, an int (a count already), None or the
// text "NaT"; for points in time also the text of ISO 8601 up to microseconds. Rounded down to the
// unit. TypeError for other objects, ValueError for other text and datetimes with a time zone.
std::int64_t TimeCount(PyObject* object, DType dtype);

// As NumPy's item(): None for NaT; date, datetime and timedelta where they hold the value and the
// unit is no finer than they are and, for a timedelta, has a fixed length; else the count.
nb::object TimeObject(std::int64_t count, DType dtype);

}  // namespace quern::python

#endif  // QUERN_PYTHON_TIME_VALUES_H_
