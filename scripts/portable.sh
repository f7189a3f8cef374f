#!/usr/bin/env bash
# Installs a matseq that runs on any x86-64 processor of the last fifteen years, as fast on each as one built there: the libraries and plugins
# are compiled for several levels of instructions, of which the system's dynamic loader takes the best when the program starts.
#   scripts/portable.sh PREFIX [LEVEL...]     (levels: x86-64-v2 x86-64-v3 x86-64-v4; each is a build)
#   scripts/portable.sh --merge PREFIX LEVEL=FOLDER...     only puts together what is installed in these folders, the lowest level first
set -euo pipefail

usage() {
  sed -n '2,5s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2
  exit 2
}

merge() { # PREFIX LEVEL=FOLDER...
  local prefix=$1 level folder lib
  shift
  for pair in "$@"; do
    level=${pair%%=*} folder=${pair#*=}
    # Headers, documents, the executable and libraries to link with are those of the lowest level.
    if [[ $pair == "$1" ]]; then
      mkdir -p "$prefix"
      cp -a "$folder/." "$prefix/"
      lib=$(dirname "$(find "$prefix" -name 'libmatseq_core.so' -print -quit)")
      rm -rf "$lib/matseq/plugins" "$lib/glibc-hwcaps"
      mkdir -p "$lib/matseq/plugins" # for plugins of one's own
    fi
    mkdir -p "$lib/glibc-hwcaps/$level/matseq"
    cp -a "$folder/${lib#"$prefix"/}"/*.so* "$lib/glibc-hwcaps/$level/"
    cp -a "$folder/${lib#"$prefix"/}/matseq/plugins" "$lib/glibc-hwcaps/$level/matseq/"
  done
}

if [[ ${1:-} == --merge ]]; then
  (($# > 2)) || usage
  merge "${@:2}"
  exit
fi
if (($# == 0)) || [[ $1 == -* ]]; then
  usage
fi
prefix=$(realpath -m "$1")
shift
levels=("$@")
((${#levels[@]} > 0)) || levels=(x86-64-v2 x86-64-v3 x86-64-v4)
cd "$(dirname "${BASH_SOURCE[0]}")/.."

scripts/setup.sh
pairs=()
for level in "${levels[@]}"; do
  build=build-portable/$level
  cmake -S . -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DMATSEQ_ARCH="$level" -DMATSEQ_BUILD_TESTS=OFF \
    -DMATSEQ_BUILD_BENCHMARKS=OFF
  cmake --build "$build"
  cmake --install "$build" --prefix "$PWD/$build/installed" >/dev/null
  pairs+=("$level=$PWD/$build/installed")
done
merge "$prefix" "${pairs[@]}"
echo "Installed in $prefix for ${levels[*]}: $prefix/bin/matseq"
