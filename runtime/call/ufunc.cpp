// Look-up and introspection of ufuncs.
#include "quern/ufunc.hpp"

#include "call/resolve.h"
#include "core/nearest.h"
#include "core/registry.h"

namespace quern {
namespace {

std::vector<DType> TypesOf(const UfuncInfo& info, const LoopInfo& loop, TimeUnit unit = {}) {
  std::vector<DType> types;
  for (std::size_t i = 0; i < std::size_t{info.inputs} + info.outputs; ++i) {
    types.push_back(DType::from_id(loop.types[i]).with_unit(unit));
  }
  return types;
}

Resolution Describe(const UfuncInfo& info, const LoopInfo& loop, TimeUnit unit) {
  const Registry& registry = Registry::Get();
  return {TypesOf(info, loop, unit), loop.origin, registry.LoopTarget(loop),
          registry.LoopKind(loop)};
}

}  // namespace

const Ufunc& Ufunc::find(std::string_view name) {
  const Registry& registry = Registry::Get();
  if (const Ufunc* found = registry.FindUfunc(name)) return *found;
  const std::vector<std::string_view> names = registry.UfuncNames();
  throw ValueError("unknown ufunc '" + std::string(name) + "'" + DidYouMean(name, names));
}

std::vector<const Ufunc*> Ufunc::all() {
  std::vector<const Ufunc*> all;
  for (const auto& ufunc : Registry::Get().ufuncs()) all.push_back(ufunc.get());
  return all;
}

std::string_view Ufunc::name() const { return info_->name; }
std::string_view Ufunc::summary() const { return info_->summary; }
std::string_view Ufunc::signature() const { return info_->signature; }
std::size_t Ufunc::inputs() const { return info_->inputs; }
std::size_t Ufunc::outputs() const { return info_->outputs; }
bool Ufunc::reorderable() const { return info_->reorderable; }

std::vector<std::string_view> Ufunc::argument_names() const {
  return {info_->argument_names.begin(), info_->argument_names.end()};
}
std::vector<std::string_view> Ufunc::aliases() const {
  return {info_->aliases.begin(), info_->aliases.end()};
}

std::optional<double> Ufunc::identity() const {
  switch (info_->identity.kind) {
    case IdentityKind::kNone:
      return std::nullopt;
    case IdentityKind::kInteger:
      return static_cast<double>(info_->identity.integer);
    case IdentityKind::kReal:
      return info_->identity.real;
  }
  return std::nullopt;
}

std::vector<std::vector<DType>> Ufunc::loops() const {
  std::vector<std::vector<DType>> all;
  for (const LoopInfo* loop : Registry::Get().Loops(*info_)) all.push_back(TypesOf(*info_, *loop));
  return all;
}

Resolution Ufunc::resolve(std::span<const DType> inputs) const {
  if (inputs.size() != info_->inputs) {
    throw TypeError(std::string(info_->name) + ": " + std::to_string(info_->inputs) +
                    " input dtypes are needed, " + std::to_string(inputs.size()) + " were given");
  }
  std::vector<DTypeId> ids;
  for (DType dtype : inputs) ids.push_back(dtype.id());
  const LoopChoice choice = Registry::Get().Resolve(*info_, ids);
  if (choice.loop == nullptr) ThrowNoLoop(*info_, ids, choice.refusal);
  Resolution found = Describe(*info_, *choice.loop, SettleUnit(*choice.loop, inputs));
  // The choice of a loop asks dtypes alone, but units may not convert: spans of months have no days.
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (!found.types[i].has_unit()) continue;
    CheckCast(*info_, static_cast<int>(i), inputs[i], found.types[i], CastingLevel::same_kind);
  }
  return found;
}

Resolution Ufunc::resolve_reduction(DType dtype) const {
  const LoopChoice choice = Registry::Get().ResolveReduction(*info_, dtype.id());
  const DTypeId ids[] = {dtype.id()};
  if (choice.loop == nullptr) ThrowNoLoop(*info_, ids, choice.refusal);
  return Describe(*info_, *choice.loop, dtype.unit());
}

}  // namespace quern
