#!/usr/bin/env bash
# Installs what quern builds and tests with: tools/setup/setup.sh [packages|python]
#
# packages  the Debian packages of packages.txt (needs root when one is missing)
# python    build/venv with the pinned requirements.txt
# Without an argument, both. Repeated with nothing missing it takes well under a second.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$here/steps.sh"
source "$here/debian.sh"
source "$here/python.sh"

case "${1:-all}" in
  packages) setup_packages ;;
  python) setup_python ;;
  all)
    setup_packages
    setup_python
    ;;
  *) die "unknown part '$1': packages, python or nothing" ;;
esac
