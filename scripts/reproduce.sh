#!/usr/bin/env bash
# Repeats the papers' experiments and writes a table of what came out beside what the papers say.
#
#   scripts/reproduce.sh                              all experiments of configs/papers/small, three seeds each
#   scripts/reproduce.sh eigenvalues noise            these
#   scripts/reproduce.sh --full eigenvalues           with the papers' own settings, one seed: days on a GPU
#   scripts/reproduce.sh --dir FOLDER my/own.toml     an experiment or a sweep of yours, in a folder other than runs/reproduce
#
# However it was stopped, the same command goes on. FOLDER/NAME has the runs and their logs, FOLDER/results.md the table.
# MATSEQ names the program, if not build/bin/matseq, which is built if it is missing.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
papers=$root/configs/papers

usage() { sed -n '2,/^set/{/^set/d; s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}"; }
fail() { printf 'reproduce.sh: %s\n' "$1" >&2; exit 2; }

folder=$root/runs/reproduce
configurations=$papers/small
seeds=3
names=()
while (($#)); do
  case $1 in
    --small) ;;
    --full) configurations=$papers seeds=1 ;;
    --dir) folder=${2:?--dir needs a folder}; shift ;;
    -h | --help) usage; exit ;;
    -*) fail "unknown option '$1'; accepted: --small, --full, --dir FOLDER, --help, and names" ;;
    *) names+=("$1") ;;
  esac
  shift
done

experiments() { # names of a folder's experiments and sweeps, without what is only a sweep's base
  local file
  for file in "$1"/*.toml; do
    [[ $file == *_base.toml ]] || basename "$file" .toml
  done
}

file_of() { # of a name, or of a file's path
  if [[ $1 == *.toml ]]; then realpath -e -- "$1"; else echo "$configurations/$1.toml"; fi
}

if ((${#names[@]} == 0)); then mapfile -t names < <(experiments "$configurations"); fi
for name in "${names[@]}"; do
  [[ -f $(file_of "$name") ]] || fail "no experiment '$name'; there are $(experiments "$configurations" | paste -sd' '), and files NAME.toml"
done

matseq=${MATSEQ:-$root/build/bin/matseq}
if [[ ! -x $matseq ]]; then
  [[ -z ${MATSEQ:-} ]] || fail "MATSEQ names '$MATSEQ', which is no program"
  "$root/scripts/setup.sh"
  "$root/scripts/build.sh" release -DMATSEQ_BUILD_TESTS=OFF -DMATSEQ_BUILD_BENCHMARKS=OFF
fi

mkdir -p "$folder"

hardware() {
  local processor gpus
  processor=$(sed -n 's/^model name[[:space:]]*: //p' /proc/cpuinfo 2>/dev/null | head -n 1)
  gpus=$(nvidia-smi --query-gpu=name --format=csv,noheader 2>/dev/null | paste -sd, || true)
  printf '%s, %s cores%s\n' "${processor:-$(uname -m)}" "$(nproc)" "${gpus:+; $gpus}"
}

published() { # what the papers say of an experiment
  local name statement
  while IFS=$'\t' read -r name statement; do
    if [[ $name == "$1" ]]; then echo "$statement"; return; fi
  done <"$papers/published.tsv"
  echo "not known"
}

# The sweep that an experiment is: its own file, or the seeds of a single one.
sweep_of() {
  if grep -Eq '^base[[:space:]]*=' "$1"; then echo "$1"; return; fi
  printf 'base = "%s"\nseeds = %s\njobs = %s\n' "$1" "$seeds" "$jobs" >"$2/sweep.toml"
  echo "$2/sweep.toml"
}
jobs=$(nproc)
((jobs <= seeds)) || jobs=$seeds

# A section of the table; `--markdown` comes as the second argument or not at all.
section() {
  local name
  name=$(basename "$1" .toml)
  printf '\n## %s\n\nPapers: %s.\n\n' "$name" "$(published "$name")"
  "$matseq" compare "$folder/$name/runs" --tolerances --sets "${@:2}"
}

results() {
  printf '# Results\n\n%s; %s. valid.accuracy is in percent, within the first tolerance.\n' \
    "$("$matseq" --version | head -n 1)" "$(hardware)"
  local name
  for name in "${names[@]}"; do section "$name" "$@" 2>&1 || true; done
}

failed=()
for name in "${names[@]}"; do
  file=$(file_of "$name")
  place=$folder/$(basename "$name" .toml)
  mkdir -p "$place"
  printf '\n== %s: %s\n' "$(basename "$name" .toml)" "$file"
  status=0
  "$matseq" sweep "$(sweep_of "$file" "$place")" --dir "$place/runs" 2>&1 | tee -ai "$place/output.log" || status=$?
  ((status < 128)) || exit "$status" # stopped by a signal
  ((status == 0)) || failed+=("$name")
done

results --markdown >"$folder/results.md"
results
printf '\nThe table is in %s, the runs and their logs beside it.\n' "$folder/results.md"
if ((${#failed[@]})); then
  printf 'reproduce.sh: failed: %s; NAME/output.log says why\n' "${failed[*]}" >&2
  exit 1
fi
