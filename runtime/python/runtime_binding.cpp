// The library's own state: targets, threads, memory.

#include <string>
#include <string_view>
#include <vector>

#include "python/binding.h"
#include "quern/runtime.hpp"
#include "quern/version.hpp"

namespace quern::python {
namespace {

nb::str Text(std::string_view text) { return nb::str(text.data(), text.size()); }

nb::list Names(const std::vector<std::string_view>& names) {
  nb::list list;
  for (std::string_view name : names) list.append(Text(name));
  return list;
}

nb::dict Memory() {
  const MemoryStatistics statistics = memory_statistics();
  nb::dict figures;
  figures["bytes_in_use"] = statistics.bytes_in_use;
  figures["bytes_cached"] = statistics.bytes_cached;
  figures["allocations"] = statistics.allocations;
  figures["cache_hits"] = statistics.cache_hits;
  return figures;
}

}  // namespace

void BindRuntime(nb::module_& module) {
  module.attr("__version__") = Text(version());
  module.def(
      "targets", [] { return Names(supported_targets()); },
      "Instruction-set targets that this CPU runs, best first.");
  module.def(
      "built_targets", [] { return Names(built_targets()); },
      "Instruction-set targets that kernels were built for, best first.");
  module.def(
      "current_target", [] { return Text(current_target()); }, "The target in use.");
  module.def(
      "set_target", [](const char* name) { set_target(name); }, nb::arg("name"),
      "Chooses the target, for the whole process; not while other threads compute.");
  module.def("reproducible_products", &reproducible_products,
             "Whether products of floating-point matrices have the same bits everywhere.");
  module.def("set_reproducible_products", &set_reproducible_products, nb::arg("reproducible"),
             "Makes products of floating-point matrices reproducible, at about half the speed.");
  module.def("thread_limit", &thread_limit, "The most threads one call may use.");
  module.def("set_thread_limit", &set_thread_limit, nb::arg("threads"),
             "Sets the most threads one call may use, for the whole process.");
  module.def("memory_statistics", &Memory, "Figures of the memory cache, a dict.");
  module.def("trim_memory", &trim_memory, "Gives cached memory back to the system.");
}

}  // namespace quern::python
