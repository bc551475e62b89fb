#!/usr/bin/env bash
# Runs a command of this repository on a bare Debian 12: a fresh minimal system with git and nothing else.
#
#   tools/bare-machine.sh [--working-tree] [--keep] COMMAND [ARGUMENT...]
#   tools/bare-machine.sh tools/run.sh
#
# --working-tree  the files as they stand, not only what is committed
# --keep          leave the system in place afterwards and say where
#
# The system is a chroot made by debootstrap in a temporary folder (TMPDIR). It gets a fresh clone of the repository,
# this machine's Debian sources, and its settings for names, certificates and pip, since a machine may need those to
# reach its package mirrors at all. Needs root, git and debootstrap.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/setup/steps.sh"
source "$quern_root/tools/setup/debian.sh"

release=bookworm
clone=/home/quern
working_tree=false
keep=false

usage() {
  sed -n '2,/^set /p' "${BASH_SOURCE[0]}" | sed -n 's/^# \{0,1\}//p'
}

while (($#)); do
  case $1 in
    --working-tree) working_tree=true ;;
    --keep) keep=true ;;
    -h | --help)
      usage
      exit 0
      ;;
    -*) die "unknown option $1 (see --help)" ;;
    *) break ;;
  esac
  shift
done
(($#)) || die "no command given (see --help)"
((EUID == 0)) || die "a chroot needs root"
for tool in debootstrap git chroot; do
  command -v "$tool" >/dev/null || die "$tool is not installed"
done

machine=$(mktemp -d "${TMPDIR:-/tmp}/quern-bare.XXXXXX")
chmod 755 "$machine"

# Unmounts before it removes: what is mounted inside must never be reached by the removal.
clean_up() {
  local status=$?
  report_failure
  local mounted
  for mounted in proc dev/shm; do
    if mountpoint -q "$machine/$mounted"; then umount "$machine/$mounted"; fi
  done
  if $keep; then
    echo "kept: $machine (enter with: chroot $machine)"
  elif grep -q " $machine/" /proc/mounts; then
    echo "left in place, something is still mounted in it: $machine" >&2
  else
    rm -rf --one-file-system "$machine"
  fi
  exit "$status"
}
trap clean_up EXIT

make_system() {
  local mirror
  mirror=$(debian_mirror "$release")
  logged "$machine.log" debootstrap --variant=minbase "$release" "$machine" "$mirror"
  rm -f "$machine.log"
}

copy_if_there() {
  local path
  for path in "$@"; do
    if [[ -e $path ]]; then
      mkdir -p "$machine$(dirname "$path")"
      cp -LR "$path" "$machine$(dirname "$path")/"
    fi
  done
}

# The machine's package sources for this release of Debian, and how it reaches them.
copy_apt_settings() {
  configured_suites | awk -v r="$release" '
    $2 ~ "^" r "(-updates|-security)?$" {print "deb", $1, $2, "main"}' >"$machine/etc/apt/sources.list"
  apt-config dump | grep -E '^Acquire::(https?|Retries|Check)' >"$machine/etc/apt/apt.conf.d/10settings" || true
}

# Names, certificates and pip's settings. The certificates come last: installing ca-certificates writes its own.
copy_settings() {
  copy_if_there /etc/resolv.conf /etc/hosts
  copy_apt_settings
  logged "$machine/var/log/git.log" in_machine sh -c \
    'apt-get -q update && apt-get -q install -y --no-install-recommends git ca-certificates'
  copy_if_there /etc/pip.conf "$HOME/.config/pip/pip.conf" "$HOME/.pip/pip.conf" /etc/ssl/certs/ca-certificates.crt
  if [[ -d ${PIP_FIND_LINKS:-} ]]; then copy_if_there "$PIP_FIND_LINKS"; fi
}

# Runs a command inside, with a plain environment and this machine's network settings.
in_machine() {
  local settings=()
  mapfile -d '' -t settings < <(env -0 |
    grep -zE '^(PIP_[A-Z_]+|SSL_CERT_(FILE|DIR)|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE|GIT_SSL_CAINFO|(https?|no|all)_proxy|(HTTPS?|NO|ALL)_PROXY|CI|QUERN_[A-Z_]+)=' || true)
  env -i HOME=/root LANG=C.UTF-8 TERM="${TERM:-dumb}" DEBIAN_FRONTEND=noninteractive \
    PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    "${settings[@]}" chroot "$machine" "$@"
}

clone_repository() {
  local target=$machine$clone
  if git -C "$quern_root" rev-parse -q --verify HEAD >/dev/null; then
    git clone -q --no-hardlinks "$quern_root" "$target"
  else
    git init -q "$target"
  fi
  if $working_tree; then
    git -C "$target" ls-files -z | (cd "$target" && xargs -0r rm -f --)
    git -C "$quern_root" ls-files -z --cached --others --exclude-standard |
      (cd "$quern_root" && while IFS= read -rd '' path; do
        if [[ -e $path || -L $path ]]; then printf '%s\0' "$path"; fi
      done | tar --null --files-from=- -cf -) | tar -C "$target" -xf -
    git -C "$target" add -A
  elif [[ -n $(git -C "$quern_root" status --porcelain) ]]; then
    say "note: uncommitted changes are not part of the clone (--working-tree takes them along)"
  fi
  chown -R 0:0 "$target"
}

mount_system() {
  mount -t proc proc "$machine/proc"
  if [[ -d $machine/dev/shm ]] || mkdir -p "$machine/dev/shm"; then
    mount -t tmpfs tmpfs "$machine/dev/shm" || say "note: no /dev/shm inside"
  fi
}

steps_total=4
step "Debian $release, minimal"
make_system
step "settings and git"
mount_system
copy_settings
step "clone"
clone_repository
step "command"
say "$*"
command_began=$SECONDS
in_machine sh -c 'cd "$0" && exec "$@"' "$clone" "$@"
say "exit status 0 after $(minutes $((SECONDS - command_began)))"
end_step
