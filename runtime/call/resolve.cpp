#include "call/resolve.h"

#include <algorithm>
#include <complex>
#include <cstring>

#include "core/time_unit.h"
#include "errors/error_state.h"
#include "quern/errors.hpp"

namespace quern {
namespace {

// The forms in which a WeakScalar holds its value.
constexpr DTypeId kInt64 = DType::of<std::int64_t>().id();
constexpr DTypeId kUint64 = DType::of<std::uint64_t>().id();
constexpr DTypeId kFloat64 = DType::of<double>().id();
constexpr DTypeId kComplex128 = DType::of<std::complex<double>>().id();
constexpr DTypeId kBool = DType::of<bool>().id();

using InputTypes = std::array<DTypeId, kMaxInputs>;

WeakKind KindOf(const WeakScalar& scalar) {
  if (scalar.kind == WeakScalar::Kind::complex) return WeakKind::kComplex;
  return scalar.kind == WeakScalar::Kind::integer ? WeakKind::kInteger : WeakKind::kReal;
}

bool NeedsUnsigned(const WeakScalar& scalar) { return scalar.is_unsigned && scalar.integer < 0; }

std::string IntegerText(const WeakScalar& scalar) {
  return scalar.is_unsigned ? std::to_string(static_cast<std::uint64_t>(scalar.integer))
                            : std::to_string(scalar.integer);
}

bool IsBoolean(const Operand& input) {
  return input.scalar() != nullptr && input.scalar()->kind == WeakScalar::Kind::boolean;
}

// The dtypes of the operands that have one, joined; -1 if there are none.
int JoinStrong(std::span<const Operand> inputs) {
  InputTypes ids;
  std::size_t count = 0;
  for (const Operand& input : inputs) {
    if (input.array() != nullptr) ids[count++] = input.array()->dtype().id();
    if (IsBoolean(input)) ids[count++] = kBool;
  }
  if (count <= 1) return count == 0 ? -1 : ids[0];
  const int joined = Registry::Get().Promote({ids.data(), count});
  return joined >= 0 ? joined : ids[0];
}

// Dtypes to look the loop up with; weak scalars count as what they become beside the arrays of the
// `choosing` first inputs.
InputTypes LookupTypes(std::span<const Operand> inputs, std::size_t choosing) {
  const Registry& registry = Registry::Get();
  InputTypes types{};
  bool weak = false;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (const Array* array = inputs[i].array()) {
      types[i] = array->dtype().id();
    } else if (IsBoolean(inputs[i])) {
      types[i] = kBool;
    } else {
      weak = true;
    }
  }
  if (!weak) return types;
  const int joined = JoinStrong(inputs.first(choosing));
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (inputs[i].array() != nullptr || IsBoolean(inputs[i])) continue;
    const WeakScalar& scalar = *inputs[i].scalar();
    const int beside =
        joined < 0 ? -1 : registry.WeakBeside(KindOf(scalar), static_cast<DTypeId>(joined));
    types[i] = beside >= 0 ? static_cast<DTypeId>(beside) : registry.WeakAlone(KindOf(scalar));
    if (joined < 0 && NeedsUnsigned(scalar)) types[i] = kUint64;
  }
  return types;
}

// The loop for the dtypes; where there is none, that for weak scalars as what they are alone, because
// an argument may be of another kind than the arrays beside it, as the exponent of ldexp is.
LoopChoice ChooseLoop(const UfuncInfo& ufunc, std::span<const Operand> inputs,
                      std::span<const DTypeId> types) {
  const Registry& registry = Registry::Get();
  const LoopChoice choice = registry.Resolve(ufunc, types);
  if (choice.loop != nullptr) return choice;
  InputTypes alone{};
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const WeakScalar* scalar = IsBoolean(inputs[i]) ? nullptr : inputs[i].scalar();
    alone[i] = scalar == nullptr ? types[i] : registry.WeakAlone(KindOf(*scalar));
  }
  const LoopChoice other = registry.Resolve(ufunc, {alone.data(), inputs.size()});
  return other.loop != nullptr ? other : choice;
}

