#!/usr/bin/env bash
# The generator: expands spec/ into generated/.
#
#   tools/generate.sh                 writes what has changed, deletes what is stale
#   tools/generate.sh check           reports faults in the specs, writes nothing
#   tools/generate.sh explain NAME    shows what one ufunc expands to
#   tools/generate.sh --help          everything else
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/setup/steps.sh"
source "$quern_root/tools/setup/python.sh"

# What the generator prints may be read by a program, so the set-up speaks on standard error.
setup_python_if_missing() {
  python_is_ready || setup_python >&2
}

setup_python_if_missing
cd "$quern_root"
PYTHONPATH=generator${PYTHONPATH:+:$PYTHONPATH} exec "$quern_python" -m quern_generator "$@"
