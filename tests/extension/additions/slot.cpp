// The function behind the slot of slot.yaml; its place in the library is runtime/capi.
#include "quern/quern.h"

int64_t qn_array_elements(const qn_array* array) {
  int64_t elements = 1;
  for (int32_t axis = 0; axis < qn_array_ndim(array); ++axis) elements *= qn_array_shape(array)[axis];
  return elements;
}
