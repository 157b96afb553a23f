#!/usr/bin/env bash
# agent_archive.sh BINARY FOLDER: the agent as an archive for systems without packages. The same files give the same bytes.
set -euo pipefail
binary=$(realpath "$1")
folder=$(realpath "$2")
cd "$(dirname "$0")/.."
version=$("$binary" --version | awk '{print $2}')
name=millrace-agent-$version-linux-$(uname -m)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/$name"
strip -s -o "$work/$name/millrace-agent" "$binary"
cp LICENSE docs/agent.md packaging/millrace-agent.service "$work/$name/"
cp packaging/agent-flow.yaml "$work/$name/flow.yaml"
tar -C "$work" --sort=name --owner=0 --group=0 --numeric-owner --mtime="@$(git log -1 --format=%ct)" -cf - "$name" |
  gzip -9n >"$folder/$name.tar.gz"
