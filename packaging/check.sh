#!/usr/bin/env bash
# check.sh PACKAGES ROOT: proves the packages in a copy of a Debian 12 tree, which is not changed itself. Needs root.
set -euo pipefail
packages=$(realpath "$1")
root=$(realpath "$2")
work=$(mktemp -d "${TMPDIR:-/var/tmp}/millrace-packages.XXXXXX")
copy=$work/tree
trap 'umount -q "$copy/proc" || true; umount -q "$copy" || true; rm -rf --one-file-system "$work"' EXIT
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

inside sh -c 'dpkg -r millrace-studio millrace-agent millrace' >/dev/null
[ -e "$copy/etc/millrace/server.yaml" ] && [ -d "$copy/var/lib/millrace" ] || fail "removing took data or settings"
[ ! -e "$copy/usr/bin/millrace" ] || fail "removing left the program"
inside sh -c 'dpkg -P millrace-studio millrace-agent millrace' >/dev/null
left=$(listing | grep -v '^var/lib/dpkg' || true)
[ -z "$left" ] || fail "purging left $left"
! inside getent passwd millrace >/dev/null || fail "purging left a user"
echo "packages: installed, run, removed and purged in a copy of $root"
