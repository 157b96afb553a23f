#!/usr/bin/env bash
# Whole-program works with the installed binary: one JSON object a line and work, the median of RUNS runs (default 5).
#   bench/works/run.sh PROGRAM [PREFIX]      works whose name begins with PREFIX
# Data goes to a fresh folder under TMPDIR, which must not be a tmpfs. Every output is checked for count and content.
set -euo pipefail
program=$(realpath "$1")
prefix=${2:-}
runs=${RUNS:-5}
scale=${SCALE:-1}
flow_file=  # instead of $here/NAME.yaml
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
    measure "$program" run "${flow_file:-$here/$name.yaml}" --until-idle --json --durability "$durability" --data "$base/w/data" \
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

# el-batch: mixed expressions through millrace el --batch; awk makes the lines and what they must give.
el_count=$((100000 / scale))
make_el() {
  awk -v n="$el_count" -v want="$base/w/want" 'BEGIN {
    expr[0] = "${f:substringBefore(\\u0027.\\u0027):toUpper()}"
    expr[1] = "${i:toNumber():multiply(3):plus(1)}"
    expr[2] = "${f:replaceAll(\\u0027[0-9]+\\u0027, \\u0027#\\u0027)}-${i:gt(500)}"
    expr[3] = "${j:jsonPath(\\u0027$.a[1]\\u0027)}"
    expr[4] = "${literal(0):toDate():plusDuration(\\u00272 days\\u0027):format(\\u0027yyyy-MM-dd\\u0027, \\u0027UTC\\u0027)}"
    expr[5] = "${allDelineatedValues(\\u0027a,b,c\\u0027, \\u0027,\\u0027):append(${i}):join(\\u0027+\\u0027)}"
    expr[6] = "${i:padLeft(8, \\u00270\\u0027)}"
    for (i = 0; i < n; ++i) {
      printf "{\"id\":%d,\"expr\":\"%s\",\"attributes\":{\"f\":\"file%d.log\",\"i\":\"%d\",\"j\":\"{\\\"a\\\":[0,%d]}\"}}\n", i, expr[i % 7], i, i, i
      value[0] = "FILE" i
      value[1] = 3 * i + 1
      value[2] = "file#.log-" (i > 500 ? "true" : "false")
      value[3] = i
      value[4] = "1970-01-03"
      value[5] = "a" i "+b" i "+c" i
      value[6] = sprintf("%08d", i)
      printf "{\"id\":%d,\"value\":\"%s\"}\n", i, value[i % 7] >want
    }
  }' >"$base/w/in"
}
work_el() {
  [[ el-batch == "$prefix"* ]] || return 0
  local seconds=() cpus=() rsses=()
  rm -rf "$base/w" && mkdir "$base/w" && make_el
  for ((run = 0; run < runs; ++run)); do
    measure "$program" el --batch <"$base/w/in"
    cmp -s "$base/out" "$base/w/want" || { echo "el-batch: the output is wrong" >&2; exit 1; }
    seconds+=("$wall") cpus+=("$cpu") rsses+=("$rss")
  done
  awk -v c="$el_count" -v t="$(printf '%s\n' "${seconds[@]}" | median)" -v cpu="$(printf '%s\n' "${cpus[@]}" | median)" \
    -v m="$(printf '%s\n' "${rsses[@]}" | median)" 'BEGIN {
      printf "{\"work\":\"el-batch\",\"value\":%.0f,\"unit\":\"expressions/s\",\"params\":{\"lines\":%d,\"seconds\":%s},\"durability\":\"none\",\"cpu_s\":%.2f,\"rss_mb\":%.1f,\"peer_ratio\":null}\n", c / t, c, t, cpu, m }'
}

work chain "$chain_count" FlowFiles none '"bytes":0' nothing chain_out
work chain "$chain_count" FlowFiles process '"bytes":0' nothing chain_out
work chain "$chain_count" FlowFiles power '"bytes":0' nothing chain_out
work chain-100B "$chain_count" FlowFiles process '"bytes":100' nothing chain_out
work chain-100B "$chain_count" FlowFiles power '"bytes":100' nothing chain_out
work lines-each "$line_count" lines power '"bytes":100' make_lines check_lines sed_lines
work lines-tailed "$line_count" lines power '"bytes":100' make_lines check_lines sed_lines
work lines-batched "$line_count" lines process '"bytes":100' make_lines check_lines sed_lines
work small-files "$file_count" files power '"bytes":1024' make_files check_files copy_files
work_el
. "$here/curves.sh"
