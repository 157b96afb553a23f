#!/usr/bin/env bash
# The proofs at the counts that docs/reliability.md states: hours, not minutes. Run by ./dev soak.
#   tests/soak.sh counts            the programs whose repetitions MILLRACE_ROUNDS scales, at 1, of the dev build
#   tests/soak.sh asan | tsan       the tests of the core in a sanitized build at a tenth, and at 1 those whose stated
#                                   counts are meant for it
# What a program says goes to build/soak/PART/NAME.log, and a line each to build/soak/PART/summary: result, seconds,
# name, and what it counted. SOAK_ONLY, an extended regular expression, chooses among the programs.
set -uo pipefail
cd "$(dirname "$0")/.."
part=$1

# Programs that repeat as often as they are told.
scaled() {
  grep -rlE 'MILLRACE_ROUNDS|\brounds\(' tests --include='*_test.cpp' | sed 's#^tests/##; s#/#_#g; s#\.cpp$##' | sort
}

# Told as pins of counts "under the sanitizers": flows drawn at random, and the models of journal and log.
meant_for() {
  case "$1" in
    asan)
      echo "model_generated_flows_test model_commit_model_test log-backend_partition_model_test"
      echo "log-backend_embedded_sequences_test"
      ;;
    tsan) echo "log-backend_embedded_sequences_test log-backend_partition_model_test engine_session_revocation_test" ;;
  esac
}

folder=build/soak/$part
mkdir -p "$folder"
: >"$folder/summary"
failures=0

# run PROGRAM ROUNDS
run() {
  local name=${1##*/} begun=$SECONDS result=passed
  [[ $name =~ ${SOAK_ONLY:-.} ]] || return 0
  # An hour and a half for a slot of Qt Test, which ends one after five minutes by itself.
  MILLRACE_ROUNDS=$2 QTEST_FUNCTION_TIMEOUT=5400000 TSAN_OPTIONS="suppressions=$PWD/cmake/tsan.supp" \
    "$1" >"$folder/$name.log" 2>&1 </dev/null || { result=FAILED; failures=$((failures + 1)); }
  printf '%s %5d s  %s x%s: %s\n' "$result" $((SECONDS - begun)) "$name" "$2" \
    "$(sed -n 's/^QINFO *: *[^ ]* *//p' "$folder/$name.log" | tr '\n' ';' | cut -c1-400)" | tee -a "$folder/summary"
}

case "$part" in
  counts)
    for name in $(scaled); do
      [ ! -x "build/dev/tests/$name" ] || run "build/dev/tests/$name" 1
    done
    ;;
  asan | tsan)
    for program in "build/$part"/tests/*_test; do
      [[ " $(meant_for "$part" | tr '\n' ' ') " == *" ${program##*/} "* ]] || run "$program" 0.1
    done
    for name in $(meant_for "$part"); do run "build/$part/tests/$name" 1; done
    ;;
  *) echo "unknown part: $part" >&2; exit 2 ;;
esac
date -u "+ended %Y-%m-%d %H:%M UTC, $failures failed" | tee -a "$folder/summary"
[ $failures -eq 0 ]
