#!/usr/bin/env bash
# Configures and builds one preset, with as many compilers at once as memory allows.
#   scripts/build.sh PRESET [CMake option]...
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

preset=${1:?usage: scripts/build.sh PRESET [CMake option]...}
shift
# A source file that includes LibTorch takes up to 1.5 GiB to compile.
memory=$(awk '/^MemAvailable/ {print int($2 / 1572864)}' /proc/meminfo 2>/dev/null || echo 1)
jobs=$(nproc)
((memory < jobs)) && jobs=$((memory > 0 ? memory : 1))

cmake --preset "$preset" ${Torch_DIR:+-DTorch_DIR="$Torch_DIR"} "$@"
cmake --build --preset "$preset" --parallel "$jobs"
