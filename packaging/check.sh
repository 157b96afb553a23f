#!/usr/bin/env bash
# check.sh PACKAGES ROOT: proves the packages in a copy of a Debian 12 tree, which is not changed itself. Needs root.
set -euo pipefail
packages=$(realpath "$1")
root=$(realpath "$2")
work=$(mktemp -d "${TMPDIR:-/var/tmp}/millrace-packages.XXXXXX")
copy=$work/tree
agent=
trap '[ -z "$agent" ] || kill "$agent" 2>/dev/null || true; umount -q "$copy/proc" || true; umount -q "$copy" || true; rm -rf --one-file-system "$work"' EXIT
fail() { echo "packages: $*" >&2; exit 1; }

chmod 755 "$work"  # for the users of the services
mkdir "$copy" "$work/changes" "$work/scratch"
# What is changed is written beside the tree, where the system can do that.
if ! mount -t overlay overlay -o "lowerdir=$root,upperdir=$work/changes,workdir=$work/scratch" "$copy" 2>/dev/null; then
  for part in bin boot dev etc lib lib64 opt run sbin srv usr var; do
    [ ! -e "$root/$part" ] || cp -a --reflink=auto "$root/$part" "$copy/"
  done
fi
chmod 755 "$copy"
mkdir -p "$copy/proc" "$copy/tmp" "$copy/root"
mount -t proc proc "$copy/proc"
cp -f /etc/resolv.conf "$copy/etc/resolv.conf"
printf '#!/bin/sh\nexit 101\n' >"$copy/usr/sbin/policy-rc.d"
chmod +x "$copy/usr/sbin/policy-rc.d"
cp "$packages"/*.deb "$copy/tmp/"
inside() { chroot "$copy" /usr/bin/env DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 HOME=/root "$@"; }
# as_unit UNIT OUTPUT: what systemd would run, in the background; its output in OUTPUT. The lines of EnvironmentFile are no
# shell: a value is the whole rest of its line. Of ExecStart $NAME alone becomes words.
as_unit() {
  (exec chroot "$copy" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 sh -c '
    unit=/usr/lib/systemd/system/$1.service
    file=$(sed -n "s/^EnvironmentFile=-*//p" $unit)
    while IFS= read -r line; do
      case $line in [A-Z]*=*) export "${line%%=*}=${line#*=}" ;; esac
    done <"$file"
    user=$(sed -n "s/^User=//p" $unit)
    eval "set -- $(sed -n "s/^ExecStart=//p" $unit)"
    exec setpriv --reuid="$user" --regid="$user" --clear-groups "$@"' - "$1") >"$copy$2" 2>&1 &
}
# wait_for TEXT OUTPUT
wait_for() {
  for _ in $(seq 100); do
    ! grep -q -- "$1" "$copy$2" || return 0
    sleep 0.1
  done
  cat "$copy$2" >&2
  return 1
}
listing() { (cd "$copy" && find etc usr/bin usr/lib/systemd usr/share/doc/millrace* usr/share/applications var/lib -name '*millrace*' 2>/dev/null | sort) || true; }

inside apt-get update -qq
inside sh -c 'apt-get install -y -qq --no-install-recommends /tmp/*.deb' >"$copy/tmp/log" 2>&1 || { cat "$copy/tmp/log" >&2; fail "they cannot be installed"; }
for unit in millrace millrace-agent; do
  # The program of the unit must be there, in the tree.
  systemd-analyze verify --man=no --recursive-errors=no --root="$copy" "/usr/lib/systemd/system/$unit.service" ||
    fail "$unit.service is not sound"
  inside stat -c '%U %a' "/var/lib/$unit" | grep -qx "$unit 700" || fail "/var/lib/$unit is open to others"
done
for program in millrace millrace-agent; do inside "$program" --version; done
inside millrace check-config /etc/millrace/server.yaml >/dev/null
inside millrace-agent --config /etc/millrace-agent/flow.yaml --validate
QT_QPA_PLATFORM=offscreen inside millrace-studio --version >/dev/null || fail "Studio does not start"
for file in applications/millrace-studio.desktop icons/hicolor/scalable/apps/millrace-studio.svg mime/packages/millrace-studio.xml; do
  [ -s "$copy/usr/share/$file" ] || fail "$file is missing: a double click does not open Studio"
done
# As the services run it: as that user, with those settings.
inside sh -c 'setpriv --reuid=millrace --regid=millrace --clear-groups \
    millrace server --config /etc/millrace/server.yaml --listen 127.0.0.1:0 --kafka off >/tmp/ready & pid=$!
  for i in $(seq 100); do grep -q ready /tmp/ready && break; sleep 0.1; done
  kill -TERM $pid; wait $pid && grep -q ready /tmp/ready' || fail "the server does not serve, or does not stop"

# The agent as its unit says, with the file of its environment: nothing set in it, then options and a token.
inside stat -c '%U %a' /etc/default/millrace-agent | grep -qx 'root 600' || fail "the token of the agent could be read by others"
shipped=$(cat "$copy/etc/default/millrace-agent")
as_unit millrace-agent /tmp/plain
agent=$!
for _ in $(seq 100); do [ ! -e "$copy/var/lib/millrace-agent/store" ] || break; sleep 0.1; done
kill -TERM $agent && wait $agent || { cat "$copy/tmp/plain" >&2; fail "the agent does not run, or does not stop"; }
printf '%s\n' "MILLRACE_AGENT_OPTIONS=--s2s 127.0.0.1:0 --c2 http://127.0.0.1:9/c2/api --c2-class rivers --c2-id packaged" \
  'MILLRACE_C2_TOKEN=of-the-packaged-one' >"$copy/etc/default/millrace-agent"
as_unit millrace-agent /tmp/told
agent=$!
wait_for "reports to http://127.0.0.1:9/.* as 'packaged'" /tmp/told && wait_for 'site-to-site' /tmp/told ||
  fail "the agent does not do what the file of its environment says"
! tr '\0' ' ' <"/proc/$agent/cmdline" | grep -q of-the-packaged-one || fail "the agent's token can be seen by others"
kill -TERM $agent && wait $agent || fail "the agent does not stop"
agent=
printf '%s\n' "$shipped" >"$copy/etc/default/millrace-agent"

inside sh -c 'dpkg -r millrace-studio millrace-agent millrace' >/dev/null
[ -e "$copy/etc/default/millrace-agent" ] && [ -e "$copy/etc/millrace/server.yaml" ] && [ -d "$copy/var/lib/millrace" ] || fail "removing took data or settings"
[ ! -e "$copy/usr/bin/millrace" ] || fail "removing left the program"
inside sh -c 'dpkg -P millrace-studio millrace-agent millrace' >/dev/null
left=$(listing | grep -v '^var/lib/dpkg' || true)
[ -z "$left" ] || fail "purging left $left"
! inside getent passwd millrace >/dev/null || fail "purging left a user"
echo "packages: installed, run, removed and purged in a copy of $root"
