// Run-time element types.
#ifndef QUERN_DTYPE_HPP_
#define QUERN_DTYPE_HPP_

#include <compare>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "quern/dtype_list.hpp"
#include "quern/export.hpp"
#include "quern/time.hpp"

namespace quern {

// A dtype: an entry of the registry, a byte order and, for datetime64 and timedelta64, a unit of
// time. Eight bytes, passed by value.
class QUERN_EXPORT DType {
 public:
  // float64 in native byte order.
  constexpr DType() : DType(DTypeCode::float64) {}
  // A built-in dtype in native byte order.
  constexpr DType(DTypeCode code)  // NOLINT(google-explicit-constructor): codes are dtypes
      : DType(static_cast<std::uint8_t>(code), false) {}

  // By name ("float64", "bool"), or by NumPy's descriptor ("f8", "<f8", ">i4", "|b1"); either with
  // a unit where the dtype has one ("datetime64[ns]", "<m8[25s]"). Throws TypeError naming the
  // nearest known name, or the accepted units.
  static DType parse(std::string_view text);
  // By position in the registry; id < count(). Built-in dtypes come first, in kind order. The unit
  // is generic.
  static DType from_id(std::uint8_t id, bool swapped = false);
  // The number of registered dtypes, packages included.
  static std::size_t count();

  // The dtype of a C++ type: DType::of<double>().
  template <class T>
  static constexpr DType of() {
    return DType(dtype_code_of<T>);
  }

  constexpr std::uint8_t id() const { return id_; }
  // True if elements lie in memory in the byte order opposite to the machine's.
  constexpr bool swapped() const { return swapped_; }
  constexpr DType native() const { return DType(id_, false, base_, multiple_); }
  DType with_byte_order(bool swapped) const;  // no effect where a byte order has no meaning

  // True if elements count a unit of time: of datetime64 and timedelta64.
  constexpr bool has_unit() const {
    return id_ == static_cast<std::uint8_t>(dtype_code_of<timedelta64>) ||
           id_ == static_cast<std::uint8_t>(dtype_code_of<datetime64>);
  }
  // {generic, 1} for dtypes that have none.
  constexpr TimeUnit unit() const { return {base_, multiple_}; }
  // No effect where a unit has no meaning.
  constexpr DType with_unit(TimeUnit unit) const {
    return has_unit() ? DType(id_, swapped_, unit.base, unit.multiple) : *this;
  }

  std::string_view name() const;  // "float64", whatever the byte order and the unit
  std::string full_name() const;  // the same with the unit: "datetime64[ns]"
  // NumPy's descriptor with byte order, "<f8"; the name alone of a dtype that NumPy knows from
  // another package, unless its bytes lie in big-endian order.
  std::string str() const;
  std::size_t size() const;                // bytes
  std::size_t alignment() const;           // bytes
  char kind() const;                       // NumPy's kind letter: b, i, u, f, c, m, M
  DType part() const;                      // of a complex number's parts; others are their own
  std::string buffer_format() const;       // PEP 3118, with byte order: "<d"; "" if it has none
  std::uint8_t dlpack_code() const;
  std::uint8_t dlpack_bits() const;  // 0 if DLPack has no code for it

  friend constexpr bool operator==(DType, DType) = default;

 private:
  constexpr DType(std::uint8_t id, bool swapped, TimeBase base = TimeBase::generic,
                  std::int32_t multiple = 1)
      : id_(id), swapped_(swapped), base_(base), multiple_(multiple) {}
  std::uint8_t id_;
  bool swapped_;
  TimeBase base_;
  std::int32_t multiple_;
};

// What a conversion may lose: nothing at all, only byte order, nothing of value, precision within a
// kind, or anything. `same_value`, which Array::astype alone takes, allows every conversion of dtypes
// and refuses elements that lose something; it is no level between others.
enum class CastingLevel : std::uint8_t { no, equiv, safe, same_kind, unsafe, same_value };

// "same_kind" and so on; parse throws ValueError with the accepted names, those up to `last`.
QUERN_EXPORT std::string_view casting_name(CastingLevel level);
QUERN_EXPORT CastingLevel parse_casting(std::string_view name,
                                        CastingLevel last = CastingLevel::unsafe);

// Between units of one dtype the units decide: casts to a finer unit that the coarser one is a
// multiple of are safe, those of spans between months and weeks unsafe, others same_kind. ValueError
// for same_value, as whether it allows a cast depends on the values.
QUERN_EXPORT bool can_cast(DType from, DType to, CastingLevel level = CastingLevel::safe);
// The least dtype that both cast to safely, in the greatest unit of which theirs are multiples.
// Throws TypeError if there is none, OverflowError if the units are too far apart.
QUERN_EXPORT DType promote_types(DType first, DType second);
// The same for any number of dtypes at once (which a chain of promote_types need not equal).
QUERN_EXPORT DType result_type(std::span<const DType> dtypes);

}  // namespace quern

#endif  // QUERN_DTYPE_HPP_
