// BLIS through its own typed interface: its BLAS interfaces share names with other libraries of the
// process, its own names are unique.
//
// BLIS threads nothing here. The caller cuts a product for quern's threads, which keeps quern's
// limits, survives fork, and leaves the conditions of every thread to be read where they were
// raised.
#include "linalg/blis.h"

#include <blis.h>

#include <cstdint>
#include <cstdlib>
#include <string>

#include "hwy/targets.h"

namespace quern {
namespace {

// BLIS knows CPUs by their model and takes one it has never heard of for a generic one, or for an
// older one of its kind: a fifth to two thirds of the speed. Its only way to be told is a variable
// of the environment that it reads once. This runs when the library is loaded, before there are
// threads that could read the environment at the same time.
void ChooseConfiguration() {
#if HWY_ARCH_X86
  constexpr const char* kVariable = "BLIS_ARCH_TYPE";
  if (std::getenv(kVariable) != nullptr) return;
  const std::int64_t targets = hwy::SupportedTargets();
  if ((targets & HWY_AVX2) == 0) return;
  const arch_t architecture = (targets & HWY_AVX3) != 0 ? BLIS_ARCH_SKX : BLIS_ARCH_HASWELL;
  setenv(kVariable, std::to_string(static_cast<int>(architecture)).c_str(), 1);
  bli_init();
  unsetenv(kVariable);
#endif
}

[[maybe_unused]] const bool g_chosen = (ChooseConfiguration(), true);

rntm_t OneThread() {
  static const rntm_t one = [] {
    rntm_t made;
    bli_rntm_init_from_global(&made);
    bli_rntm_set_num_threads(1, &made);
    return made;
  }();
  return one;
}

// BLIS has no const; the operands are only read.
template <class T>
T* Elements(const std::byte* data) {
  return const_cast<T*>(reinterpret_cast<const T*>(data));
}

template <class T, class Gemm>
void Multiply(const MatrixOperands& m, T one, const Gemm& gemm) {
  constexpr auto kSize = static_cast<std::ptrdiff_t>(sizeof(T));
  T zero{};
  rntm_t threads = OneThread();
  gemm(BLIS_NO_TRANSPOSE, BLIS_NO_TRANSPOSE, static_cast<dim_t>(m.rows),
       static_cast<dim_t>(m.columns), static_cast<dim_t>(m.inner), &one, Elements<T>(m.a),
       m.a_row / kSize, m.a_inner / kSize, Elements<T>(m.b), m.b_inner / kSize, m.b_column / kSize,
       &zero, Elements<T>(m.c), m.c_row / kSize, m.c_column / kSize, nullptr, &threads);
}

}  // namespace

void MultiplyByBlis(const MatrixOperands& m, float) { Multiply(m, 1.0f, bli_sgemm_ex); }
void MultiplyByBlis(const MatrixOperands& m, double) { Multiply(m, 1.0, bli_dgemm_ex); }
void MultiplyByBlis(const MatrixOperands& m, std::complex<float>) {
  Multiply(m, scomplex{1, 0}, bli_cgemm_ex);
}
void MultiplyByBlis(const MatrixOperands& m, std::complex<double>) {
  Multiply(m, dcomplex{1, 0}, bli_zgemm_ex);
}

}  // namespace quern
