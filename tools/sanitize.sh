#!/usr/bin/env bash
# The unit tests under a sanitizer: tools/sanitize.sh [address|undefined|thread]...
#
# Without an argument, address and undefined. The thread sanitizer needs clang and LLVM's OpenMP runtime, whose Archer tool
# tells the sanitizer of OpenMP's barriers (Debian: clang, libomp-14-dev); GCC's runtime is reported as racing.
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

# sanitize PRESET
sanitize() {
  configure_preset "$1"
  build_preset "$1" quern_unit
  ctest --preset "$1" -L unit -j "$quern_jobs"
}

address() {
  sanitize asan
}

undefined() {
  sanitize ubsan
}

thread() {
  local probe=$quern_root/build/tsan-probe
  command -v clang++ >/dev/null || die "the thread sanitizer needs clang++ (Debian: clang, libomp-14-dev)"
  mkdir -p "$quern_root/build"
  echo 'int main() {}' | clang++ -x c++ -fopenmp -fsanitize=thread - -o "$probe" 2>/dev/null ||
    die "clang++ lacks LLVM's OpenMP or the sanitizer runtime (Debian: libomp-14-dev, libclang-rt-14-dev)"
  rm -f "$probe"
  sanitize tsan
}

if ((!$#)); then set -- address undefined; fi
for name in "$@"; do
  [[ $name =~ ^(address|undefined|thread)$ ]] || die "unknown sanitizer '$name': address, undefined or thread"
done
run_steps set_up "$@"
