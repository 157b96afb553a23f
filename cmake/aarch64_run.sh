#!/bin/sh
# aarch64_run.sh ARGUMENT...: runs the agent that ./dev aarch64 built, by qemu and with the libraries of that architecture.
build=$(dirname "$(readlink -f "$0")")/../build
exec qemu-aarch64-static -L "$build/aarch64-root" "$build/bin/millrace-agent-aarch64" "$@"
