# How the cost of a FlowFile changes with its attributes, its content, the depth of a queue and the length of a chain;
# a big file; the start of a server; an idle engine; what looking at a server and loading its log cost. Read by run.sh, whose functions it uses.

# chain_flow ATTRIBUTES BYTES LENGTH COUNT: the flow on stdout. In batches of 500, or of 10 when they are large.
chain_flow() {
  local attributes=$1 bytes=$2 length=$3 count=$4 batch=500 i from=Generate
  [ "$bytes" -gt 10000 ] && batch=10
  printf 'millrace: 1\nname: curve\nparameters: {base: .}\nprocessors:\n  - name: Generate\n    type: GenerateFlowFile\n'
  printf '    properties:\n      Batch Size: "%d"\n      File Size: %dB\n      Unique FlowFiles: "true"\n' "$batch" "$bytes"
  for ((i = 1; i <= attributes; ++i)); do printf '      attribute-%02d: value of number %d\n' "$i" "$i"; done
  printf '    schedule: {runs: %d}\n' $((count / batch))
  for ((i = 1; i <= length; ++i)); do
    printf '  - {name: Step %d, type: UpdateAttribute, properties: {step: "%d"}%s}\n' "$i" "$i" \
      "$([ "$i" = "$length" ] && echo ', auto-terminate: [success]')"
  done
  printf 'connections:\n'
  for ((i = 1; i <= length; ++i)); do
    printf '  - {from: %s, relationship: success, to: Step %d}\n' "$from" "$i"
    from="Step $i"
  done
}

curve_out() { grep -q "\"component\":\"Step $curve_length\".*\"removed\":$curve_count" "$base/out"; }

# curve ATTRIBUTES BYTES LENGTH COUNT
curve() {
  [[ curve == "$prefix"* ]] || return 0
  curve_length=$3 curve_count=$(($4 / scale / 500 * 500))
  [ "$curve_count" -gt 0 ] || curve_count=500  # a smoke test's scale leaves less than one batch
  chain_flow "$1" "$2" "$3" "$curve_count" >"$base/curve.yaml"
  flow_file=$base/curve.yaml
  work curve "$curve_count" FlowFiles process "\"attributes\":$1,\"bytes\":$2,\"processors\":$(($3 + 1))" nothing curve_out
  flow_file=
}

# depth COUNT: FlowFiles that wait in one queue before they are taken out of it, all by one chain.
depth() {
  [[ depth == "$prefix"* ]] || return 0
  local count=$(($1 / scale)) filled drained cpu_filled rss_filled
  [ "$count" -ge 10 ] || count=10
  local batch=$((count < 1000 ? count : 1000))
  rm -rf "$base/w" && mkdir "$base/w"
  cat >"$base/fill.yaml" <<FLOW
millrace: 1
name: depth
processors:
  - {name: Generate, type: GenerateFlowFile, properties: {Batch Size: '$batch', File Size: 0B}, schedule: {runs: $((count / batch))}}
  - {name: Drain, type: UpdateAttribute, properties: {a: b}, state: disabled, auto-terminate: [success]}
connections:
  - {from: Generate, relationship: success, to: Drain, back-pressure: {count: 0, size: 0 B}}
FLOW
  sed 's/, state: disabled//; s/runs: [0-9]*/runs: 1/; s/Batch Size: .[0-9]*./Batch Size: "1"/' "$base/fill.yaml" >"$base/drain.yaml"
  measure "$program" run "$base/fill.yaml" --for "$(awk -v c="$count" 'BEGIN {print 1 + int(c / 300000)}')s" --json --durability process --data "$base/w/data"
  grep -q "\"component\":\"Generate\".*\"out\":$count," "$base/out" || { echo "depth: not all were made" >&2; exit 1; }
  cpu_filled=$cpu rss_filled=$rss
  measure "$program" run "$base/drain.yaml" --until-idle --json --durability process --data "$base/w/data"
  grep -q "\"component\":\"Drain\".*\"removed\":$((count + 1))" "$base/out" || { echo "depth: not all came out" >&2; exit 1; }
  drained=$(sed -n 's/.*"seconds":\([0-9.e+-]*\)}$/\1/p' "$base/out" | tail -n 1)
  awk -v c="$count" -v t="$drained" -v cpu="$cpu_filled" -v drain="$cpu" -v m="$rss_filled" -v dm="$rss" 'BEGIN {
    printf "{\"work\":\"depth\",\"value\":%.0f,\"unit\":\"FlowFiles/s\",\"params\":{\"queued\":%d,\"cpu_us_each\":%.2f,\"drain_rss_mb\":%.1f},\"durability\":\"process\",\"cpu_s\":%.2f,\"rss_mb\":%.1f,\"peer_ratio\":null}\n",
      c / t, c, (cpu + drain) / c * 1e6, dm, cpu + drain, m }'
}

