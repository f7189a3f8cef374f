#!/usr/bin/env bash
# Puts what matseq is built with, besides LibTorch, into build-gpu/packages: for a machine with a GPU on which nothing
# can be installed. Run it on a Debian machine that has built matseq in `build`, and copy the tree and that folder over.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

packages=$PWD/build-gpu/packages
rm -rf "$packages"
mkdir -p "$packages"
mapfile -t shared < <(dpkg-query --show --showformat='${db:Status-Abbrev}${Package}\n' 'libfmt*' 'libspdlog*' 'libtomlplusplus*' |
  awk '$1 == "ii" && $2 ~ /^lib(fmt|spdlog|tomlplusplus)[0-9.]+$/ {print $2}')
{
  for package in libeigen3-dev libtomlplusplus-dev libspdlog-dev libfmt-dev libcli11-dev nlohmann-json3-dev \
    librandom123-dev "${shared[@]}"; do
    dpkg --listfiles "$package"
  done
  # Of Boost only the headers that are used, as the compiler has told Ninja.
  ninja -C build -t deps | awk '$1 ~ "^/usr/include/boost/" {print $1}' | sort --unique
} | grep -E '^/usr/(include|lib|share/(cmake|eigen3|pkgconfig))/' | while read -r file; do
  [[ -d $file ]] || printf '%s\n' "$file"
done | tar --create --files-from=- 2>/dev/null | tar --extract --directory="$packages"
du --summarize --human-readable "$packages"
