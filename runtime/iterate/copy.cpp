#include "iterate/copy.h"

#include <algorithm>
#include <cstring>

#include "core/array_access.h"
#include "errors/error_state.h"
#include "iterate/plan.h"
#include "iterate/same_values.h"
#include "iterate/tiles.h"
#include "quern/errors.hpp"

namespace quern {

FpFlags CopyElements(const Array& source, const Array& destination) {
  const Array from = source.broadcast_to(destination.shape());
  const bool same_place = source.data() == destination.data() &&
                          std::ranges::equal(from.strides(), destination.strides()) &&
                          source.itemsize() == destination.itemsize();
  if (!same_place && destination.may_share_memory(source)) {
    Array apart(source.shape(), source.dtype());
    CopyElements(source, apart);
    return CopyElements(apart, destination);
  }
  const PlanOperand operands[] = {{from.data(), from.shape(), from.strides()},
                                  {destination.data(), destination.shape(), destination.strides()}};
  Plan plan;
  BuildPlan(destination.shape(), operands, plan);
  const DType dtype = source.dtype();
  const OperandFormat formats[] = {InputFormat(from, dtype), OutputFormat(destination, dtype)};
  const std::span<const OperandFormat> all(formats);
  return RunTiles({&plan, all.first(1), all.subspan(1), false, nullptr, 0});
}

FpFlags CopySelected(const Array& source, const Array& mask, const Array& destination) {
  const Array from = source.broadcast_to(destination.shape());
  const PlanOperand operands[] = {{from.data(), from.shape(), from.strides()},
                                  {destination.data(), destination.shape(), destination.strides()},
                                  {mask.data(), mask.shape(), mask.strides()}};
  Plan plan;
  BuildPlan(destination.shape(), operands, plan);
  const DType dtype = source.dtype();
  const OperandFormat formats[] = {InputFormat(from, dtype), OutputFormat(destination, dtype)};
  const std::span<const OperandFormat> all(formats);
  return RunTiles({&plan, all.first(1), all.subspan(1), true, nullptr, 0});
}

bool CopyInTurn(std::span<const Array* const> sources,
                std::span<const Array* const> destinations) {
  const std::size_t count = sources.size();
  PlanOperand operands[kMaxPlanOperands];
  const auto set = [&](std::size_t operand, const Array& array) {
    operands[operand] = {array.data(), array.shape(), array.strides()};
  };
  for (std::size_t i = 0; i < count; ++i) {
    set(i, *destinations[i]);
    set(count + i, *sources[i]);
  }
  Plan plan;
  BuildPlan(destinations[0]->shape(), {operands, 2 * count}, plan);
  if (plan.ndim > 1) return false;
  const auto at = [&](std::size_t operand, Index element) {
    return plan.data[operand] + (plan.ndim == 0 ? 0 : element * plan.strides[operand][0]);
  };
  for (Index element = 0; element < plan.size; ++element) {
    for (std::size_t i = count; i-- > 0;) {
      std::memcpy(at(i, element), at(count + i, element), destinations[i]->itemsize());
    }
  }
  return true;
}

Array DenseInOrder(std::span<const Index> shape, std::span<const PlanOperand> operands,
                   DType dtype) {
  std::size_t axes[kMaxRank];
  KeepOrder(shape, operands, {axes, shape.size()});
  Index strides[kMaxRank];
  Index stride = static_cast<Index>(dtype.size());
  for (std::size_t i = shape.size(); i-- > 0;) {
    strides[axes[i]] = stride;
    stride *= std::max<Index>(shape[axes[i]], 1);
  }
  const Array dense(shape, dtype);
  return ArrayAccess::View(dense, dense.data(), shape, {strides, shape.size()}, true);
}

Array NewLike(const Array& like, DType dtype, Order order) {
  if (order == Order::A) {
    order = like.f_contiguous() && !like.c_contiguous() ? Order::F : Order::C;
  }
  if (order != Order::K) return Array(like.shape(), dtype, order);
  const PlanOperand operand{like.data(), like.shape(), like.strides()};
  return DenseInOrder(like.shape(), {&operand, 1}, dtype);
}

Array Array::copy(Order order) const {
  const Array result = NewLike(*this, dtype_, order);
  CopyElements(*this, result);
  return result;
}

Array Array::astype(DType dtype, CastingLevel casting, Order order) const {
  if (dtype.unit() == TimeUnit()) dtype = dtype.with_unit(dtype_.unit());
  const bool by_value = casting == CastingLevel::same_value;
  if (!by_value && !can_cast(dtype_, dtype, casting)) {
    throw CastError("astype: cannot cast array from dtype('" + dtype_.full_name() +
                    "') to dtype('" + dtype.full_name() + "') according to the rule '" +
                    std::string(casting_name(casting)) + "'");
  }
  const Array result = NewLike(*this, dtype, order);
  const FpFlags met = CopyElements(*this, result);
  if (!by_value) {
    ReportFlags(met, "cast");
  } else if (!SameValues(*this, result, met)) {
    throw ValueError("astype: an element of dtype('" + dtype_.full_name() +
                     "') has a value that dtype('" + dtype.full_name() +
                     "') does not hold, as the rule 'same_value' demands");
  }
  return result;
}

void Array::assign(const Array& source, CastingLevel casting) const {
  if (!writeable_) throw ReadOnlyError("assign: destination array is read-only");
  if (!can_cast(source.dtype_, dtype_, casting)) {
    throw CastError("assign: cannot cast array from dtype('" + source.dtype_.full_name() +
                    "') to dtype('" + dtype_.full_name() + "') according to the rule '" +
                    std::string(casting_name(casting)) + "'");
  }
  ReportFlags(CopyElements(source, *this), "cast");
}

namespace detail {

void check_view(const Array& array, DType dtype) {
  // Elements of any unit have the type of their dtype.
  if (array.dtype() != dtype.with_unit(array.dtype().unit()) || !array.aligned()) {
    throw TypeError("view: the array's dtype is " + array.dtype().str() +
                    (array.aligned() ? "" : ", misaligned") + "; the C++ type needs " +
                    dtype.str() + ", aligned");
  }
}

void read_elements(const Array& array, DType dtype, void* out) {
  Shape strides(array.ndim());
  DenseStrides(array.shape(), dtype.size(), false, strides);
  const Array destination =
      ArrayAccess::Make(nullptr, static_cast<std::byte*>(out), dtype, array.shape(), strides, true);
  CopyElements(array, destination);
}

void check_single(const Array& array) {
  if (array.size() != 1) {
    throw ValueError("item: the array has " + std::to_string(array.size()) +
                     " elements; exactly one is needed");
  }
}

Array copy_values(const void* values, std::size_t count, DType dtype) {
  const Index shape[] = {static_cast<Index>(count)};
  const Index strides[] = {static_cast<Index>(dtype.size())};
  // The source is only read.
  const Array source = ArrayAccess::Make(
      nullptr, static_cast<std::byte*>(const_cast<void*>(values)), dtype, shape, strides, false);
  Array result(shape, dtype);
  CopyElements(source, result);
  return result;
}

}  // namespace detail
}  // namespace quern
