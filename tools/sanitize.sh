#!/usr/bin/env bash
# The unit tests under a sanitizer: tools/sanitize.sh [address|undefined|thread]...
#
# Without an argument, address and undefined, the tests of vector code included. The thread sanitizer works with clang and
# LLVM's OpenMP runtime, whose Archer tool tells the sanitizer of OpenMP's barriers; GCC's runtime is reported as racing.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/setup/steps.sh"
source "$quern_root/tools/setup/debian.sh"
source "$quern_root/tools/setup/python.sh"
source "$quern_root/tools/setup/cmake.sh"
cd "$quern_root"

set_up() {
  setup_packages
  setup_python
}

# sanitize PRESET TARGET...: builds the test programs and runs their tests.
sanitize() {
  local preset=$1
  shift
  configure_preset "$preset"
  build_preset "$preset" "$@"
  ctest --preset "$preset" -L unit -E _NOT_BUILT -j "$quern_jobs"
}

address() {
  sanitize asan quern_unit quern_capi_smoke quern_simd
}

undefined() {
  sanitize ubsan quern_unit quern_capi_smoke quern_simd
}

# What GCC's set-up does not bring along.
thread_packages=(clang libomp-14-dev libclang-rt-14-dev)

thread() {
  local probe=$quern_root/build/tsan-probe
  mkdir -p "$quern_root/build"
  if ! echo 'int main() {}' | clang++ -x c++ -fopenmp -fsanitize=thread - -o "$probe" 2>/dev/null; then
    ((EUID == 0)) || die "the thread sanitizer needs clang with OpenMP (Debian: ${thread_packages[*]})"
    say "packages: installing ${thread_packages[*]}"
    apt_get update
    apt_get install -y --no-install-recommends "${thread_packages[@]}"
  fi
  rm -f "$probe"
  sanitize tsan quern_unit quern_capi_smoke
}

if ((!$#)); then set -- address undefined; fi
for name in "$@"; do
  [[ $name =~ ^(address|undefined|thread)$ ]] || die "unknown sanitizer '$name': address, undefined or thread"
done
run_steps set_up "$@"
