// The data that the generator emits: dtypes, casting, ufuncs and their loops, as plain constant
// tables. Everything here is constant-initialised; a package of tables is brought to life by
// RegisterPackage (core/registry.h). Dtype ids inside a package are local: the base package's dtypes
// come first, in its order, then the package's own.
#ifndef QUERN_CORE_TABLES_H_
#define QUERN_CORE_TABLES_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "core/kernel.h"

namespace quern {

using DTypeId = std::uint8_t;

// Casting levels in rising order of permission; a table cell holds the least level that allows the
// cast (kNo never appears between different dtypes).
enum class Casting : std::uint8_t { kNo, kEquiv, kSafe, kSameKind, kUnsafe };

// Host-language scalars, weaker than any array dtype of their kind or above (NEP 50).
enum class WeakKind : std::uint8_t { kInteger, kReal, kComplex };

// The numbers of a dtype.
struct NumberInfo {
  std::int64_t minimum;   // of whole numbers
  std::uint64_t maximum;
  // Of floating-point numbers, or of the parts of complex ones:
  double highest = 0;            // and lowest with a minus
  double roomy = 0;              // its first two digits: below, min_scalar_type takes the dtype
  std::int16_t significand = 0;  // bits, the hidden one included; 0 if there are no such numbers
  std::int16_t minimum_exponent = 0;  // of normal numbers
  std::int16_t maximum_exponent = 0;
};

struct DTypeInfo {
  const char* name;           // "float64"
  const char* kind;           // word of spec/vocabulary.yaml: "float"
  char numpy_kind;            // 'f'
  char numpy_char;            // 'd'
  std::uint8_t size;          // bytes
  std::uint8_t alignment;     // bytes
  std::uint8_t swap_unit;     // bytes reversed together when the byte order changes; 1 = none
  std::uint8_t rank;          // position in the kind order of spec/casting.yaml
  std::uint8_t dlpack_code;   // kDLInt = 0, kDLUInt = 1, kDLFloat = 2, kDLBool = 6 ...
  std::uint8_t dlpack_bits;
  const char* npy;            // descriptor without byte order: "f8"
  const char* buffer_format;  // PEP 3118 format without byte order: "d"
  const char* part;           // the dtype of a complex number's parts, its own name for others
  bool only_if_present;       // nothing becomes of this dtype that was not before
  NumberInfo numbers;
  const char* summary;
  const char* origin;         // "spec/dtypes/float64.yaml:1"
};

// The kernels of one translation unit, by target. `kernels` is indexed as LoopInfo::kernel says.
struct TargetTable {
  std::int64_t target;  // Highway's bit, HWY_AVX2 ...
  const KernelSet* kernels;
};
struct KernelFamily {
  const char* name;
  std::span<const TargetTable> targets;
  const KernelSet** active;  // where the kernels of the chosen target are kept; set by the registry
};

struct CastTargetTable {
  std::int64_t target;
  const CastKernel* kernels;  // by destination dtype (local id)
};
// Casts out of one dtype.
struct CastFamily {
  DTypeId from;
  std::span<const CastTargetTable> targets;
};

// How a loop runs on a target.
struct TargetKind {
  std::int64_t target;
  const char* kind;  // word of spec/vocabulary.yaml: "vector", "emulated", "scalar"
};

struct LoopInfo {
  const DTypeId* types;        // inputs, then outputs
  const KernelFamily* family;
  std::uint16_t kernel;        // index in the family's table
  FpFlags hardware_flags;      // hardware exceptions this loop reports; others are cleared silently
  FpFlags declared_flags;      // all flags that the spec allows the loop
  // Where in the ufunc's loops, counted from this one, the loop stands that computes it in another
  // dtype; 0 = it computes itself.
  std::int16_t compute_distance;
  std::int16_t checked;        // index of the kernel that reports integer overflow, too; -1 = none
  std::span<const TargetKind> kinds;  // of every target that the family is built for
  const char* origin;          // "spec/ufuncs/add.yaml:9"
  // Why its kernels refuse some values, which they report as kRefused; null if they take all.
  const char* refusal = nullptr;
};

enum class IdentityKind : std::uint8_t { kNone, kInteger, kReal };
struct Identity {
  IdentityKind kind;
  std::int64_t integer;
  double real;
};

// What reductions of integers are in exact arithmetic, by which their overflow is told.
enum class ExactFold : std::uint8_t { kNone, kSum, kProduct };

// The signature of a generalised ufunc. Core dimensions are known by their position in the order in
// which the signature first names them.
struct CoreInfo {
  std::span<const char* const> dimensions;  // names
  std::uint32_t optional;                   // bit i: operands may lack dimension i
  std::span<const std::uint8_t> axes;       // dimensions of every operand, one operand after another
  std::span<const std::uint8_t> counts;     // how many of them each operand has
  std::uint32_t separable;                  // bit i: results along dimension i may be computed apart
};

struct UfuncInfo {
  const char* name;
  const char* summary;
  const char* signature;                        // core signature of a gufunc, else ""
  const char* operator_symbol;                  // "+" where the language has one, else ""
  std::uint8_t inputs;
  std::uint8_t parameters;                      // so many of them, the last, do not choose the loop
  std::uint8_t outputs;
  std::span<const char* const> argument_names;  // inputs, then outputs
  std::span<const char* const> aliases;
  // Names under which its reduction over all axes is a function of its own: "sum".
  std::span<const char* const> reduction_functions;
  // For a base ufunc in a package: the package's further loops, whose indices follow the base's.
  std::span<const LoopInfo> loops;
  // Dense, row-major over the local ids of the inputs that choose the loop: >= 0 is a loop index, < 0 is
  // -(1 + index into refusals).
  const std::int16_t* resolution;
  // By input dtype, for reduce, accumulate and reduceat: loop index or refusal; null if the ufunc
  // never reduces.
  const std::int16_t* reduction;
  std::uint8_t dtype_count;
  std::span<const char* const> refusals;        // [0] is "" for "no loop"; others are the spec's words
  Identity identity;
  bool reorderable;                             // may be reduced over several axes
  bool compares;                                // out-of-range weak integers compare exactly
  const char* origin;
  const CoreInfo* core = nullptr;               // of a generalised ufunc
  ExactFold exactly = ExactFold::kNone;         // for the loops with a checked kernel
};

// A set of dtypes by the name that others have for it.
struct NamedSet {
  const char* name;
  std::uint64_t members;  // bit i: local dtype id i
  std::int16_t parent;    // position of the set that holds it; -1 = none
  const char* summary;
};

struct CastingTables {
  const Casting* least_level;     // dtype_count^2: [from * n + to]
  const std::int16_t* promotion;  // dtype_count^2: dtype id, or -1
  const std::uint64_t* up_sets;   // per dtype: bit set (in kind order positions) of dtypes it casts to safely
  const DTypeId* by_order;        // kind order position -> dtype id
  const std::int16_t* weak;  // per WeakKind: [kind * n + dtype] -> dtype id a weak scalar takes
  const DTypeId* weak_alone;      // per WeakKind: default dtype when no array is present
  std::span<const CastFamily> casts;
  const FpFlags* hardware_flags;  // dtype_count^2: hardware exceptions a cast reports
  std::span<const NamedSet> abstract;        // by AbstractDType; in the same order in every package
  std::span<const NamedSet> standard_kinds;  // likewise
};

struct PackageInfo {
  const char* name;
  const char* base_fingerprint;          // of the base package's dtype list; "" for the base itself
  std::uint8_t base_dtype_count;         // 0 for the base package
  std::uint8_t dtype_count;              // base plus own
  std::span<const DTypeInfo> dtypes;     // own only
  std::span<const UfuncInfo* const> ufuncs;  // own ufuncs, and base ufuncs extended by own dtypes
  const CastingTables* casting;          // over dtype_count dtypes
  std::span<const KernelFamily* const> families;
  const char* fingerprint;               // of the dtype list that a dependent package must match
};

// One instruction-set target of spec/targets.yaml.
struct TargetInfo {
  const char* name;       // "AVX2"
  std::int64_t bit;       // Highway's bit
  const char* summary;
};

}  // namespace quern

#endif  // QUERN_CORE_TABLES_H_
