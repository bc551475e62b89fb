# Configuring and building a preset. To be sourced after steps.sh.

# Where a preset is built.
build_dir() {
  echo "$quern_root/build/$1"
}

# configure_preset PRESET [CMAKE_ARGUMENT...]
configure_preset() {
  local preset=$1
  shift
  (cd "$quern_root" && logged "$quern_root/build/log/configure-$preset.log" cmake --preset "$preset" "$@")
}

# build_preset PRESET [TARGET...]: with Ninja's progress, a line for every tenth on a pipe, in place on a terminal.
build_preset() {
  local preset=$1
  shift
  local targets=()
  if (($#)); then targets=(--target "$@"); fi
  if [[ -t 1 ]]; then
    cmake --build "$(build_dir "$preset")" -j "$quern_jobs" ${targets[@]+"${targets[@]}"}
  else
    cmake --build "$(build_dir "$preset")" -j "$quern_jobs" ${targets[@]+"${targets[@]}"} 2>&1 | thin_out
  fi
}

# Lets one progress line in ten per cent through, and every other line, so that a log stays readable.
thin_out() {
  awk '
    match($0, /^\[[0-9]+\/[0-9]+\]/) {
      split(substr($0, 2, RLENGTH - 2), n, "/")
      tenth = int(10 * n[1] / n[2])
      if (tenth > shown || n[1] == n[2]) {shown = tenth; print "      " $1 " built"; fflush()}
      next
    }
    {print; fflush()}'
}