// True if the integer survives a round trip through the dtype.
bool Fits(const WeakScalar& scalar, DTypeId dtype) {
  const Registry& registry = Registry::Get();
  const DTypeId own = NeedsUnsigned(scalar) ? kUint64 : kInt64;
  if (dtype == own) return true;
  const CastKernel there = registry.cast_kernel(own, dtype);
  const CastKernel back = registry.cast_kernel(dtype, own);
  if (there == nullptr || back == nullptr) return false;
  alignas(16) std::byte value[16];
  std::int64_t returned = 0;
  there(&scalar.integer, value, 1);
  back(value, &returned, 1);
  // A negative number and a large unsigned one can share bits: the sign must agree as well.
  const bool unsigned_dtype = registry.dtype(dtype).numpy_kind == 'u';
  const bool negative = scalar.integer < 0 && own == kInt64;
  const bool sign_agrees = own == kUint64 ? unsigned_dtype : !(negative && unsigned_dtype);
  return returned == scalar.integer && sign_agrees;
}

bool IsInteger(DTypeId dtype) {
  const char kind = Registry::Get().dtype(dtype).numpy_kind;
  return kind == 'i' || kind == 'u';
}

// Comparisons with an integer outside the array's dtype are exact: the integer joins as a 64-bit
// one instead of failing to convert.
void WidenComparedIntegers(std::span<const Operand> inputs, InputTypes& types) {
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const WeakScalar* scalar = inputs[i].scalar();
    if (scalar == nullptr || scalar->kind != WeakScalar::Kind::integer) continue;
    if (!IsInteger(types[i]) || Fits(*scalar, types[i])) continue;
    types[i] = NeedsUnsigned(*scalar) ? kUint64 : kInt64;
  }
}

// The dtypes that dtype= or signature= fix; -1 where free.
std::array<int, kMaxOperands> FixedTypes(const UfuncInfo& ufunc, const CallOptions& options) {
  std::array<int, kMaxOperands> fixed;
  fixed.fill(-1);
  const std::size_t arity = std::size_t{ufunc.inputs} + ufunc.outputs;
  if (options.dtype && !options.signature.empty()) {
    throw ValueError(std::string(ufunc.name) + ": give dtype or signature, not both");
  }
  if (options.dtype) {
    RefuseUnit(ufunc, *options.dtype);
    for (std::size_t i = ufunc.inputs; i < arity; ++i) fixed[i] = options.dtype->id();
  }
  if (!options.signature.empty() && options.signature.size() != arity) {
    throw ValueError(std::string(ufunc.name) + ": signature names " +
                     std::to_string(options.signature.size()) + " dtypes; the ufunc has " +
                     std::to_string(arity) + " operands");
  }
  for (std::size_t i = 0; i < options.signature.size(); ++i) {
    if (!options.signature[i]) continue;
    RefuseUnit(ufunc, *options.signature[i]);
    fixed[i] = options.signature[i]->id();
  }
  return fixed;
}

bool FixesAny(std::span<const int> fixed) {
  return std::ranges::any_of(fixed, [](int type) { return type >= 0; });
}

bool Matches(const LoopInfo& loop, std::span<const int> fixed) {
  for (std::size_t i = 0; i < fixed.size(); ++i) {
    if (fixed[i] >= 0 && fixed[i] != loop.types[i]) return false;
  }
  return true;
}

bool AllCast(const LoopInfo& loop, std::span<const DTypeId> types, Casting level) {
  for (std::size_t i = 0; i < types.size(); ++i) {
    if (!Registry::Get().CanCast(types[i], loop.types[i], level)) return false;
  }
  return true;
}

bool IsTime(DTypeId dtype) { return NativeDType(dtype).has_unit(); }

// True if the loop takes an input that counts a unit of time.
bool CountsTime(const LoopInfo& loop, std::size_t inputs) {
  bool counts = false;
  for (std::size_t i = 0; i < inputs; ++i) counts |= IsTime(loop.types[i]);
  return counts;
}

// The dtypes to look the loop up with where some inputs have fixed ones in place of their own; numbers
// are weak beside them.
InputTypes FixedLookupTypes(std::span<const Operand> inputs, std::size_t choosing,
                            std::span<const int> fixed) {
  std::vector<Operand> operands(inputs.begin(), inputs.end());
  std::array<Array, kMaxInputs> stand_ins;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (fixed[i] < 0) continue;
    stand_ins[i] = Array({0}, NativeDType(static_cast<DTypeId>(fixed[i])));
    operands[i] = Operand(stand_ins[i]);
  }
  return LookupTypes(operands, choosing);
}