# big-file: one file of 4 GB through three processors; taken (its content is adopted) and left where it is (copied).
big_bytes=$((4096 * 1048576 / scale))
make_big() {
  mkdir "$base/w/in"
  openssl enc -aes-128-ctr -K 00 -iv 00 </dev/zero 2>/dev/null | head -c "$big_bytes" >"$base/big" || true
  cp "$base/big" "$base/w/in/big"
  sync "$base/w/in/big"
}
check_big() { cmp -s "$base/big" "$base/w/out/big"; }
copy_big() { rm -rf "$base/w/out" "$base/w/in" "$base/w/data"; seconds_of sh -c "cp '$base/big' '$base/w/copy' && sync '$base/w/copy'"; }

# log-inproc: records of 100 B into a topic and out of it again in one process, EACH of them a FlowFile both ways.
log_flow() {
  local each=$1 files=$2 batch each_way=''
  batch=$((files < 100 ? files : 100))
  [ "$each" = 1 ] || each_way='      Message Demarcator: "\n"'
  printf 'millrace: 1\nname: log-inproc\nparameters: {base: .}\nservices:\n'
  printf '  - {name: Topics, type: Kafka3ConnectionService, properties: {Log: embedded}}\nprocessors:\n'
  printf '  - name: Make\n    type: GenerateFlowFile\n    schedule: {runs: %d}\n' $((files / batch))
  printf '    properties:\n      Batch Size: "%d"\n      Custom Text: |-\n' "$batch"
  awk -v n="$each" 'BEGIN {for (i = 0; i < n; ++i) printf "        %09d the quick brown fox jumps over the lazy dog and runs away from it all, far into the woods.\n", i}'
  printf '  - name: Publish\n    type: PublishKafka\n    auto-terminate: [success, failure]\n'
  printf '    properties:\n      Kafka Connection Service: Topics\n      Topic Name: records\n%s\n' "$each_way"
  printf '  - name: Consume\n    type: ConsumeKafka\n    properties:\n      Kafka Connection Service: Topics\n'
  printf '      Group ID: readers\n      Topics: records\n      Auto Offset Reset: earliest\n'
  [ "$each" = 1 ] || printf '      Processing Strategy: DEMARCATOR\n%s\n' "$each_way"
  printf '  - {name: End, type: UpdateAttribute, properties: {a: b}, auto-terminate: [success]}\nconnections:\n'
  printf '  - {from: Make, relationship: success, to: Publish}\n  - {from: Consume, relationship: success, to: End}\n'
}
# Every record went in and came out, and between those of one FlowFile there is one byte.
log_out() {
  "$program" topics describe records --data "$base/w/data" | grep -qE "^0 .* 0 +$log_records *$" || return 1
  sed -n 's/.*"component":"End".*"in":\([0-9]*\),"inBytes":\([0-9]*\),.*/\1 \2/p' "$base/out" |
    awk -v n="$log_records" -v each="$log_each" '{exit !($2 == n * 100 + (each > 1 ? n - $1 : 0))}'
}

# log_inproc EACH RECORDS DURABILITY
log_inproc() {
  [[ log-inproc == "$prefix"* ]] || return 0
  log_each=$1
  local files=$(($2 / scale / $1 / 100 * 100))
  [ "$files" -gt 0 ] || files=10  # a smoke test's scale leaves less than one batch
  log_records=$((files * log_each))
  log_flow "$log_each" "$files" >"$base/log.yaml"
  flow_file=$base/log.yaml
  work log-inproc "$log_records" records "$3" "\"bytes\":100,\"records_a_flowfile\":$log_each" nothing log_out
  flow_file=
}

# idle: 10,000 processors with nothing to do; CPU over ten seconds, from /proc.
idle() {
  [[ idle == "$prefix"* ]] || return 0
  local count=$((10000 / scale)) pid before after hertz
  rm -rf "$base/w" && mkdir -p "$base/w/in"
  {
    printf 'millrace: 1\nname: idle\nprocessors:\n  - {name: Take, type: GetFile, properties: {Input Directory: %s/w/in, Polling Interval: 1 min}}\n' "$base"
    awk -v n="$count" 'BEGIN {for (i = 1; i < n; ++i) printf "  - {name: Step %d, type: UpdateAttribute, properties: {step: \"%d\"}%s}\n", i, i, i == n - 1 ? ", auto-terminate: [success]" : ""}'
    printf 'connections:\n  - {from: Take, relationship: success, to: Step 1}\n'
    awk -v n="$count" 'BEGIN {for (i = 2; i < n; ++i) printf "  - {from: Step %d, relationship: success, to: Step %d}\n", i - 1, i}'
  } >"$base/idle.yaml"
  "$program" run "$base/idle.yaml" --for 20s --data "$base/w/data" >"$base/out" 2>"$base/err" &
  pid=$!
  sleep 8
  before=$(awk '{print $14 + $15}' "/proc/$pid/stat")
  sleep 10
  after=$(awk '{print $14 + $15}' "/proc/$pid/stat")
  rss=$(awk '/VmRSS/ {printf "%.1f", $2 / 1024}' "/proc/$pid/status")
  hertz=$(getconf CLK_TCK)
  wait "$pid" || { cat "$base/err" >&2; exit 1; }
  awk -v a="$before" -v b="$after" -v h="$hertz" -v m="$rss" -v n="$count" 'BEGIN {
    printf "{\"work\":\"idle\",\"value\":%.2f,\"unit\":\"%% of a core\",\"params\":{\"processors\":%d},\"durability\":\"power\",\"cpu_s\":%.2f,\"rss_mb\":%.1f,\"peer_ratio\":null}\n",
      (b - a) / h * 10, n, (b - a) / h, m }'
}

