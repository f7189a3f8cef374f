#!/usr/bin/env bash
# Configures and builds one preset: scripts/build.sh PRESET [CMake option]...
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

preset=${1:?usage: scripts/build.sh PRESET [CMake option]...}
shift
cmake --preset "$preset" ${Torch_DIR:+-DTorch_DIR="$Torch_DIR"} "$@"
cmake --build --preset "$preset" --parallel "$(scripts/jobs.sh)"
