#!/usr/bin/env bash
# Finds or installs what matseq is built with. Installs nothing, and is quick, when nothing is missing.
#   scripts/setup.sh [--tests]     --tests: what the tests and benchmarks need, too
# A LibTorch of your own is used, and no other installed, when CMAKE_PREFIX_PATH or Torch_DIR (environment variables)
# leads to it or when the `python3` on PATH has the package torch.
set -euo pipefail

packages=(g++ cmake ninja-build ccache libeigen3-dev libboost-dev libtomlplusplus-dev libspdlog-dev libfmt-dev
  libcli11-dev nlohmann-json3-dev librandom123-dev libopenblas-openmp-dev libgloo-dev)
if [[ ${1:-} == --tests ]]; then
  packages+=(git libgtest-dev libbenchmark-dev)
elif (($# > 0)); then
  echo "usage: scripts/setup.sh [--tests]" >&2
  exit 2
fi

has_libtorch() {
  local folder
  local -a folders=()
  IFS=: read -ra folders <<<"${CMAKE_PREFIX_PATH:-}:${Torch_DIR:+$Torch_DIR/../../..}"
  for folder in "${folders[@]}"; do
    [[ -n $folder && -e $folder/include/ATen/ATen.h ]] && return 0
  done
  command -v python3 >/dev/null &&
    python3 -c 'import importlib.util as u, sys; sys.exit(u.find_spec("torch") is None)' 2>/dev/null
}
has_libtorch || packages+=(libtorch-dev)

if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
  echo "This is not Debian or Ubuntu, so nothing is installed for you. Building matseq needs what these Debian packages" >&2
  printf 'hold:\n  %s\n' "${packages[*]}" >&2
  echo "that is a C++20 compiler (GCC 12 or newer), CMake 3.22, Ninja, the libraries, and LibTorch 1.13 or newer" >&2
  echo "(name its folder in CMAKE_PREFIX_PATH). Going on with what is there." >&2
  exit 0
fi

# dpkg-query fails when it does not know one of the names, and lists the others all the same.
installed=" $(dpkg-query --show --showformat='${db:Status-Abbrev}${Package} ' "${packages[@]}" 2>/dev/null || true)"
missing=()
for package in "${packages[@]}"; do
  [[ $installed == *" ii $package "* || $installed == *" hi $package "* ]] || missing+=("$package")
done
((${#missing[@]} == 0)) && exit 0

as_root=()
if ((EUID != 0)); then
  if ! command -v sudo >/dev/null; then
    echo "These packages are missing, and installing them needs root or sudo:" >&2
    printf '  apt-get install --no-install-recommends %s\n' "${missing[*]}" >&2
    exit 1
  fi
  as_root=(sudo)
fi
echo "Installing ${missing[*]}"
"${as_root[@]}" apt-get update --quiet --quiet
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
  apt-get install --quiet --quiet --yes --no-install-recommends "${missing[@]}" </dev/null
