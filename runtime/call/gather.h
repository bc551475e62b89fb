// Bringing the elements of a reduction into the form that its kernels want.
#ifndef QUERN_CALL_GATHER_H_
#define QUERN_CALL_GATHER_H_

#include <memory>
#include <span>

#include "core/registry.h"
#include "errors/error_state.h"
#include "move/operand.h"

namespace quern {

// An axis of the array that a reduction runs over.
struct ReductionAxis {
  Index extent;
  Index stride;       // of the array, bytes
  Index mask_stride;  // of the mask; 0 without one
  Index out_stride;   // of the result; 0 for axes that are reduced
};

// Gathers rows: row r is the r-th position along the reduced axes in C order, and holds one element
// for each of some adjacent positions along one other axis, the columns. One object serves one
// thread; what it returns stays valid until its next call.
class RowGatherer {
 public:
  // The first element of row 0, and its mask byte or null.
  struct Source {
    const std::byte* data;
    const std::byte* mask;
  };
  struct Rows {
    Index first;
    Index count;
    Index columns;  // in each row
    std::size_t size() const { return static_cast<std::size_t>(count * columns); }
  };

  // `reduced` is innermost last and outlives the object.
  RowGatherer(const OperandFormat& format, std::span<const ReductionAxis> reduced,
              const ReductionAxis& columns)
      : format_(format), reduced_(reduced), columns_(columns) {}

  // The elements, row after row, as contiguous aligned ones of the loop's dtype.
  const std::byte* Values(const Source& source, const Rows& rows, FlagCollector& flags);
  // Their mask bytes, after Values of the same rows; the source has a mask.
  const std::byte* Mask(const Source& source, const Rows& rows);
  // As Values, with `neutral`, an element of the loop's dtype, for those whose mask byte is 0; these
  // are not converted. The same as Values if there is no mask.
  const std::byte* Selected(const Source& source, const Rows& rows, const std::byte* neutral,
                            FlagCollector& flags);

 private:
  template <class Body>
  void ForEachRun(Index ReductionAxis::*stride, const Rows& rows, const Body& body) const;
  // The step of the innermost reduced axis, or of the `from_last`-th outside it; 0 if there is none.
  Index Step(std::size_t from_last, Index ReductionAxis::*stride) const;
  // Packs the rows somewhere in the first cache line of `room`, which is 64-byte aligned, and behind;
  // returns where.
  std::byte* PackRows(const std::byte* from, Index ReductionAxis::*stride, std::size_t itemsize,
                      const Rows& rows, std::byte* room) const;
  bool ConvertsInPlace(const Rows& rows) const;
  void ConvertInPlace(const std::byte* from, const Rows& rows, FlagCollector& flags);
  const std::byte* Convert(std::byte* packed, std::size_t n, std::byte* out,
                           FlagCollector& flags) const;
  void Reserve(std::size_t elements, bool masked);

  OperandFormat format_;
  std::span<const ReductionAxis> reduced_;
  ReductionAxis columns_;
  std::shared_ptr<void> memory_;
  std::size_t capacity_ = 0;  // elements that each buffer has room for
  std::byte* packed_ = nullptr;   // in storage form
  std::byte* values_ = nullptr;   // in either form
  std::byte* blended_ = nullptr;  // in loop form; null until there was a mask, like mask_
  std::byte* mask_ = nullptr;
};

// Writes `element`, of `size` bytes, n times.
void FillElements(const std::byte* element, std::size_t size, std::size_t n, std::byte* out);

}  // namespace quern

#endif  // QUERN_CALL_GATHER_H_
