# The Python environment in build/venv. To be sourced after steps.sh.

quern_requirements=$quern_root/tools/setup/requirements.txt

# Succeeds when the environment holds exactly the pinned versions.
python_is_ready() {
  [[ -x $quern_python ]] && "$quern_python" - "$quern_requirements" 2>/dev/null <<'PY'
import sys
from importlib.metadata import version

for line in open(sys.argv[1], encoding="utf-8"):
    requirement = line.partition("#")[0].strip()
    if requirement:
        name, _, pinned = requirement.partition("==")
        if version(name) != pinned:
            sys.exit(1)
PY
}

# Makes build/venv and installs the pinned requirements; does nothing where they are there.
setup_python() {
  if python_is_ready; then
    say "python: build/venv has the pinned requirements"
    return
  fi
  local base=${QUERN_BASE_PYTHON:-/usr/bin/python3}
  "$base" -c 'import ensurepip, sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null ||
    die "$base is not Python 3.11 or later with venv (Debian: python3-venv); QUERN_BASE_PYTHON may name another"
  say "python: installing tools/setup/requirements.txt into build/venv"
  if ! "$quern_python" -c '' 2>/dev/null; then
    logged "$quern_root/build/log/venv.log" "$base" -m venv --clear "$quern_venv"
  fi
  logged "$quern_root/build/log/pip.log" \
    "$quern_python" -m pip install --no-input --disable-pip-version-check --prefer-binary -r "$quern_requirements"
  python_is_ready || die "build/venv lacks a pinned requirement after installing (see build/log/pip.log)"
  say "python: installed"
}
