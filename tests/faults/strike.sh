#!/usr/bin/env bash
# Kills, stops and fails training, evaluation and saving at random, and compares every run with an undisturbed one:
#   tests/faults/strike.sh [STRIKES [SEED [BUILD]]]      1000, 1 and build without them
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
export MATSEQ_STRIKES=${1:-1000} MATSEQ_STRIKE_SEED=${2:-1}
exec "${3:-build}/tests/integration_struck_run_test" --gtest_filter='*AtRandom'
