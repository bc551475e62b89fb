#include "core/registry.h"

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <cstring>

#include "core/nearest.h"
#include "hwy/targets.h"
#include "quern/errors.hpp"
#include "quern/runtime.hpp"

namespace quern {
namespace {

std::vector<std::string_view> TargetNames(std::span<const TargetInfo* const> targets) {
  std::vector<std::string_view> names;
  for (const TargetInfo* target : targets) names.push_back(target->name);
  return names;
}

std::string Joined(std::span<const std::string_view> names) {
  std::string text;
  for (std::string_view name : names) {
    if (!text.empty()) text += ", ";
    text += name;
  }
  return text;
}

// The supported target of that name; throws ValueError naming those that would be accepted.
const TargetInfo& TargetNamed(std::string_view name, const char* source,
                              std::span<const TargetInfo* const> supported) {
  for (const TargetInfo* target : supported) {
    if (name == target->name) return *target;
  }
  throw ValueError(std::string(source) + ": target '" + std::string(name) +
                   "' is not one that this CPU and build support (" +
                   Joined(TargetNames(supported)) + ")");
}

// The best table at or below the target: kTargets is ordered best first and Highway's bits rise
// from best to worst.
template <class Table>
const Table* TableFor(std::span<const Table> tables, std::int64_t target) {
  const Table* best = nullptr;
  for (const Table& table : tables) {
    if (table.target >= target && (best == nullptr || table.target < best->target)) best = &table;
  }
  return best;
}

// True if no other dtype of the set (positions in kind order) casts safely to the one at
// `position`.
bool IsMinimal(const CastingTables& tables, std::uint64_t set, int position) {
  for (std::uint64_t left = set & ~(std::uint64_t{1} << position); left != 0; left &= left - 1) {
    const DTypeId other = tables.by_order[std::countr_zero(left)];
    if ((tables.up_sets[other] >> position & 1) != 0) return false;
  }
  return true;
}

}  // namespace

void RegisterPackage(const PackageInfo& package) { Registry::Get().Register(package); }

std::atomic<Registry*> Registry::instance_ = nullptr;

Registry& Registry::Create() {
  static Registry registry;
  instance_.store(&registry, std::memory_order_release);
  return registry;
}

Registry::Registry() {
  for (auto& row : levels_) std::fill(std::begin(row), std::end(row), Casting::kUnsafe);
  const std::vector<const TargetInfo*> supported = SupportedTargets();
  if (supported.empty()) throw Error("quern: this CPU runs none of the targets that were built");
  target_ = supported.front();
  if (const char* wanted = std::getenv("QUERN_TARGET"); wanted != nullptr && *wanted != '\0') {
    target_ = &TargetNamed(wanted, "QUERN_TARGET", supported);
  }
  Register(kBuiltinPackage);
}

int Registry::FindDType(std::string_view name) const {
  for (std::size_t id = 0; id < dtype_count_; ++id) {
    if (name == dtypes_[id]->name || name == dtypes_[id]->npy) return static_cast<int>(id);
  }
  return -1;
}

std::vector<std::string_view> Registry::DTypeNames() const {
  std::vector<std::string_view> names;
  for (std::size_t id = 0; id < dtype_count_; ++id) names.push_back(dtypes_[id]->name);
  return names;
}

const Registry::Package* Registry::PackageOf(std::span<const DTypeId> ids) const {
  std::uint8_t found = 0;
  for (DTypeId id : ids) {
    const std::uint8_t package = package_of_dtype_[id];
    if (package == 0 || package == found) continue;
    if (found != 0) return nullptr;
    found = package;
  }
  return packages_[found].get();
}

int Registry::Promote(std::span<const DTypeId> ids) const {
  const Package* package = PackageOf(ids);
  if (package == nullptr) return -1;
  const CastingTables& tables = *package->info->casting;
  if (ids.size() <= 2) {
    const std::size_t first = static_cast<std::size_t>(package->local_of[ids.front()]);
    const std::size_t second = static_cast<std::size_t>(package->local_of[ids.back()]);
    const int joined = tables.promotion[first * package->info->dtype_count + second];
    return joined < 0 ? -1 : package->global_of[static_cast<std::size_t>(joined)];
  }
  // What all cast to safely; the least of it casts to everything else there. Where several are
  // minimal, the first in kind order is taken.
  std::uint64_t common = ~std::uint64_t{0};
  for (DTypeId id : ids) common &= tables.up_sets[package->local_of[id]];
  for (std::uint64_t left = common; left != 0; left &= left - 1) {
    const int position = std::countr_zero(left);
    if (IsMinimal(tables, common, position)) return package->global_of[tables.by_order[position]];
  }
  return -1;
}

int Registry::WeakBeside(WeakKind kind, DTypeId id) const {
  const Package& package = *packages_[package_of_dtype_[id]];
  const std::size_t local = static_cast<std::size_t>(package.local_of[id]);
  const std::size_t row = static_cast<std::size_t>(kind) * package.info->dtype_count;
  const int weak = package.info->casting->weak[row + local];
  return weak < 0 ? -1 : package.global_of[static_cast<std::size_t>(weak)];
}

DTypeId Registry::WeakAlone(WeakKind kind) const {
  return kBuiltinPackage.casting->weak_alone[static_cast<std::size_t>(kind)];
}

bool Registry::IsIn(std::span<const NamedSet> CastingTables::*sets, std::size_t position,
                    DTypeId id) const {
  const Package& package = *packages_[package_of_dtype_[id]];
  const NamedSet& set = (package.info->casting->*sets)[position];
  return (set.members >> package.local_of[id] & 1) != 0;
}

int Registry::PositionIn(const Package& package, std::string_view name) {
  const std::span<const UfuncInfo* const> ufuncs = package.info->ufuncs;
  for (std::size_t i = 0; i < ufuncs.size(); ++i) {
    if (name == ufuncs[i]->name) return static_cast<int>(i);
  }
  return -1;
}

LoopChoice Registry::Choose(const Package& package, const UfuncInfo& ufunc, int entry) const {
  if (entry < 0) return {nullptr, ufunc.refusals[static_cast<std::size_t>(-(entry + 1))]};
  std::size_t index = static_cast<std::size_t>(entry);
  // Loops of the base come first; a package's table for a base ufunc counts on from there.
  if (&package != packages_.front().get()) {
    const int base = PositionIn(*packages_.front(), ufunc.name);
    if (base >= 0) {
      const std::vector<LoopInfo>& loops = packages_.front()->loops[static_cast<std::size_t>(base)];
      if (index < loops.size()) return {&loops[index], nullptr};
      index -= loops.size();
    }
  }
  const int position = PositionIn(package, ufunc.name);
  return {&package.loops[static_cast<std::size_t>(position)][index], nullptr};
}

LoopChoice Registry::ResolveInPackages(const UfuncInfo& ufunc,
                                       std::span<const DTypeId> inputs) const {
  if (IsMadeAtRunTime(ufunc)) return {nullptr, ""};
  // A package's ufunc is asked through its own tables even for base dtypes alone.
  const Package* package = PackageOf(inputs);
  if (package == nullptr) return {nullptr, ""};
  if (package == packages_.front().get() && PositionIn(*package, ufunc.name) < 0) {
    for (const auto& other : packages_) {
      if (PositionIn(*other, ufunc.name) >= 0) package = other.get();
    }
  }
  const int position = PositionIn(*package, ufunc.name);
  if (position < 0) return {nullptr, ""};
  const UfuncInfo& local = *package->info->ufuncs[static_cast<std::size_t>(position)];
  std::size_t cell = 0;
  for (DTypeId id : inputs) {
    cell = cell * local.dtype_count + static_cast<std::size_t>(package->local_of[id]);
  }
  return Choose(*package, local, local.resolution[cell]);
}

LoopChoice Registry::ResolveReduction(const UfuncInfo& ufunc, DTypeId input) const {
  if (IsMadeAtRunTime(ufunc)) {
    const bool known = ufunc.reduction != nullptr && input < ufunc.dtype_count;
    return known ? ChooseOwn(ufunc, ufunc.reduction[input]) : LoopChoice{nullptr, ""};
  }
  const Package* package = packages_[package_of_dtype_[input]].get();
  int position = PositionIn(*package, ufunc.name);
  if (position < 0 && package == packages_.front().get()) {
    for (const auto& other : packages_) {
      if (PositionIn(*other, ufunc.name) >= 0) package = other.get();
    }
    position = PositionIn(*package, ufunc.name);
  }
  if (position < 0) return {nullptr, ""};
  const UfuncInfo& local = *package->info->ufuncs[static_cast<std::size_t>(position)];
  if (local.reduction == nullptr) return {nullptr, ""};
  return Choose(*package, local, local.reduction[package->local_of[input]]);
}

std::vector<const LoopInfo*> Registry::Loops(const UfuncInfo& ufunc) const {
  std::vector<const LoopInfo*> all;
  if (IsMadeAtRunTime(ufunc)) {
    for (const LoopInfo& loop : ufunc.loops) all.push_back(&loop);
    return all;
  }
  for (const auto& package : packages_) {
    const int position = PositionIn(*package, ufunc.name);
    if (position < 0) continue;
    for (const LoopInfo& loop : package->loops[static_cast<std::size_t>(position)]) {
      all.push_back(&loop);
    }
  }
  return all;
}

const Ufunc* Registry::FindUfunc(std::string_view name) const {
  for (const auto& ufunc : ufuncs_) {
    if (name == ufunc->name()) return ufunc.get();
    for (const char* alias : ufunc->info().aliases) {
      if (name == alias) return ufunc.get();
    }
  }
  return nullptr;
}

std::vector<std::string_view> Registry::UfuncNames() const {
  std::vector<std::string_view> names;
  for (const auto& ufunc : ufuncs_) {
    names.push_back(ufunc->name());
    for (const char* alias : ufunc->info().aliases) names.push_back(alias);
  }
  return names;
}

std::vector<const TargetInfo*> Registry::SupportedTargets() const {
  std::vector<const TargetInfo*> supported;
  for (const TargetInfo& target : kTargets) {
    if ((hwy::SupportedTargets() & target.bit) != 0) supported.push_back(&target);
  }
  return supported;
}

const char* Registry::LoopTarget(const LoopInfo& loop) const {
  const TargetTable* table = TableFor(loop.family->targets, target_->bit);
  for (const TargetInfo& target : kTargets) {
    if (table != nullptr && target.bit == table->target) return target.name;
  }
  return "none";
}

const char* Registry::LoopKind(const LoopInfo& loop) const {
  const TargetTable* table = TableFor(loop.family->targets, target_->bit);
  for (const TargetKind& entry : loop.kinds) {
    if (table != nullptr && entry.target == table->target) return entry.kind;
  }
  return "none";
}

void Registry::SetTarget(const TargetInfo& target) {
  target_ = &target;
  for (const auto& package : packages_) ActivateTarget(*package);
}

void Registry::ActivateTarget(const Package& package) {
  for (const KernelFamily* family : package.info->families) {
    const TargetTable* table = TableFor(family->targets, target_->bit);
    *family->active = table == nullptr ? nullptr : table->kernels;
  }
  for (const CastFamily& family : package.info->casting->casts) {
    const CastTargetTable* table = TableFor(family.targets, target_->bit);
    if (table == nullptr) continue;
    for (std::size_t to = 0; to < package.info->dtype_count; ++to) {
      if (table->kernels[to] == nullptr) continue;
      casts_[package.global_of[family.from]][package.global_of[to]] = table->kernels[to];
    }
  }
}

void Registry::CheckPackage(const PackageInfo& package) const {
  const std::string name = package.name;
  if (packages_.empty()) return;
  const PackageInfo& base = *packages_.front()->info;
  if (std::strcmp(package.base_fingerprint, base.fingerprint) != 0) {
    throw SpecError("package '" + name + "' was generated for another version of quern's dtypes (" +
                    package.base_fingerprint + ", this is " + base.fingerprint +
                    "); generate it again");
  }
  if (dtype_count_ + package.dtypes.size() > kMaxDTypes) {
    throw SpecError("package '" + name + "' adds " + std::to_string(package.dtypes.size()) +
                    " dtypes to " + std::to_string(dtype_count_) + "; at most " +
                    std::to_string(kMaxDTypes) + " are possible");
  }
  for (const DTypeInfo& dtype : package.dtypes) {
    if (FindDType(dtype.name) >= 0) {
      throw SpecError("package '" + name + "': a dtype named '" + dtype.name + "' exists already");
    }
  }
  for (const UfuncInfo* ufunc : package.ufuncs) {
    const bool extends = PositionIn(*packages_.front(), ufunc->name) >= 0;
    if (!extends && FindUfunc(ufunc->name) != nullptr) {
      throw SpecError("package '" + name + "': a ufunc named '" + ufunc->name + "' exists already");
    }
  }
}

void Registry::Register(const PackageInfo& package) {
  CheckPackage(package);
  auto added = std::make_unique<Package>();
  added->info = &package;
  AddDTypes(*added);
  AddLoops(*added);
  AddCasting(*added);
  ActivateTarget(*added);
  packages_.push_back(std::move(added));
  AddUfuncs(*packages_.back());
}

void Registry::AddDTypes(Package& added) {
  const PackageInfo& package = *added.info;
  added.local_of.fill(-1);
  added.global_of.fill(0);
  for (std::size_t local = 0; local < package.base_dtype_count; ++local) {
    added.global_of[local] = static_cast<DTypeId>(local);
    added.local_of[local] = static_cast<int>(local);
  }
  for (std::size_t i = 0; i < package.dtypes.size(); ++i) {
    const std::size_t local = package.base_dtype_count + i;
    added.global_of[local] = static_cast<DTypeId>(dtype_count_);
    added.local_of[dtype_count_] = static_cast<int>(local);
    package_of_dtype_[dtype_count_] = static_cast<std::uint8_t>(packages_.size());
    dtypes_[dtype_count_++] = &package.dtypes[i];
  }
}

void Registry::AddLoops(Package& added) {
  for (const UfuncInfo* ufunc : added.info->ufuncs) {
    const std::size_t arity = std::size_t{ufunc->inputs} + ufunc->outputs;
    std::vector<LoopInfo>& loops =
        added.loops.emplace_back(ufunc->loops.begin(), ufunc->loops.end());
    for (LoopInfo& loop : loops) {
      auto types = std::make_unique<DTypeId[]>(arity);
      for (std::size_t i = 0; i < arity; ++i) types[i] = added.global_of[loop.types[i]];
      loop.types = types.get();
      added.type_lists.push_back(std::move(types));
    }
  }
}

void Registry::AddUfuncs(const Package& added) {
  for (const UfuncInfo* info : added.info->ufuncs) {
    if (FindUfunc(info->name) == nullptr) {
      ufuncs_.push_back(std::unique_ptr<const Ufunc>(new Ufunc(info)));
    }
  }
  std::sort(ufuncs_.begin(), ufuncs_.end(),
            [](const auto& a, const auto& b) { return a->name() < b->name(); });
}

void Registry::AddCasting(const Package& added) {
  const CastingTables& tables = *added.info->casting;
  const std::size_t n = added.info->dtype_count;
  for (std::size_t from = 0; from < n; ++from) {
    for (std::size_t to = 0; to < n; ++to) {
      const DTypeId global_from = added.global_of[from];
      const DTypeId global_to = added.global_of[to];
      levels_[global_from][global_to] = tables.least_level[from * n + to];
      cast_flags_[global_from][global_to] = tables.hardware_flags[from * n + to];
    }
  }
}

std::vector<std::string_view> built_targets() {
  std::vector<std::string_view> names;
  for (const TargetInfo& target : kTargets) names.push_back(target.name);
  return names;
}

std::vector<std::string_view> supported_targets() {
  return TargetNames(Registry::Get().SupportedTargets());
}

std::string_view current_target() { return Registry::Get().current_target().name; }

void set_target(std::string_view name) {
  Registry& registry = Registry::Get();
  const std::vector<const TargetInfo*> supported = registry.SupportedTargets();
  registry.SetTarget(TargetNamed(name, "set_target", supported));
}

}  // namespace quern
