#!/usr/bin/env bash
# Builds the fuzz targets and runs each: scripts/fuzz.sh [SECONDS] [TARGET...]; 60 seconds and all by default.
# MATSEQ_FUZZ_JOBS (1) run at a time. What they find grows in build-fuzz/corpus; inputs that fail are kept in
# build-fuzz/failures. Prints how many inputs each has run, and fails when one failed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

seconds=${1:-60}
shift $(($# > 0 ? 1 : 0))
targets=("$@")
if ((${#targets[@]} == 0)); then
  targets=(archive pickle configuration data_file decoder matrices token_commands)
fi
corpus=build-fuzz/corpus
failures=build-fuzz/failures
mkdir -p "$corpus" "$failures"

cmake --preset fuzz
cmake --build build-fuzz --parallel "$(scripts/jobs.sh)" --target fuzzers
fuzz/make_corpus.py "$corpus"

# Far above what any target needs: an allocation by an unchecked number fails, and so does an input that takes long.
limits=(-rss_limit_mb=2048 -malloc_limit_mb=512 -timeout=20 -max_len=65536)

run_target() {  # run_target NAME
  local dictionary=()
  [[ -f $corpus/$1.dict ]] && dictionary=("-dict=$corpus/$1.dict")
  "build-fuzz/fuzz/fuzz_$1" "${limits[@]}" "${dictionary[@]}" -max_total_time="$seconds" -print_final_stats=1 \
    -artifact_prefix="$failures/$1-" "$corpus/$1" >"build-fuzz/$1.log" 2>&1
}

status=0
running=0
for target in "${targets[@]}"; do
  ((running < ${MATSEQ_FUZZ_JOBS:-1})) || { wait -n || status=1; running=$((running - 1)); }
  run_target "$target" &
  running=$((running + 1))
done
while ((running > 0)); do
  wait -n || status=1
  running=$((running - 1))
done

for target in "${targets[@]}"; do
  executions=$(awk '/number_of_executed_units/ {print $2}' "build-fuzz/$target.log")
  failure=$(grep --max-count=1 --only-matching 'SUMMARY: .*' "build-fuzz/$target.log" || true)
  printf '%-16s %12s executions  %s\n' "$target" "${executions:-?}" "$failure"
done
exit "$status"
