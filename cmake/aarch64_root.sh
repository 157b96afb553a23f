#!/usr/bin/env bash
# aarch64_root.sh LIST ROOT: unpacks the packages that LIST names with :arm64, and all that they depend on, into ROOT.
# Debian's own tools read Debian's own sources, in folders of this script: the machine and its list of packages stay as
# they are, and nobody needs to be root.
set -euo pipefail
list=$(realpath "$1")
root=$2
cmp -s "$list" "$root/made-of" && exit
made=$root.new  # what breaks off leaves nothing that looks whole
rm -rf "$made"
mkdir -p "$made"
made=$(realpath "$made")
work=$made/apt
mkdir -p "$work/state/lists/partial" "$work/cache/archives/partial"
: >"$work/status"  # nothing is installed there
mapfile -t packages < <(sed 's/#.*//' "$list" | awk '/:arm64$/ {print $1}')
options=(-qq -o APT::Architecture=arm64 -o APT::Architectures::=arm64 -o "Dir::State=$work/state" -o "Dir::Cache=$work/cache"
         -o "Dir::State::status=$work/status" -o Debug::NoLocking=1 -o APT::Sandbox::User= -o APT::Get::List-Cleanup=0)
apt-get "${options[@]}" update >&2
apt-get "${options[@]}" install -y --no-install-recommends --download-only "${packages[@]}" >&2
for package in "$work"/cache/archives/*.deb; do dpkg-deb -x "$package" "$made"; done
rm -rf "$work" "$root"
cp "$list" "$made/made-of"
mv "$made" "$root"
