#!/usr/bin/env bash
# Installs what is missing, builds everything and runs every test. Arguments go to ctest: scripts/test.sh -L unit
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

scripts/setup.sh --tests
scripts/build.sh release -DMATSEQ_BUILD_TESTS=ON -DMATSEQ_BUILD_BENCHMARKS=ON
ctest --preset release --parallel "$(nproc)" "$@"
