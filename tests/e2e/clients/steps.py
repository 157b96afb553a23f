# SPDX-License-Identifier: Apache-2.0
# What the clients in Python are told, and how they tell what came of it: each step is a line,
# "ok STEP CODEC" or "failed STEP CODEC: why".
import sys

verb, address, protocol, mechanism, ca, topic = sys.argv[1:7]
proves = protocol.startswith("SASL")
encrypts = protocol.endswith("SSL")
CODECS = ["none", "gzip", "snappy", "lz4", "zstd"]


def step(name, codec, work):
    try:
        work()
        print("ok", name, codec, flush=True)
    except Exception as problem:
        print("failed %s %s: %r" % (name, codec, problem), flush=True)
