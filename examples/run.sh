#!/usr/bin/env bash
# Runs the worked examples of a build and checks their results against NumPy.
# usage: examples/run.sh BUILD_FOLDER; PYTHON names an interpreter that has NumPy.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
build=$(cd "$1" && pwd)
python=${PYTHON:-$here/../build/venv/bin/python}
output=$build/examples/output
mkdir -p "$output"

# Yearly means and anomalies through the C++ interface ...
"$build/bin/co2" "$here/data" "$output"
# ... and the distance from the mean of the whole record through the command line.
"$build/bin/quern" eval "mean(ppm, where=isfinite(ppm))" ppm="$here/data/co2_ppm.npy" \
  -o "$output/co2_eval_mean.npy"
"$build/bin/quern" eval "ppm - overall" ppm="$here/data/co2_ppm.npy" \
  overall="$output/co2_eval_mean.npy" -o "$output/co2_eval_anomalies.npy"
"$python" "$here/co2/check.py" "$here/data" "$output"
