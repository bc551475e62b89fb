// The registry: every package of generated tables that the process holds, under global dtype ids.
//
// The base package (generated/src/tables) is registered on first use; packages made with
// quern_add_kernels register themselves when they are loaded. Registration and set_target are not
// to run while other threads compute; look-ups take no lock.
#ifndef QUERN_CORE_REGISTRY_H_
#define QUERN_CORE_REGISTRY_H_

#include <atomic>
#include <array>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/tables.h"
#include "quern/export.hpp"
#include "quern/ufunc.hpp"

namespace quern {

// Dtype ids fit a 64-bit set.
inline constexpr std::size_t kMaxDTypes = 64;
// The most inputs of a ufunc, and the most operands of a call.
inline constexpr std::size_t kMaxInputs = 4;
inline constexpr std::size_t kMaxOperands = 6;

// Written by the generator from spec/.
extern const PackageInfo kBuiltinPackage;
extern const std::span<const TargetInfo> kTargets;

// Adds a package's dtypes and ufuncs. Throws SpecError, adding nothing, if its tables were made for
// another base or a name is taken.
QUERN_EXPORT void RegisterPackage(const PackageInfo& package);

// The answer to "which loop": null with the refusal's message ("" where there is just no loop).
struct LoopChoice {
  const LoopInfo* loop;  // types are global ids
  const char* refusal;
};

// The origin of a ufunc that no package describes but the program itself made. Its tables stand over
// the builtin dtypes.
inline constexpr const char* kMadeAtRunTime = "";
inline bool IsMadeAtRunTime(const UfuncInfo& ufunc) { return *ufunc.origin == '\0'; }

class Registry {
 public:
  static Registry& Get() {
    Registry* instance = instance_.load(std::memory_order_acquire);
    return instance != nullptr ? *instance : Create();
  }

  std::size_t dtype_count() const { return dtype_count_; }
  const DTypeInfo& dtype(DTypeId id) const { return *dtypes_[id]; }
  // The id of a dtype name or NumPy descriptor without byte order; -1 if there is none.
  int FindDType(std::string_view name) const;
  std::vector<std::string_view> DTypeNames() const;

  Casting least_level(DTypeId from, DTypeId to) const { return levels_[from][to]; }
  bool CanCast(DTypeId from, DTypeId to, Casting level) const { return levels_[from][to] <= level; }
  // Null for a pair that no package knows.
  CastKernel cast_kernel(DTypeId from, DTypeId to) const { return casts_[from][to]; }
  FpFlags cast_hardware_flags(DTypeId from, DTypeId to) const { return cast_flags_[from][to]; }
  // The least common dtype, or -1.
  int Promote(std::span<const DTypeId> ids) const;
  // What a weak scalar becomes beside a dtype, or alone.
  int WeakBeside(WeakKind kind, DTypeId id) const;
  DTypeId WeakAlone(WeakKind kind) const;
  // The sets that others have names for, as the base package has them.
  std::span<const NamedSet> NamedSets(std::span<const NamedSet> CastingTables::*sets) const {
    return kBuiltinPackage.casting->*sets;
  }
  bool IsIn(std::span<const NamedSet> CastingTables::*sets, std::size_t position, DTypeId id) const;

  // The loop for the inputs, parameters included, which do not count.
  LoopChoice Resolve(const UfuncInfo& ufunc, std::span<const DTypeId> inputs) const {
    inputs = inputs.first(inputs.size() - ufunc.parameters);
    // A table over the base's dtypes alone is read where the call is: its cells are base loops.
    if (ufunc.dtype_count == kBuiltinPackage.dtype_count) {
      std::size_t cell = 0;
      bool known = true;
      for (DTypeId id : inputs) {
        known &= id < ufunc.dtype_count;
        cell = cell * ufunc.dtype_count + id;
      }
      if (known) return ChooseOwn(ufunc, ufunc.resolution[cell]);
    }
    return ResolveInPackages(ufunc, inputs);
  }
  LoopChoice ResolveReduction(const UfuncInfo& ufunc, DTypeId input) const;
  // Every loop that the ufunc has, those that packages give it included.
  std::vector<const LoopInfo*> Loops(const UfuncInfo& ufunc) const;

