# What the preset aarch64 builds and runs with on another machine. To be sourced after debian.sh.
#
# The compiler and the emulator are packages of this machine. The libraries are those of 64-bit Arm, unpacked under
# build/aarch64-root without being installed, so that apt's own state stays as it is.

quern_aarch64_root=$quern_root/build/aarch64-root

# Package, and the release it comes from where Debian 12's is too old. What BLIS was linked with comes along.
aarch64_libraries=(
  libhwy-dev/trixie libhwy1t64/trixie libblis-openmp-dev/trixie libblis4-openmp/trixie
  libc6/trixie libgcc-s1/trixie libstdc++6/trixie libgomp1/trixie
  libgtest-dev libgmock-dev libcatch2-dev/bookworm-backports)

# apt as on a machine of that architecture with nothing installed, from the same mirrors.
aarch64_apt() {
  local state=$quern_root/build/aarch64-apt
  mkdir -p "$state/lists/partial" "$state/archives/partial"
  : >"$state/status"
  apt-get -q -o APT::Architecture=arm64 -o APT::Architectures=arm64 -o APT::Sandbox::User=root \
    -o Dir::State="$state" -o Dir::State::status="$state/status" -o Dir::Cache="$state" \
    -o Acquire::Retries=3 "$@"
}

download_aarch64() {
  aarch64_apt update
  (cd "$1" && aarch64_apt download "${aarch64_libraries[@]}")
}

setup_aarch64() {
  if ! command -v aarch64-linux-gnu-g++ >/dev/null || ! command -v qemu-aarch64 >/dev/null; then
    ((EUID == 0)) || die "missing: g++-aarch64-linux-gnu qemu-user"
    say "packages: installing g++-aarch64-linux-gnu qemu-user"
    apt_get update
    apt_get install -y --no-install-recommends g++-aarch64-linux-gnu qemu-user
  fi
  local wanted="${aarch64_libraries[*]}"
  if [[ $(cat "$quern_aarch64_root/complete" 2>/dev/null) == "$wanted" ]]; then
    say "libraries of aarch64: unpacked"
    return
  fi
  say "libraries of aarch64: unpacking into ${quern_aarch64_root#"$quern_root"/}"
  rm -rf "$quern_aarch64_root"
  mkdir -p "$quern_aarch64_root/packages"
  logged "$quern_root/build/log/aarch64-apt.log" download_aarch64 "$quern_aarch64_root/packages"
  local package
  for package in "$quern_aarch64_root/packages/"*.deb; do
    dpkg-deb -x "$package" "$quern_aarch64_root"
  done
  [[ -e $quern_aarch64_root/lib ]] || ln -s usr/lib "$quern_aarch64_root/lib"
  echo "$wanted" >"$quern_aarch64_root/complete"
}