# start COUNT: a server from its start to the line that says that it serves, with so many processors; the second time, on the
# directory of the first.
start() {
  [[ start == "$prefix"* ]] || return 0
  local count=$(($1 / scale / 2 * 2)) pid began seconds=() cpus=() rsses=()
  [ "$count" -gt 0 ] || count=2
  rm -rf "$base/w" && mkdir "$base/w"
  {
    printf 'millrace: 1\nname: start\nprocessors:\n'
    awk -v n="$count" 'BEGIN {for (i = 0; i < n; i += 2) printf "  - {name: Make %d, type: GenerateFlowFile, schedule: {every: 1 h, runs: 1}}\n  - {name: Tell %d, type: LogMessage, auto-terminate: [success]}\n", i, i}'
    printf 'connections:\n'
    awk -v n="$count" 'BEGIN {for (i = 0; i < n; i += 2) printf "  - {from: Make %d, relationship: success, to: Tell %d}\n", i, i}'
  } >"$base/w/flow.yaml"
  for ((run = 0; run <= runs; ++run)); do
    : >"$base/out"
    began=$(date +%s.%N)
    "$program" server "$base/w/flow.yaml" --data "$base/w/data" --listen 127.0.0.1:0 --kafka off --log-level error \
      >"$base/out" 2>"$base/err" &
    pid=$!
    until grep -q '"ready":true' "$base/out"; do
      kill -0 "$pid" 2>/dev/null || { cat "$base/err" >&2; exit 1; }
      sleep 0.005
    done
    if [ "$run" -gt 0 ]; then
      seconds+=("$(awk -v a="$began" -v b="$(date +%s.%N)" 'BEGIN {print b - a}')")
      cpus+=("$(awk -v h="$(getconf CLK_TCK)" '{print ($14 + $15) / h}' "/proc/$pid/stat")")
      rsses+=("$(awk '/VmRSS/ {printf "%.1f", $2 / 1024}' "/proc/$pid/status")")
    fi
    kill -TERM "$pid"
    wait "$pid" || { cat "$base/err" >&2; exit 1; }
  done
  awk -v t="$(printf '%s\n' "${seconds[@]}" | median)" -v n="$count" -v cpu="$(printf '%s\n' "${cpus[@]}" | median)" \
    -v m="$(printf '%s\n' "${rsses[@]}" | median)" 'BEGIN {
      printf "{\"work\":\"start\",\"value\":%.3f,\"unit\":\"s\",\"params\":{\"processors\":%d},\"durability\":\"power\",\"cpu_s\":%.2f,\"rss_mb\":%.1f,\"peer_ratio\":null}\n", t, n, cpu, m }'
}

for attributes in 0 10 50; do curve "$attributes" 0 3 1000000; done
for bytes in 100 10000; do curve 0 "$bytes" 3 500000; done
curve 0 1000000 3 2000
for length in 1 10 100; do curve 0 0 "$length" $((1000000 / length)); done
for queued in 10 1000 100000 10000000; do depth "$queued"; done
work big-file "$big_bytes" bytes power '"content":"adopted"' make_big check_big copy_big
work big-file-kept "$big_bytes" bytes power '"content":"copied"' make_big check_big copy_big
rm -f "$base/big"
for durability in process power; do
  log_inproc 100 2000000 "$durability"
  log_inproc 1 500000 "$durability"
done
start 10
start 10000
idle

# latency: what an idle engine takes to answer.
if [[ latency == "$prefix"* ]]; then
  for durability in process power; do "$here/latency.py" "$program" "$durability" $((2000 / scale)); done
fi

# watched, status, listing, search: what it costs to look at a server.
for looked in watched status listing search; do
  if [[ $looked == "$prefix"* ]]; then "$here/server.py" "$program" "$scale" "$looked"; fi
done

# log-produce, log-latency, log-recovery, log-memory, log-compaction: the log, loaded by librdkafka.
load=$(dirname "$program")/../bench/log_load
for loaded in log-produce log-latency log-recovery log-memory log-compaction; do
  if [[ $loaded == "$prefix"* ]]; then "$here/log.py" "$program" "$load" "$scale" "$loaded"; fi
done
