#!/usr/bin/env bash
# Installs what Credence needs to be built and tested, with apt on Debian 12, Ubuntu 24.04 or later.
#
#   scripts/install_dependencies.sh          what the build, the demo and scripts/test.sh need
#   scripts/install_dependencies.sh --all    also what scripts/test.sh --all needs
#   scripts/install_dependencies.sh --list   only prints the packages (after --all: all of them)
#
# Where it cannot install (another system, no root), it says what is needed, and fails only if there
# is no compiler or no CMake to go on with: the build then names what it misses.
set -euo pipefail

packages=(
  g++ cmake ninja-build pkg-config python3 ca-certificates
  libopenmpi-dev openmpi-bin librandom123-dev libeigen3-dev
  libyaml-cpp-dev libcli11-dev libspdlog-dev libfmt-dev nlohmann-json3-dev
  libcurl4-openssl-dev zlib1g-dev libzip-dev libssl-dev libcpp-httplib-dev
  libjs-chart.js gnuplot-nox
  libgtest-dev libgmock-dev libbenchmark-dev
)
for_all=(clang libomp-dev mpich libmpich-dev python3-numpy chromium clang-format clang-tidy
         shellcheck git patch)

list=false
for argument in "$@"; do
  case $argument in
    --all) packages+=("${for_all[@]}") ;;
    --list) list=true ;;
    -h | --help) sed -n '2,/^set/{/^set/!s/^# \{0,1\}//p}' "$0" && exit ;;
    *) echo "install_dependencies.sh: unknown option $argument (known: --all, --list)" >&2 && exit 64 ;;
  esac
done
if $list; then
  printf '%s\n' "${packages[@]}"
  exit
fi

# Says what could not be installed, and why.
go_without() {
  echo "Not installing dependencies: $1." >&2
  echo "Credence needs these, under their Debian names: $2" >&2
  if [[ -n $(command -v c++ || command -v g++ || command -v clang++) && -n $(command -v cmake) ]]; then
    echo "Going on with what is here." >&2
    exit 0
  fi
  echo "There is no C++ compiler or no CMake: stopping." >&2
  exit 1
}

if ! { command -v apt-get && command -v dpkg-query; } >/dev/null; then
  go_without "this system has no apt" "${packages[*]}"
fi

installed=$(dpkg-query -W -f='${db:Status-Status} ${Package}\n' "${packages[@]}" 2>/dev/null |
  sed -n 's/^installed //p' || true)
missing=()
for package in "${packages[@]}"; do
  grep -qxF -- "$package" <<<"$installed" || missing+=("$package")
done
if [[ ${#missing[@]} == 0 ]]; then
  exit 0
fi

as_root=()
if [[ $(id -u) != 0 ]]; then
  command -v sudo >/dev/null || go_without "neither root nor sudo" "${missing[*]}"
  as_root=(sudo)
fi
apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300)
echo "Installing: ${missing[*]}"
"${apt[@]}" update -qq
"${apt[@]}" install -qq -y --no-install-recommends "${missing[@]}"
