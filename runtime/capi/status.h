// The border between C++ and C: exceptions become status codes, and no exception crosses it.
#ifndef QUERN_CAPI_STATUS_H_
#define QUERN_CAPI_STATUS_H_

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <string>

#include "quern/capi_types.h"
#include "quern/errors.hpp"

namespace quern::capi {

// This thread's message: empty, or what the latest failure said.
const char* Message() noexcept;
void ClearMessage() noexcept;

// Keeps the message of the exception being handled and gives its status. Only inside a handler.
qn_status KeepCurrentException() noexcept;

// Runs `work` and gives its status.
template <class Work>
qn_status Guard(const Work& work) noexcept {
  ClearMessage();
  try {
    work();
    return QN_OK;
  } catch (...) {
    return KeepCurrentException();
  }
}

// The value of `work`, or `otherwise` with the message kept: for functions without a status.
template <class T, class Work>
T GuardValue(T otherwise, const Work& work) noexcept {
  ClearMessage();
  try {
    return work();
  } catch (...) {
    KeepCurrentException();
    return otherwise;
  }
}

// `what` names function and argument: "qn_array_new: shape".
template <class T>
T* NotNull(T* pointer, const char* what) {
  if (pointer == nullptr) throw ValueError(std::string(what) + " is null");
  return pointer;
}

// A structure of options as this library knows it. A caller compiled with older headers passes a
// smaller one: what it lacks is zero. One compiled with newer headers may pass a larger one as long
// as what this library does not know is zero. Null stands for all zero.
template <class T>
T ReadOptions(const T* options, const char* what) {
  T known{};
  if (options == nullptr) return known;
  const std::size_t size = options->struct_size;
  if (size < sizeof(std::size_t)) {
    throw ValueError(std::string(what) + ": struct_size is " + std::to_string(size) +
                     "; it is to be set to sizeof of the structure");
  }
  const auto* bytes = reinterpret_cast<const unsigned char*>(options);
  if (size > sizeof(T) &&
      std::any_of(bytes + sizeof(T), bytes + size, [](unsigned char byte) { return byte != 0; })) {
    throw ValueError(std::string(what) + ": uses members that this library does not know");
  }
  std::memcpy(&known, options, std::min(size, sizeof(T)));
  return known;
}

}  // namespace quern::capi

#endif  // QUERN_CAPI_STATUS_H_
