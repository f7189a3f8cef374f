#!/usr/bin/env bash
# From nothing to a trained transformer: installs what is missing, builds matseq, trains configs/quickstart.toml and shows
# what was learned. Run again, it continues where it was stopped, or shows the result.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

run=runs/quickstart
scripts/setup.sh
scripts/build.sh release -DMATSEQ_BUILD_TESTS=OFF -DMATSEQ_BUILD_BENCHMARKS=OFF

printf '\nTraining configs/quickstart.toml in %s (remove the folder to train it again)\n' "$run"
build/bin/matseq train configs/quickstart.toml --run "$run"
printf '\nTested on new matrices, with a few predictions beside the truth:\n'
build/bin/matseq eval "$run" --show 5
