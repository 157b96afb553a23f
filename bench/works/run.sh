#!/usr/bin/env bash
# Whole-program works with the installed binary: one JSON object a line and work, the median of RUNS runs (default 5).
#   bench/works/run.sh PROGRAM [PREFIX]      works whose name begins with PREFIX
# Data goes to a fresh folder under TMPDIR, which must not be a tmpfs. Every output is checked for count and content.
set -euo pipefail
program=$(realpath "$1")
prefix=${2:-}
runs=${RUNS:-5}
scale=${SCALE:-1}
here=$(cd "$(dirname "$0")" && pwd)
base=$(mktemp -d "${TMPDIR:-/tmp}/millrace-works-XXXXXX")
trap 'rm -rf "$base"' EXIT

median() { sort -g | awk '{v[NR] = $1} END {print v[int((NR + 1) / 2)]}'; }

# measure COMMAND...: wall seconds, CPU seconds and peak MB of one run, in $wall $cpu $rss
measure() {
  /usr/bin/time -f '%e %U %S %M' -o "$base/time" "$@" >"$base/out" 2>"$base/err" || { cat "$base/err" >&2; exit 1; }
  read -r wall user system kilobytes < <(tail -n 1 "$base/time")
  cpu=$(awk -v a="$user" -v b="$system" 'BEGIN {print a + b}')
  rss=$(awk -v k="$kilobytes" 'BEGIN {printf "%.1f", k / 1024}')
}

# work NAME COUNT UNIT DURABILITY PARAMS SETUP CHECK [PEER]: COUNT per second of the engine's own clock. SETUP makes
# fresh input, CHECK looks at the output, PEER prints the seconds that something else takes for the same.
work() {
  local name=$1 count=$2 unit=$3 durability=$4 params=$5 setup=$6 check=$7 peer=${8:-}
  [[ $name == "$prefix"* ]] || return 0
  local seconds=() cpus=() rsses=() peers=()
  for ((run = 0; run < runs; ++run)); do
    rm -rf "$base/w" && mkdir "$base/w"
    $setup
    measure "$program" run "$here/$name.yaml" --until-idle --json --durability "$durability" --data "$base/w/data" \
      --param "base=$base/w"
    $check || { echo "$name: the output is wrong" >&2; exit 1; }
    seconds+=("$(sed -n 's/.*"seconds":\([0-9.e+-]*\)}$/\1/p' "$base/out" | tail -n 1)")
    cpus+=("$cpu")
    rsses+=("$rss")
    [ -n "$peer" ] && peers+=("$($peer)")
  done
  local taken ratio=null
  taken=$(printf '%s\n' "${seconds[@]}" | median)
  [ -n "$peer" ] && ratio=$(awk -v p="$(printf '%s\n' "${peers[@]}" | median)" -v t="$taken" 'BEGIN {printf "%.2f", p / t}')
  awk -v n="$name" -v c="$count" -v t="$taken" -v u="$unit" -v d="$durability" -v p="$params" -v r="$ratio" \
    -v cpu="$(printf '%s\n' "${cpus[@]}" | median)" -v m="$(printf '%s\n' "${rsses[@]}" | median)" 'BEGIN {
      printf "{\"work\":\"%s\",\"value\":%.0f,\"unit\":\"%s/s\",\"params\":{%s},\"durability\":\"%s\",\"cpu_s\":%.2f,\"rss_mb\":%.1f,\"peer_ratio\":%s}\n",
        n, c / t, u, p, d, cpu, m, r }'
}

seconds_of() { local start end; start=$(date +%s.%N); "$@" >/dev/null; end=$(date +%s.%N); awk -v a="$start" -v b="$end" 'BEGIN {print b - a}'; }
nothing() { :; }

chain_count=5000000  # as chain.yaml says
chain_out() { grep -q "\"component\":\"Route\".*\"removed\":$chain_count" "$base/out"; }

line_count=$((1000000 / scale))
make_lines() { awk -v n="$line_count" 'BEGIN {for (i = 0; i < n; ++i) printf "%09d %s\n", i, "the quick brown fox jumps over the lazy dog and runs away from it all, far into the woods, 12"}' >"$base/w/in.log"; }
check_lines() { sed 's/^/tag /' "$base/w/in.log" | cmp -s - "$base/w/out/lines.txt"; }
sed_lines() { seconds_of sh -c "sed 's/^/tag /' '$base/w/in.log' >'$base/w/sed.txt'"; }

file_count=$((10000 / scale))
make_files() {
  mkdir "$base/w/in"
  (cd "$base/w/in" && head -c $((file_count * 1024)) /dev/urandom | split -b 1024 -a 5 - f)
  cp -r "$base/w/in" "$base/w/same"
}
check_files() { diff -rq "$base/w/same" "$base/w/out" >/dev/null; }
copy_files() { seconds_of sh -c "cp -r '$base/w/same' '$base/w/copy' && find '$base/w/copy' -type f -print0 | xargs -0 sync"; }

work chain "$chain_count" FlowFiles none '"bytes":0' nothing chain_out
work chain "$chain_count" FlowFiles process '"bytes":0' nothing chain_out
work chain "$chain_count" FlowFiles power '"bytes":0' nothing chain_out
work chain-100B "$chain_count" FlowFiles process '"bytes":100' nothing chain_out
work chain-100B "$chain_count" FlowFiles power '"bytes":100' nothing chain_out
work lines-each "$line_count" lines power '"bytes":100' make_lines check_lines sed_lines
work lines-batched "$line_count" lines process '"bytes":100' make_lines check_lines sed_lines
work small-files "$file_count" files power '"bytes":1024' make_files check_files copy_files
