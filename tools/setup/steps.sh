# Shared by the scripts in tools/: where the tree is, step banners with elapsed time, clear endings.
# To be sourced. The sourcing script may set `steps_total` before its first `step`.

quern_root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
quern_venv=$quern_root/build/venv
quern_python=$quern_venv/bin/python
quern_jobs=${QUERN_JOBS:-$(nproc)}
export CCACHE_DIR=${CCACHE_DIR:-$quern_root/build/ccache}

steps_total=0
steps_done=0
steps_name=
steps_began=$SECONDS
steps_step_began=$SECONDS

# A number of seconds as 1:05.
minutes() {
  printf '%d:%02d' "$(($1 / 60))" "$(($1 % 60))"
}

# Ends the step before and announces the next: step "build the library"
step() {
  end_step
  steps_done=$((steps_done + 1))
  steps_name=$1
  steps_step_began=$SECONDS
  printf '\n[%d/%d] %s (at %s)\n' "$steps_done" "$steps_total" "$1" "$(minutes $((SECONDS - steps_began)))"
}

end_step() {
  if [[ -n $steps_name ]]; then
    printf '      %s: done in %s\n' "$steps_name" "$(minutes $((SECONDS - steps_step_began)))"
    steps_name=
  fi
}

# A line inside a step.
say() {
  printf '      %s\n' "$*"
}

die() {
  printf '%s: %s\n' "${0##*/}" "$*" >&2
  exit 1
}

# Runs the functions named, each as one step; the banner is the function's name with spaces for underscores.
run_steps() {
  steps_total=$#
  local name
  for name in "$@"; do
    step "${name//_/ }"
    "$name"
  done
  end_step
  printf '\ntotal %s\n' "$(minutes $((SECONDS - steps_began)))"
}

# With `set -e` and no message a failing step would end in silence.
report_failure() {
  local status=$?
  if ((status != 0)) && [[ -n $steps_name ]]; then
    printf '\n[%d/%d] %s: FAILED after %s (exit status %d)\n' "$steps_done" "$steps_total" "$steps_name" \
      "$(minutes $((SECONDS - steps_step_began)))" "$status" >&2
  fi
}
trap report_failure EXIT

# Runs a command with its output in a file; shows the end of that file if the command fails.
logged() {
  local log=$1
  shift
  mkdir -p "$(dirname "$log")"
  if ! "$@" >"$log" 2>&1; then
    tail -n 40 "$log" >&2
    die "failed: $* (whole output: $log)"
  fi
}

# Runs a command or function that may fail, and leaves its exit status in attempt_status. Inside `if` or before `||` a
# function runs on after a failing line; here it stops there.
attempt() {
  set +e
  (
    set -e
    "$@"
  )
  attempt_status=$?
  set -e
}