  const Ufunc* FindUfunc(std::string_view name) const;
  std::span<const std::unique_ptr<const Ufunc>> ufuncs() const { return ufuncs_; }
  std::vector<std::string_view> UfuncNames() const;

  // Targets: positions in kTargets, best first.
  std::vector<const TargetInfo*> SupportedTargets() const;
  const TargetInfo& current_target() const { return *target_; }
  void SetTarget(const TargetInfo& target);
  // The name of the target whose kernels a loop runs now: the current one, or the best below it
  // that its family was built for.
  const char* LoopTarget(const LoopInfo& loop) const;
  // The loop's kind on that target: a word of spec/vocabulary.yaml.
  const char* LoopKind(const LoopInfo& loop) const;

  void Register(const PackageInfo& package);

 private:
  // A package with its tables under global ids.
  struct Package {
    const PackageInfo* info;
    std::array<int, kMaxDTypes> local_of;      // by global id; -1 if unknown to the package
    std::array<DTypeId, kMaxDTypes> global_of;  // by local id
    std::vector<std::vector<LoopInfo>> loops;  // per ufunc of the package, types made global
    std::vector<std::unique_ptr<DTypeId[]>> type_lists;
  };

  Registry();
  static Registry& Create();
  void CheckPackage(const PackageInfo& package) const;
  void AddDTypes(Package& added);
  void AddLoops(Package& added);
  void AddUfuncs(const Package& added);
  void AddCasting(const Package& added);
  void ActivateTarget(const Package& package);
  const Package* PackageOf(std::span<const DTypeId> ids) const;
  static LoopChoice ChooseOwn(const UfuncInfo& ufunc, int entry) {
    if (entry >= 0) return {&ufunc.loops[static_cast<std::size_t>(entry)], nullptr};
    return {nullptr, ufunc.refusals[static_cast<std::size_t>(-(entry + 1))]};
  }
  LoopChoice ResolveInPackages(const UfuncInfo& ufunc, std::span<const DTypeId> inputs) const;
  LoopChoice Choose(const Package& package, const UfuncInfo& ufunc, int entry) const;
  // The position of a ufunc among a package's, or -1.
  static int PositionIn(const Package& package, std::string_view name);

  static std::atomic<Registry*> instance_;  // set once, when the base package is complete

  std::size_t dtype_count_ = 0;
  std::array<const DTypeInfo*, kMaxDTypes> dtypes_{};
  std::array<std::uint8_t, kMaxDTypes> package_of_dtype_{};
  Casting levels_[kMaxDTypes][kMaxDTypes];
  CastKernel casts_[kMaxDTypes][kMaxDTypes] = {};
  FpFlags cast_flags_[kMaxDTypes][kMaxDTypes] = {};
  std::vector<std::unique_ptr<Package>> packages_;
  std::vector<std::unique_ptr<const Ufunc>> ufuncs_;  // in name order
  const TargetInfo* target_ = nullptr;
};

// The dtype of a registered id, in native byte order and of the generic unit.
constexpr DType NativeDType(DTypeId id) { return DType(static_cast<DTypeCode>(id)); }
// The loop in whose dtype a loop computes: itself, or the one that it converts its operands for.
inline const LoopInfo& ComputeLoop(const LoopInfo& loop) { return *(&loop + loop.compute_distance); }

// The kernels that a loop runs on the current target.
inline const KernelSet& KernelsOf(const LoopInfo& loop) {
  return (*loop.family->active)[loop.kernel];
}

}  // namespace quern

#endif  // QUERN_CORE_REGISTRY_H_
