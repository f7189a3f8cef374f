#!/usr/bin/env bash
# Builds matseq against the torch of the `python3` on PATH and measures training on the GPU beside plain PyTorch:
#   bench/gpu/measure.sh [compare.py's options]
# Meant to fit into 8 minutes on 16 cores; it has not been run on a GPU yet. Where packages cannot be installed, what
# bench/gpu/pack.sh has put into build-gpu/packages is used. To try it without a GPU:
#   bench/gpu/measure.sh --device cpu --only small --repeats 1
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

python=${MATSEQ_PYTHON:-python3}
build=${MATSEQ_GPU_BUILD:-build-gpu}
torch=$("$python" -c "import importlib.util as u; print(u.find_spec('torch').submodule_search_locations[0])")
packages=$PWD/build-gpu/packages
prefixes=$torch
options=()
if [[ -d $packages ]]; then
  prefixes="$torch;$packages/usr"
  options+=(-DEigen3_DIR="$packages/usr/share/eigen3/cmake" -DBOOST_ROOT="$packages/usr")
  export LD_LIBRARY_PATH="$packages/usr/lib/x86_64-linux-gnu${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
else
  CMAKE_PREFIX_PATH=$torch scripts/setup.sh
fi

begin=$SECONDS
cmake -S . -B "$build" -G Ninja -DCMAKE_PREFIX_PATH="$prefixes" -DMATSEQ_BUILD_TESTS=OFF -DMATSEQ_BUILD_BENCHMARKS=OFF \
  "${options[@]}"
cmake --build "$build" --parallel "$(scripts/jobs.sh)"
printf 'built in %d s\n' $((SECONDS - begin))

arguments=("$@")
if ((${#arguments[@]} == 0)); then
  nvidia-smi --query-gpu=name,driver_version --format=csv,noheader
  arguments=(--device cuda --only train --precisions bfloat16 --repeats 2)
fi
"$python" bench/compare/compare.py --matseq "$build/bin/matseq" "${arguments[@]}"
printf 'all in %d s\n' $((SECONDS - begin))
