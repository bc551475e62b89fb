#!/usr/bin/env bash
# The whole line: sets up, generates, builds, proves conformance on every target of this CPU, runs the worked example and
# writes the conformance report to build/report. From a fresh clone on a fresh Debian 12 it needs nothing but root.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/setup/steps.sh"
source "$quern_root/tools/setup/debian.sh"
source "$quern_root/tools/setup/python.sh"
source "$quern_root/tools/setup/cmake.sh"
cd "$quern_root"

build=$(build_dir release)
report=$quern_root/build/report

set_up() {
  setup_packages
  setup_python
}

generate() {
  tools/generate.sh
}

build_library() {
  configure_preset release
  build_preset release
}

install_python_module() {
  logged build/log/install-python.log \
    cmake --install "$build" --component python --prefix "$quern_venv"
}

conformance() {
  ctest --test-dir "$build" -L conformance --output-on-failure --no-tests=error
}

worked_example() {
  examples/run.sh "$build"
}

write_report() {
  PYTHONPATH=tools "$quern_python" -m report --build "$build" --output "$report"
}

closing_figures() {
  "$quern_python" - "$report/report.json" "$build"/lib/libquern.so <<'PY'
import json
import os
import sys

summary = json.load(open(sys.argv[1], encoding="utf-8"))["summary"]
print(f"      conformance: {summary['cases']} cases, {summary['failed']} failed, "
      f"{summary['deliberate']} deliberate differences")
print(f"      library: {os.path.getsize(os.path.realpath(sys.argv[2])) / 1e6:.2f} MB")
PY
  say "report: $report/index.html"
  say "        $report/report.json"
  say "command line: $build/bin/quern"
  say "Python: $quern_python -c 'import quern'"
}

run_steps set_up generate build_library install_python_module conformance worked_example write_report closing_figures
