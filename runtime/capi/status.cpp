#include "capi/status.h"

#include <array>
#include <exception>
#include <new>

namespace quern::capi {
namespace {

thread_local std::string kept_text;
// What Message gives: kept_text, or a literal where no memory was left to keep one.
thread_local const char* message = "";

void Keep(const char* text) noexcept {
  try {
    kept_text = text;
    message = kept_text.c_str();
  } catch (const std::bad_alloc&) {
    message = "an error whose message did not fit in memory";
  }
}

template <class T>
bool Is(const Error* error) {
  return dynamic_cast<const T*>(error) != nullptr;
}

struct KindOfError {
  bool (*matches)(const Error* error);
  qn_status status;
};
// Derived classes come before their bases.
constexpr std::array<KindOfError, 13> kKinds = {{{Is<ShapeError>, QN_SHAPE_ERROR},
                                                 {Is<AxisError>, QN_AXIS_ERROR},
                                                 {Is<ReadOnlyError>, QN_READ_ONLY_ERROR},
                                                 {Is<FormatError>, QN_FORMAT_ERROR},
                                                 {Is<ValueError>, QN_VALUE_ERROR},
                                                 {Is<CastError>, QN_CAST_ERROR},
                                                 {Is<TypeError>, QN_TYPE_ERROR},
                                                 {Is<IndexError>, QN_INDEX_ERROR},
                                                 {Is<OverflowError>, QN_OVERFLOW_ERROR},
                                                 {Is<FloatingPointError>, QN_FLOATING_POINT_ERROR},
                                                 {Is<IoError>, QN_IO_ERROR},
                                                 {Is<NotSupportedError>, QN_NOT_SUPPORTED_ERROR},
                                                 {Is<SpecError>, QN_SPEC_ERROR}}};

qn_status StatusOf(const Error& error) {
  for (const KindOfError& kind : kKinds) {
    if (kind.matches(&error)) return kind.status;
  }
  return QN_ERROR;
}

}  // namespace

const char* Message() noexcept { return message; }
void ClearMessage() noexcept { message = ""; }

qn_status KeepCurrentException() noexcept {
  try {
    throw;
  } catch (const Error& error) {
    Keep(error.what());
    return StatusOf(error);
  } catch (const std::bad_alloc&) {
    Keep("not enough memory");
    return QN_OUT_OF_MEMORY;
  } catch (const std::exception& error) {
    Keep(error.what());
    return QN_INTERNAL_ERROR;
  } catch (...) {
    Keep("an exception of unknown kind");
    return QN_INTERNAL_ERROR;
  }
}

}  // namespace quern::capi
