#include <atomic>
#include <cstdlib>

#include "quern/runtime.hpp"

namespace quern {
namespace {

bool InitialSetting() {
  const char* text = std::getenv("QUERN_REPRODUCIBLE_PRODUCTS");
  return text != nullptr && text[0] == '1' && text[1] == '\0';
}

std::atomic<bool>& ProcessSetting() {
  static std::atomic<bool> setting = InitialSetting();
  return setting;
}

thread_local int t_scope_setting = -1;  // -1: the process's setting holds

}  // namespace

bool reproducible_products() {
  if (t_scope_setting >= 0) return t_scope_setting != 0;
  return ProcessSetting().load(std::memory_order_relaxed);
}

void set_reproducible_products(bool reproducible) {
  ProcessSetting().store(reproducible, std::memory_order_relaxed);
}

ReproducibleProductsScope::ReproducibleProductsScope(bool reproducible) : saved_(t_scope_setting) {
  t_scope_setting = reproducible ? 1 : 0;
}
ReproducibleProductsScope::~ReproducibleProductsScope() { t_scope_setting = saved_; }

}  // namespace quern
