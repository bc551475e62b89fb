#!/usr/bin/env bash
# Every test: the generated files are up to date, the generator's types and tests, the C++ tests, the installed package and
# the Python module. Runs all of them even if one fails; the last line is "N passed, N failed".
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/setup/steps.sh"
source "$quern_root/tools/setup/debian.sh"
source "$quern_root/tools/setup/python.sh"
source "$quern_root/tools/setup/cmake.sh"
source "$quern_root/tools/setup/aarch64.sh"
cd "$quern_root"

build=$(build_dir release)
results=$quern_root/build/test-results

# Runs one check that is a test by itself, and leaves its outcome where count_tests.py finds it.
check() {
  local name=$1
  shift
  attempt "$@"
  if ((attempt_status == 0)); then
    echo "1 0" >"$results/$name.count"
  else
    echo "0 1" >"$results/$name.count"
    say "FAILED: $name"
  fi
}

# Runs a test runner that writes a JUnit file. A runner that ends badly without a failure in its file (a crash, say)
# counts as one failure.
runner() {
  local name=$1
  shift
  rm -f "$results/$name.xml"
  attempt "$@"
  if ((attempt_status == 0)); then
    echo "0 0" >"$results/$name.status"
  else
    echo "0 1" >"$results/$name.status"
    say "FAILED: $name"
  fi
}

set_up() {
  setup_packages
  setup_python
  rm -rf "$results"
  mkdir -p "$results"
}

# Regenerating must change nothing: neither a file that git knows nor one that it does not.
generated_is_current() {
  tools/generate.sh
  git diff --stat --exit-code -- generated
  local unknown
  unknown=$(git ls-files --others --exclude-standard -- generated)
  if [[ -n $unknown ]]; then
    printf 'not under version control:\n%s\n' "$unknown"
    return 1
  fi
}

regenerate_and_compare() {
  check generated generated_is_current
}

check_types() {
  check mypy env MYPYPATH=generator:tools:tests/conformance "$quern_python" -m mypy --strict --cache-dir build/mypy \
    generator/quern_generator tools/report tools/record_golden.py
}

# pytest on one folder of tests; further words are variables of its environment.
pytest_in() {
  local folder=$1
  shift
  runner "$folder" env "$@" "$quern_python" -m pytest "tests/$folder" -q \
    -o cache_dir="$quern_root/build/pytest" --junit-xml="$results/$folder.xml"
}

source_tests() {
  pytest_in generator PYTHONPATH=generator
  pytest_in rules
  pytest_in conformance
}

build_library_and_tests() {
  configure_preset release
  build_preset release
}

cpp_tests() {
  runner ctest ctest --test-dir "$build" -j "$quern_jobs" --output-on-failure --no-tests=error \
    --output-junit "$results/ctest.xml"
}

consumer_tests() {
  local output=$quern_root/build/log/consumer.log
  tests/consumer/run.sh "$build" | tee "$output" || true
  sed -nE 's/^consumer: ([0-9]+) passed, ([0-9]+) failed$/\1 \2/p' "$output" >"$results/consumer.count"
  [[ -s $results/consumer.count ]] || echo "0 1" >"$results/consumer.count"
}

python_tests() {
  logged build/log/install-python.log cmake --install "$build" --component python --prefix "$quern_venv"
  pytest_in python
  pytest_in report PYTHONPATH=tools
}

# The same bits without vector instructions and on another architecture.
same_bits_elsewhere() {
  setup_aarch64
  local preset
  for preset in emulated aarch64; do
    configure_preset "$preset"
    build_preset "$preset" quern_bits
  done
  pytest_in bits QUERN_BITS_BUILDS="release: emulated:EMU128 aarch64:NEON_WITHOUT_AES"
}

# Proves the checklists of CONTRIBUTING.md by following them on a copy.
extension_tests() {
  pytest_in extension
}

run_steps set_up regenerate_and_compare check_types source_tests build_library_and_tests cpp_tests \
  consumer_tests python_tests same_bits_elsewhere extension_tests
"$quern_python" tools/count_tests.py "$results"
