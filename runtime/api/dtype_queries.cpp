#include "quern/dtype_queries.hpp"

#include <algorithm>
#include <cmath>
#include <complex>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "core/registry.h"
#include "quern/errors.hpp"

namespace quern {
namespace {

const DTypeInfo& InfoOf(DType dtype) { return Registry::Get().dtype(dtype.id()); }

bool IsInteger(DType dtype) { return dtype.kind() == 'i' || dtype.kind() == 'u'; }

// The nearest number of `significand` bits.
double Rounded(double value, int significand) {
  const int last = std::ilogb(value) - (significand - 1);
  return std::ldexp(std::nearbyint(std::ldexp(value, -last)), last);
}

// The dtype of that kind that calls on others may give a value, the least that `holds` it; else
// `widest`.
template <class Holds>
DType Least(char kind, DType widest, const Holds& holds) {
  for (std::uint8_t id = 0; id < kBuiltinPackage.dtype_count; ++id) {
    const DTypeInfo& info = Registry::Get().dtype(id);
    const bool fits = info.numpy_kind == kind && info.size < widest.size();
    if (fits && !info.only_if_present && holds(info.numbers)) return NativeDType(id);
  }
  return widest;
}

DType LeastInteger(std::int64_t value, DType widest) {
  if (value >= 0) {
    const auto positive = static_cast<std::uint64_t>(value);
    return Least('u', DType::of<std::uint64_t>(),
                 [&](const NumberInfo& numbers) { return positive <= numbers.maximum; });
  }
  return Least('i', widest, [&](const NumberInfo& numbers) { return value >= numbers.minimum; });
}

DType LeastUnsigned(std::uint64_t value, DType widest) {
  return Least('u', widest, [&](const NumberInfo& numbers) { return value <= numbers.maximum; });
}

DType LeastReal(double value, DType widest) {
  return Least('f', widest, [&](const NumberInfo& numbers) {
    return !std::isfinite(value) || std::abs(value) < numbers.roomy;
  });
}

DType LeastComplex(std::complex<double> value, DType widest) {
  return Least('c', widest, [&](const NumberInfo& numbers) {
    return std::abs(value.real()) < numbers.roomy && std::abs(value.imag()) < numbers.roomy;
  });
}

DType LeastOfNumber(const WeakScalar& number) {
  switch (number.kind) {
    case WeakScalar::Kind::boolean:
      return DType::of<bool>();
    case WeakScalar::Kind::integer:
      if (number.is_unsigned) {
        return LeastUnsigned(static_cast<std::uint64_t>(number.integer),
                             DType::of<std::uint64_t>());
      }
      return LeastInteger(number.integer, DType::of<std::int64_t>());
    case WeakScalar::Kind::real:
      return LeastReal(number.real, DType::of<double>());
    case WeakScalar::Kind::complex:
      break;
  }
  return LeastComplex({number.real, number.imag}, DType::of<std::complex<double>>());
}

DType LeastOfElement(const Array& array) {
  const DType dtype = array.dtype().native();
  const bool plain = dtype.id() < kBuiltinPackage.dtype_count && !InfoOf(dtype).only_if_present;
  if (!plain) return dtype;
  switch (dtype.kind()) {
    case 'i':
      return LeastInteger(array.item<std::int64_t>(), dtype);
    case 'u':
      return LeastUnsigned(array.item<std::uint64_t>(), dtype);
    case 'f':
      return LeastReal(array.item<double>(), dtype);
    case 'c':
      return LeastComplex(array.item<std::complex<double>>(), dtype);
    default:
      return dtype;
  }
}

// Sorts dtypes as mintypecode prefers them: complex before real floating-point numbers, those
// before integers; the wider ones first, and of two integers the unsigned one.
auto PreferenceOf(DType dtype) {
  const char kind = dtype.kind();
  const int rank = kind == 'c' ? 3 : kind == 'f' ? 2 : IsInteger(dtype) ? 1 : 0;
  return std::tuple(rank, dtype.size(), kind == 'u');
}

}  // namespace

FloatInfo finfo(DType dtype) {
  const DTypeInfo& info = InfoOf(dtype.part());
  const NumberInfo& numbers = info.numbers;
  if (numbers.significand == 0) {
    throw ValueError("finfo: " + std::string(dtype.name()) +
                     " is not inexact; a floating-point or complex dtype is needed");
  }
  const int digits = numbers.significand - 1;
  const int precision = std::max(1, static_cast<int>(digits * std::log10(2.0)));
  const double normal = std::ldexp(1.0, numbers.minimum_exponent);
  return {
      .dtype = dtype.part().native(),
      .bits = 8 * info.size,
      .nmant = digits,
      .nexp = 8 * info.size - 1 - digits,
      .iexp = 8 * info.size - 1 - digits,
      .precision = precision,
      .machep = -digits,
      .negep = -digits - 1,
      .minexp = numbers.minimum_exponent,
      .maxexp = numbers.maximum_exponent + 1,
      .eps = std::ldexp(1.0, -digits),
      .epsneg = std::ldexp(1.0, -digits - 1),
      .min = -numbers.highest,
      .max = numbers.highest,
      .smallest_normal = normal,
      .tiny = normal,
      .smallest_subnormal = std::ldexp(normal, -digits),
      .resolution = Rounded(1 / std::pow(10.0, precision), numbers.significand),
  };
}

IntegerInfo iinfo(DType dtype) {
  if (!IsInteger(dtype)) {
    throw ValueError("iinfo: " + std::string(dtype.name()) +
                     " is not an integer dtype; a signed or unsigned one is needed");
  }
  const DTypeInfo& info = InfoOf(dtype);
  return {dtype, 8 * info.size, info.numpy_kind, info.numbers.minimum, info.numbers.maximum};
}

DType min_scalar_type(const Operand& value) {
  const Array* array = value.array();
  if (array == nullptr) return LeastOfNumber(*value.scalar());
  return array->ndim() == 0 ? LeastOfElement(*array) : array->dtype();
}

DType common_type(std::span<const DType> dtypes) {
  if (dtypes.empty()) return min_scalar_type(0.0);
  std::vector<DType> inexact;
  for (DType dtype : dtypes) {
    if (!issubdtype(dtype, AbstractDType::number)) {
      throw TypeError("common_type: argument " + std::to_string(inexact.size() + 1) +
                      " has dtype " + std::string(dtype.name()) +
                      "; integers, floating-point and complex numbers have a common type");
    }
    const bool whole = issubdtype(dtype, AbstractDType::integer);
    inexact.push_back(whole ? DType::of<double>() : dtype);
  }
  return result_type(inexact);
}

char mintypecode(std::string_view typechars, std::string_view typeset, char otherwise) {
  std::optional<DType> most;
  std::optional<DType> real;  // the widest floating-point one
  for (std::size_t id = 0; id < DType::count(); ++id) {
    const DType dtype = DType::from_id(static_cast<std::uint8_t>(id));
    const char letter = InfoOf(dtype).numpy_char;
    const auto npos = std::string_view::npos;
    if (typechars.find(letter) == npos || typeset.find(letter) == npos) continue;
    if (!most || PreferenceOf(*most) < PreferenceOf(dtype)) most = dtype;
    if (dtype.kind() == 'f' && (!real || real->size() < dtype.size())) real = dtype;
  }
  if (!most) return otherwise;
  if (real && most->kind() == 'c') most = promote_types(*most, *real);
  return InfoOf(*most).numpy_char;
}

bool isdtype(DType dtype, std::string_view kind) {
  const Registry& registry = Registry::Get();
  const std::span<const NamedSet> kinds = registry.NamedSets(&CastingTables::standard_kinds);
  std::string names;
  for (std::size_t i = 0; i < kinds.size(); ++i) {
    if (kind == kinds[i].name) {
      return registry.IsIn(&CastingTables::standard_kinds, i, dtype.id());
    }
    names += (names.empty() ? "'" : ", '") + std::string(kinds[i].name) + "'";
  }
  throw ValueError("isdtype: '" + std::string(kind) + "' is not a kind of dtypes, which are " +
                   names);
}

bool isdtype(DType dtype, DType kind) { return dtype.id() == kind.id(); }

std::vector<AbstractInfo> abstract_dtypes() {
  std::vector<AbstractInfo> all;
  for (const NamedSet& set : Registry::Get().NamedSets(&CastingTables::abstract)) {
    std::optional<AbstractDType> parent;
    if (set.parent >= 0) parent = static_cast<AbstractDType>(set.parent);
    all.push_back({set.name, set.summary, parent});
  }
  return all;
}

bool issubdtype(DType first, DType second) { return first.id() == second.id(); }

bool issubdtype(DType first, AbstractDType second) {
  return Registry::Get().IsIn(&CastingTables::abstract, static_cast<std::size_t>(second),
                              first.id());
}

bool issubdtype(AbstractDType first, AbstractDType second) {
  const std::span<const NamedSet> all = Registry::Get().NamedSets(&CastingTables::abstract);
  int position = static_cast<int>(first);
  while (position >= 0 && position != static_cast<int>(second)) {
    position = all[static_cast<std::size_t>(position)].parent;
  }
  return position >= 0;
}

}  // namespace quern
