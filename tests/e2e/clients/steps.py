# SPDX-License-Identifier: Apache-2.0
# What the clients in Python are told, and how they tell what came of it: each step is a line,
# "ok STEP CODEC" or "failed STEP CODEC: why". MECHANISM is one of SASL's, empty, or "certificate":
# the client then shows ann.pem, with its key in ann.key, which lie beside CA.
import os
import sys

verb, address, protocol, mechanism, ca, topic = sys.argv[1:7]
proves = protocol.startswith("SASL")
encrypts = protocol.endswith("SSL")
certificate = os.path.join(os.path.dirname(ca), "ann.pem") if mechanism == "certificate" else None
key = os.path.join(os.path.dirname(ca), "ann.key") if certificate else None
CODECS = ["none", "gzip", "snappy", "lz4", "zstd"]


def step(name, codec, work):
    try:
        work()
        print("ok", name, codec, flush=True)
    except Exception as problem:
        print("failed %s %s: %r" % (name, codec, problem), flush=True)
