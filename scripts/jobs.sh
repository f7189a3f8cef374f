#!/usr/bin/env bash
# How many compilers to run at once: a source file that includes LibTorch takes up to 2 GiB.
set -euo pipefail
jobs=$(nproc)
memory=$(awk '/^MemAvailable/ {print int($2 / 2097152)}' /proc/meminfo 2>/dev/null || echo 1)
((memory < jobs)) && jobs=$((memory > 0 ? memory : 1))
echo "$jobs"
