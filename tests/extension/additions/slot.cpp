// The function behind the slot of slot.yaml; its place in the library is a file of runtime/capi.
#include "capi/slots.h"

namespace quern::capi {

int64_t array_elements(const qn_array* array) noexcept {
  int64_t elements = 1;
  for (int32_t axis = 0; axis < array_ndim(array); ++axis) elements *= array_shape(array)[axis];
  return elements;
}

}  // namespace quern::capi