// A loop for fixed dtypes: the ordinary choice for them if it fits. Where outputs alone are fixed,
// else the first loop in kind order whose inputs cast safely, else at the call's level, else any
// that fits (the cast check then refuses).
const LoopInfo& ChooseFixed(const UfuncInfo& ufunc, std::span<const Operand> inputs,
                            std::span<const DTypeId> types, std::span<const int> fixed_types,
                            const CallOptions& options) {
  const Registry& registry = Registry::Get();
  const bool fixes_inputs = FixesAny(fixed_types.first(ufunc.inputs));
  InputTypes own{};
  if (fixes_inputs) {
    own = FixedLookupTypes(inputs, std::size_t{ufunc.inputs} - ufunc.parameters, fixed_types);
    types = std::span<const DTypeId>(own.data(), inputs.size());
  }
  const LoopChoice ordinary = registry.Resolve(ufunc, types);
  if (ordinary.loop != nullptr && Matches(*ordinary.loop, fixed_types)) return *ordinary.loop;
  const Casting levels[] = {Casting::kSafe, static_cast<Casting>(options.casting),
                            Casting::kUnsafe};
  // Numbers become times only where a time is named, though they cast to spans safely.
  const bool times =
      std::ranges::any_of(types, IsTime) || std::ranges::any_of(fixed_types, [](int dtype) {
        return dtype >= 0 && IsTime(static_cast<DTypeId>(dtype));
      });
  for (Casting level : levels) {
    if (fixes_inputs) break;
    for (const LoopInfo* loop : registry.Loops(ufunc)) {
      if (!times && CountsTime(*loop, types.size())) continue;
      if (Matches(*loop, fixed_types) && AllCast(*loop, types, level)) return *loop;
    }
  }
  throw TypeError(std::string("No loop matching the specified signature and casting was found "
                              "for ufunc ") +
                  ufunc.name);
}

TimeUnit UnitOfCall(const LoopInfo& loop, std::span<const Operand> inputs) {
  if (!CountsTime(loop, inputs.size())) return {};
  std::array<DType, kMaxInputs> dtypes;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (const Array* array = inputs[i].array()) dtypes[i] = array->dtype();
  }
  return SettleUnit(loop, {dtypes.data(), inputs.size()});
}

}  // namespace

void RefuseUnit(const UfuncInfo& ufunc, DType dtype) {
  if (dtype.unit() == TimeUnit()) return;
  throw TypeError(
      std::string(ufunc.name) +
      ": dtype and signature name a loop's dtypes and not their unit, which follows from "
      "the inputs (got " +
      dtype.full_name() + "; accepted is " + std::string(dtype.name()) + ")");
}

TimeUnit SettleUnit(const LoopInfo& loop, std::span<const DType> inputs) {
  bool linear = true;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const DType type = NativeDType(loop.types[i]);
    linear &= !type.has_unit() || type.kind() == 'm';
  }
  TimeUnit unit;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (!NativeDType(loop.types[i]).has_unit()) continue;
    unit = PromoteUnits(unit, inputs[i].unit(), linear);
  }
  return unit;
}

void CheckGivenOutputs(const UfuncInfo& ufunc, const CallOptions& options) {
  if (options.outs.empty()) return;
  if (options.out != nullptr) {
    throw ValueError(std::string(ufunc.name) + ": give out or outs, not both");
  }
  if (options.outs.size() != ufunc.outputs) {
    throw ValueError(std::string(ufunc.name) + ": outs has " + std::to_string(options.outs.size()) +
                     " entries; the ufunc has " + std::to_string(ufunc.outputs) + " outputs");
  }
}

void CheckRefusal(const UfuncInfo& ufunc, const LoopInfo& loop, FpFlags flags) {
  if ((flags & kRefused) == 0) return;
  throw ValueError(std::string(ufunc.name) + ": " + loop.refusal);
}

void ThrowNoLoop(const UfuncInfo& ufunc, std::span<const DTypeId> inputs, const char* refusal) {
  const Registry& registry = Registry::Get();
  if (*refusal != '\0') throw TypeError(std::string(ufunc.name) + ": " + refusal);
  std::string names;
  for (DTypeId id : inputs) names += (names.empty() ? "" : ", ") + std::string(registry.dtype(id).name);
  std::string accepted;
  for (const LoopInfo* loop : registry.Loops(ufunc)) {
    const std::string first = registry.dtype(loop->types[0]).name;
    if (accepted.find(first) == std::string::npos) {
      accepted += (accepted.empty() ? "" : ", ") + first;
    }
  }
  throw TypeError("ufunc '" + std::string(ufunc.name) + "' not supported for the input types (" +
                  names + "), and the inputs could not be safely coerced to any supported types (" +
                  accepted + ")");
}

