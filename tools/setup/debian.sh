# The Debian packages that quern needs. To be sourced after steps.sh.

quern_packages=$quern_root/tools/setup/packages.txt
quern_sources=/etc/apt/sources.list.d/quern-extra.sources
quern_pins=/etc/apt/preferences.d/quern-extra

# The rows of packages.txt: name suite least.
package_rows() {
  sed -e 's/#.*//' "$quern_packages" | awk 'NF == 3'
}

# Names the packages that are missing or too old, one to a line.
missing_packages() {
  local name suite least version
  while read -r name suite least; do
    version=$(dpkg-query -W -f='${db:Status-Status} ${Version}\n' "$name" 2>/dev/null |
      awk '$1 == "installed" {print $2; exit}') || true
    if [[ -z $version ]]; then
      echo "$name"
    elif [[ $least != - ]] && dpkg --compare-versions "$version" lt "$least"; then
      echo "$name"
    fi
  done < <(package_rows)
}

# The configured package indexes as "URI suite file", without the file this set-up writes.
configured_suites() {
  apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(SOURCESENTRY)' 'Identifier: Packages' |
    awk -v own="$quern_sources" 'index($3, own) != 1' | sort -u
}

# The mirror that serves this machine's release of Debian, read from its own settings.
debian_mirror() {
  local codename=$1 mirror
  mirror=$(configured_suites | awk -v c="$codename" '
    $2 == c {print $1; exit}
    $2 ~ /^(stable|oldstable)$/ && !other {other = $1}
    END {if (other) print other}' | head -n 1)
  [[ -n $mirror ]] || die "apt has no source for Debian $codename, so the mirror is not known"
  echo "${mirror%/}"
}

# Adds the suites that Debian 12 lacks, pinned so that nothing but the packages named for them comes from there.
write_extra_suites() {
  local codename=$1 suites suite suite_names keyring mirror
  suites=$(package_rows | awk '$2 != "-" {print $2}' | sort -u)
  mirror=$(debian_mirror "$codename")
  keyring=/usr/share/keyrings/debian-archive-keyring.gpg
  local added=()
  suite_names=$(configured_suites | awk '{print $2}')
  for suite in $suites; do
    grep -qx "$suite" <<<"$suite_names" || added+=("$suite")
  done

  if ((${#added[@]})); then
    {
      echo "# Written by quern's tools/setup; the pins are in $quern_pins."
      echo "Types: deb"
      echo "URIs: $mirror"
      echo "Suites: ${added[*]}"
      echo "Components: main"
      if [[ -e $keyring ]]; then echo "Signed-By: $keyring"; fi
    } >"$quern_sources"
  else
    rm -f "$quern_sources"
  fi

  {
    echo "# Written by quern's tools/setup: the added suites serve these packages and no other."
    for suite in ${added[@]+"${added[@]}"}; do
      printf '\nPackage: *\nPin: release n=%s\nPin-Priority: -10\n' "$suite"
    done
    for suite in $suites; do
      printf '\nPackage: %s\nPin: release n=%s\nPin-Priority: 600\n' \
        "$(package_rows | awk -v s="$suite" '$2 == s {printf "%s%s", sep, $1; sep = " "}')" "$suite"
    done
  } >"$quern_pins"
}

apt_get() {
  DEBIAN_FRONTEND=noninteractive logged "$quern_root/build/log/apt-$1.log" \
    apt-get -q -o Acquire::Retries=3 -o DPkg::Lock::Timeout=300 "$@"
}

# Installs what is missing; does nothing, quickly, where all is there.
setup_packages() {
  local missing
  if ! command -v dpkg-query >/dev/null; then
    say "not a Debian system: what tools/setup/packages.txt names is taken to be installed"
    return
  fi
  missing=$(missing_packages | paste -sd ' ')
  if [[ -z $missing ]]; then
    say "packages: all $(package_rows | wc -l) are installed"
    return
  fi
  if ((EUID != 0)); then
    die "missing or too old: $missing. Installing packages needs root: sudo tools/setup/setup.sh packages"
  fi

  local codename
  codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
  say "packages: installing $missing"
  if [[ $codename == bookworm ]]; then
    write_extra_suites "$codename"
  fi
  apt_get update
  # shellcheck disable=SC2086  # one word per package
  apt_get install -y --no-install-recommends $missing
  missing=$(missing_packages | paste -sd ' ')
  [[ -z $missing ]] || die "still missing or too old after installing: $missing (Debian ${codename:-unknown})"
  say "packages: installed"
}
