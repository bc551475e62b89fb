#include "quern/dtype.hpp"

#include <algorithm>
#include <array>
#include <bit>

#include "core/absent_dtypes.h"
#include "core/nearest.h"
#include "core/registry.h"
#include "core/time_unit.h"
#include "quern/errors.hpp"

namespace quern {
namespace {

constexpr bool kBigEndian = std::endian::native == std::endian::big;
constexpr char kNativeOrder = kBigEndian ? '>' : '<';
constexpr char kSwappedOrder = kBigEndian ? '<' : '>';

const DTypeInfo& InfoOf(DType dtype) { return Registry::Get().dtype(dtype.id()); }

// Takes the byte-order character off; returns true if it names the order opposite to the machine's.
bool TakeByteOrder(std::string_view& text) {
  if (text.empty()) return false;
  const char first = text.front();
  if (first != '<' && first != '>' && first != '=' && first != '|') return false;
  text.remove_prefix(1);
  return first == kSwappedOrder;
}

// Takes "[25s]" off the end, without which the unit is generic.
TimeUnit TakeUnit(std::string_view& text) {
  const std::size_t open = text.find('[');
  if (open == std::string_view::npos || text.back() != ']') return {};
  const TimeUnit unit = TimeUnit::parse(text.substr(open + 1, text.size() - open - 2));
  text = text.substr(0, open);
  return unit;
}

std::string UnitSuffix(DType dtype) {
  return dtype.unit() == TimeUnit() ? "" : "[" + dtype.unit().str() + "]";
}

// Dtypes by the name that error messages give them, "int64, datetime64[s]".
std::string Listed(std::span<const DType> dtypes) {
  std::string names;
  for (DType dtype : dtypes) names += (names.empty() ? "" : ", ") + dtype.full_name();
  return names;
}

constexpr std::array<std::string_view, 6> kCastingNames{"no",        "equiv",  "safe",
                                                        "same_kind", "unsafe", "same_value"};

}  // namespace

DType DType::parse(std::string_view text) {
  std::string_view name = text;
  const bool swapped = TakeByteOrder(name);
  const Registry& registry = Registry::Get();
  if (const int bare = registry.FindDType(name.substr(0, name.find('[')));
      bare >= 0 && NativeDType(static_cast<DTypeId>(bare)).has_unit()) {
    const TimeUnit unit = TakeUnit(name);
    if (name.find('[') == std::string_view::npos) {
      return NativeDType(static_cast<DTypeId>(bare)).with_unit(unit).with_byte_order(swapped);
    }
  }
  const int id = registry.FindDType(name);
  if (id < 0) {
    if (const std::string refusal = NotSupportedText(name); !refusal.empty()) {
      throw TypeError(refusal);
    }
    const std::vector<std::string_view> names = registry.DTypeNames();
    throw TypeError("unknown dtype '" + std::string(text) + "'" + DidYouMean(name, names));
  }
  return DType(static_cast<std::uint8_t>(id), false).with_byte_order(swapped);
}

DType DType::from_id(std::uint8_t id, bool swapped) {
  if (id >= count()) {
    throw TypeError("dtype id " + std::to_string(id) + " is not registered; ids are below " +
                    std::to_string(count()));
  }
  return DType(id, false).with_byte_order(swapped);
}

std::size_t DType::count() { return Registry::Get().dtype_count(); }

DType DType::with_byte_order(bool swapped) const {
  return DType(id_, swapped && InfoOf(*this).swap_unit > 1, base_, multiple_);
}

std::string_view DType::name() const { return InfoOf(*this).name; }

std::string DType::full_name() const { return std::string(name()) + UnitSuffix(*this); }

std::string DType::str() const {
  const DTypeInfo& info = InfoOf(*this);
  const char order = info.swap_unit <= 1 ? '|' : swapped_ ? kSwappedOrder : kNativeOrder;
  // NumPy takes the names of dtypes that it knows from other packages, but no byte order with them.
  const bool plain = std::string_view(info.npy) == info.name && order != '>';
  return plain ? info.npy : order + std::string(info.npy) + UnitSuffix(*this);
}

std::size_t DType::size() const { return InfoOf(*this).size; }
std::size_t DType::alignment() const { return InfoOf(*this).alignment; }
char DType::kind() const { return InfoOf(*this).numpy_kind; }

DType DType::part() const {
  const Registry& registry = Registry::Get();
  const int id = registry.FindDType(registry.dtype(id_).part);
  return DType(static_cast<DTypeId>(id), swapped_, base_, multiple_);
}

std::string DType::buffer_format() const {
  const DTypeInfo& info = InfoOf(*this);
  if (info.swap_unit <= 1 || *info.buffer_format == '\0') return info.buffer_format;
  return (swapped_ ? kSwappedOrder : kNativeOrder) + std::string(info.buffer_format);
}

std::uint8_t DType::dlpack_code() const { return InfoOf(*this).dlpack_code; }
std::uint8_t DType::dlpack_bits() const { return InfoOf(*this).dlpack_bits; }

std::string_view casting_name(CastingLevel level) {
  return kCastingNames[static_cast<std::size_t>(level)];
}

CastingLevel parse_casting(std::string_view name, CastingLevel last) {
  std::string accepted;
  for (std::size_t i = 0; i <= static_cast<std::size_t>(last); ++i) {
    if (name == kCastingNames[i]) return static_cast<CastingLevel>(i);
    accepted += (i == 0 ? "'" : ", '") + std::string(kCastingNames[i]) + "'";
  }
  throw ValueError("casting must be one of " + accepted + " (got '" + std::string(name) + "')");
}

bool can_cast(DType from, DType to, CastingLevel level) {
  if (level > CastingLevel::unsafe) parse_casting(casting_name(level));  // throws
  if (from.id() != to.id()) {
    return Registry::Get().CanCast(from.id(), to.id(), static_cast<Casting>(level));
  }
  if (from.has_unit() && from.unit() != to.unit()) {
    const bool linear = from.kind() == 'm';
    const Casting order = from.swapped() == to.swapped() ? Casting::kNo : Casting::kEquiv;
    return std::max(UnitLevel(from.unit(), to.unit(), linear), order) <=
           static_cast<Casting>(level);
  }
  return from.swapped() == to.swapped() || level >= CastingLevel::equiv;
}

DType promote_types(DType first, DType second) {
  const std::array<DType, 2> both{first, second};
  return result_type(both);
}

DType result_type(std::span<const DType> dtypes) {
  if (dtypes.empty()) throw ValueError("result_type: at least one dtype is needed");
  std::vector<DTypeId> ids;
  for (DType dtype : dtypes) ids.push_back(dtype.id());
  const int joined = Registry::Get().Promote(ids);
  if (joined < 0) {
    throw TypeError("result_type: there is no dtype that all of (" + Listed(dtypes) +
                    ") cast to safely");
  }
  const DType result = DType::from_id(static_cast<DTypeId>(joined));
  if (!result.has_unit()) return result;
  TimeUnit unit;
  for (DType dtype : dtypes) unit = PromoteUnits(unit, dtype.unit(), result.kind() == 'm');
  return result.with_unit(unit);
}

}  // namespace quern
