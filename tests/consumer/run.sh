#!/usr/bin/env bash
# Installs quern into a fresh prefix, shared and static, moves that prefix, and builds and runs a consumer against it with
# the consumer's own flags: through find_package and through pkg-config. Each prefix holds one kind of library.
#
#   tests/consumer/run.sh [BUILD_DIR]
#
# BUILD_DIR is a configured build of the shared library (default build/release); the static one is built here, in
# build/consumer/static. Ends with a line "consumer: N passed, M failed".
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../../tools/setup/steps.sh"

consumer=$quern_root/tests/consumer
shared_build=$(realpath "${1:-$quern_root/build/release}")
work=$quern_root/build/consumer
log=$work/log
flags="-O3 -ffast-math -march=native -D_GLIBCXX_ASSERTIONS"
passed=0
failed=0

# Runs one check by name and counts it.
check() {
  local name=$1 output=$log/${1//[ \/]/-}.log
  shift
  mkdir -p "$log"
  attempt "$@" >"$output" 2>&1
  if ((attempt_status == 0)); then
    passed=$((passed + 1))
    say "passed: $name"
  else
    failed=$((failed + 1))
    say "FAILED: $name"
    tail -n 20 "$output" >&2
  fi
}

build_static() {
  # The flags are those of the shared build, so that a compiler cache serves both.
  logged "$log/static-configure.log" cmake -S "$quern_root" --preset release -B "$work/static" \
    -DBUILD_SHARED_LIBS=OFF -DQUERN_BUILD_CLI=OFF -DQUERN_BUILD_TESTS=OFF -DQUERN_BUILD_BENCHMARKS=OFF \
    -DQUERN_BUILD_PYTHON=OFF
  logged "$log/static-build.log" cmake --build "$work/static" -j "$quern_jobs"
}

# install_moved KIND BUILD: installs, then moves the tree; what it says of places must be relative.
install_moved() {
  local kind=$1 build=$2 component
  rm -rf "$work/$kind-installed" "$work/$kind-prefix"
  for component in runtime development; do
    logged "$log/$kind-install-$component.log" \
      cmake --install "$build" --prefix "$work/$kind-installed" --component "$component"
  done
  mv "$work/$kind-installed" "$work/$kind-prefix"
}

# No installed text may hold a path of the tree it was built in.
no_build_paths() {
  ! grep -rIl --include='*.cmake' --include='*.pc' --include='*.h*' -e "$quern_root" "$work/$1-prefix"
}

with_cmake() {
  local kind=$1 standard=$2
  local build=$work/$kind-cmake-$standard
  rm -rf "$build"
  cmake -S "$consumer" -B "$build" -G Ninja -DCMAKE_PREFIX_PATH="$work/$kind-prefix" \
    -DCMAKE_CXX_STANDARD="$standard" -DCMAKE_CXX_FLAGS="$flags" -DCMAKE_EXPORT_COMPILE_COMMANDS=ON
  cmake --build "$build"
  "$build/consumer"
  # The consumer's flags and one include directory are all that the compile line holds.
  if grep -E -e '-fopenmp|HWY_|-ffp-contract|-fno-fast-math' "$build/compile_commands.json"; then
    echo "a flag of quern reached the consumer's compile line"
    return 1
  fi
}

with_pkg_config() {
  local kind=$1 compile link
  export PKG_CONFIG_PATH=$work/$kind-prefix/lib/pkgconfig
  compile=$(pkg-config --cflags quern | xargs)
  link=$(pkg-config --libs quern)
  if [[ $compile != -I* || $compile == *" "* ]]; then
    echo "more than one include directory in the compile flags: $compile"
    return 1
  fi
  # shellcheck disable=SC2086  # flags are words
  g++ -std=c++20 $flags $compile -c "$consumer/consumer.cpp" -o "$work/$kind-consumer.o"
  # shellcheck disable=SC2086
  g++ $flags "$work/$kind-consumer.o" $link -Wl,-rpath,"$work/$kind-prefix/lib" -o "$work/$kind-consumer"
  "$work/$kind-consumer"
}

# How long a file that includes everything takes to compile, without the consumer's optimisation.
time_header() {
  local began ended
  began=$(date +%s%N)
  g++ -std=c++20 -O1 -I"$work/shared-prefix/include" -c "$consumer/consumer.cpp" -o "$work/timed.o" || return 0
  ended=$(date +%s%N)
  say "a consumer file compiles in $(((ended - began) / 1000000)) ms"
}

build_static
for kind in shared static; do
  build=$work/static
  if [[ $kind == shared ]]; then build=$shared_build; fi
  install_moved "$kind" "$build"
  check "$kind: no path of the build" no_build_paths "$kind"
  check "$kind: find_package, C++20" with_cmake "$kind" 20
  check "$kind: find_package, C++23" with_cmake "$kind" 23
  check "$kind: pkg-config" with_pkg_config "$kind"
done
time_header

echo "consumer: $passed passed, $failed failed"
((failed == 0))
