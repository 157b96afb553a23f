#!/usr/bin/env bash
# Makes an archive of a data directory as this version writes it, for tests/e2e/upgrade_test:
#   tests/e2e/golden/make.sh build/bin/millrace tests/e2e/golden/data-N.tar.gz
# The server is stopped once, and killed at the end, so that whoever opens it recovers a journal.
set -euo pipefail
program=$(realpath "$1")
archive=$(cd "$(dirname "$2")" && pwd)/$(basename "$2")
here=$(cd "$(dirname "$0")" && pwd)
folder=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill -KILL "$server" 2>/dev/null || true; rm -rf "$folder"' EXIT
cd "$folder"
cp "$here/flow.yaml" flow.yaml
serve() {
  : >out
  "$program" server flow.yaml --data data --listen 127.0.0.1:0 --kafka 127.0.0.1:0 --archive 3650d >out 2>err &
  server=$!
  until grep -q '"ready":true' out; do
    kill -0 "$server" || { cat err >&2; exit 1; }
    sleep 0.05
  done
  url=http://$(sed 's/.*"http":"\([^"]*\)".*/\1/' out)
  kafka=$(sed 's/.*"kafka":"\([^"]*\)".*/\1/' out)
}
# id LIST KEY VALUE: of the first component in that list of the flow with that value.
id() {
  curl -sf "$url/api/v1/flow" |
    python3 -c "import json,sys; print([c['id'] for c in json.load(sys.stdin)['flow']['$1'] if c['$2'] == '$3'][0])"
}
once() {
  curl -sf "$url/api/v1/actions" -d "{\"action\":\"run-once\",\"ids\":[\"$(id processors name "$1")\"]}" | grep -q '"failed":\[\]'
}
change() { curl -sf "$url/api/v1/changes" -d "{\"who\":\"smith\",\"changes\":[$1]}" >/dev/null; }
serve
once Make
once Large
once Odd
once Count  # a slice takes all that waits
seq -f 'record %g' 5 | "$program" produce golden --bootstrap "$kafka"
"$program" consume golden --bootstrap "$kafka" --group readers --from beginning --count 3 >/dev/null
curl -sf -X PUT "$url/api/v1/secrets/password" -d '{"value":"golden secret"}' >/dev/null
kill -TERM "$server"
wait "$server"
serve
once Gone
change "{\"op\":\"update\",\"id\":\"$(id processors name Hold)\",\"value\":{\"comment\":\"golden comment\"}}"
change "{\"op\":\"delete\",\"id\":\"$(id connections from Gone)\"}"
echo 'golden password' | "$program" add-user ann --role modify --data data 2>/dev/null
sleep 1  # what is answered is durable; the figures over time are written each second
kill -KILL "$server"
wait "$server" 2>/dev/null || true
server=
rm -f data/lock
tar -czf "$archive" --owner=0 --group=0 flow.yaml data