void CheckCast(const UfuncInfo& ufunc, int input, DType from, DType to, CastingLevel level) {
  if (can_cast(from.native(), to.native(), level)) return;
  const std::string role = input < 0 ? "output" : "input " + std::to_string(input);
  throw CastError("Cannot cast ufunc '" + std::string(ufunc.name) + "' " + role + " from dtype('" +
                  from.full_name() + "') to dtype('" + to.full_name() + "') with casting rule '" +
                  std::string(casting_name(level)) + "'");
}

void WriteScalar(const WeakScalar& scalar, DTypeId dtype, const char* what, std::byte* out) {
  const Registry& registry = Registry::Get();
  const bool counts = IsInteger(dtype) || NativeDType(dtype).has_unit();
  if (scalar.kind == WeakScalar::Kind::integer && counts && !Fits(scalar, dtype)) {
    throw OverflowError(std::string(what) + ": integer " + IntegerText(scalar) +
                        " out of bounds for " + registry.dtype(dtype).name);
  }
  // The form in which the scalar holds its value.
  const double parts[] = {scalar.real, scalar.imag};
  const bool complex = scalar.kind == WeakScalar::Kind::complex;
  const bool real = scalar.kind == WeakScalar::Kind::real;
  const DTypeId whole = NeedsUnsigned(scalar) ? kUint64 : kInt64;
  const DTypeId own = complex ? kComplex128 : real ? kFloat64 : whole;
  const void* value = complex || real ? static_cast<const void*>(parts) : &scalar.integer;
  if (own == dtype) {
    std::memcpy(out, value, registry.dtype(own).size);
    return;
  }
  if (complex && dtype != kBool && !registry.CanCast(own, dtype, Casting::kSameKind)) {
    throw CastError(std::string(what) + ": a complex number cannot become " +
                    registry.dtype(dtype).name + "; complex dtypes can hold it");
  }
  FlagCollector flags(registry.cast_hardware_flags(own, dtype));
  flags.Add(registry.cast_kernel(own, dtype)(value, out, 1));
  flags.Harvest();
  ReportFlags(flags.flags(), "cast");
}

void Resolve(const UfuncInfo& ufunc, std::span<const Operand> inputs, const CallOptions& options,
             BoundCall& call) {
  if (inputs.size() != ufunc.inputs) {
    throw TypeError(std::string(ufunc.name) + "() takes " + std::to_string(ufunc.inputs) +
                    " inputs but " + std::to_string(inputs.size()) + " were given");
  }
  if (options.casting > CastingLevel::unsafe) parse_casting(casting_name(options.casting));  // throws
  const std::size_t choosing = std::size_t{ufunc.inputs} - ufunc.parameters;
  InputTypes types = LookupTypes(inputs, choosing);
  if (ufunc.compares) WidenComparedIntegers(inputs, types);
  const std::span<const DTypeId> lookup(types.data(), inputs.size());
  bool fixed = options.dtype || !options.signature.empty();
  if (fixed) {
    const std::array<int, kMaxOperands> all = FixedTypes(ufunc, options);
    const std::span<const int> types_fixed(all.data(), std::size_t{ufunc.inputs} + ufunc.outputs);
    fixed = FixesAny(types_fixed);
    if (fixed) call.loop = &ChooseFixed(ufunc, inputs, lookup, types_fixed, options);
  }
  if (!fixed) {
    const LoopChoice choice = ChooseLoop(ufunc, inputs, lookup);
    if (choice.loop == nullptr) ThrowNoLoop(ufunc, lookup, choice.refusal);
    call.loop = choice.loop;
  }
  call.unit = UnitOfCall(*call.loop, inputs);
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    BoundInput& input = call.inputs[i];
    input.array = inputs[i].array();
    const DTypeId wanted = call.loop->types[i];
    if (input.array == nullptr) {
      input.dtype = wanted;
      WriteScalar(*inputs[i].scalar(), wanted, ufunc.name, input.value);
      continue;
    }
    const DType given = input.array->dtype();
    input.dtype = given.id();
    if (input.dtype == wanted) {
      if (given.has_unit() && given.unit() != call.unit) {
        CheckCast(ufunc, static_cast<int>(i), given, call.dtype(i), options.casting);
      }
      continue;
    }
    // The table chooses loops by safe casts, or by an `as` row of the spec, which makes its own (any
    // number counts as a truth value, say): only the former are subject to `casting`, and parameters,
    // which did not choose.
    if (fixed || i >= choosing || Registry::Get().CanCast(input.dtype, wanted, Casting::kSafe)) {
      CheckCast(ufunc, static_cast<int>(i), given, call.dtype(i), options.casting);
    }
  }
}

}  // namespace quern
