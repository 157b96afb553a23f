#!/usr/bin/env python3
"""What the log costs its clients, from outside, with librdkafka: one JSON object a line, as run.sh prints them.

  log.py PROGRAM LOAD SCALE [WORK...]      LOAD: the program log_load

  log-produce, log-consume   each size, acks, codec and number of partitions; beside librdkafka's mock in a process of its own
  log-latency                from when a message was due to when it was consumed and acknowledged, at a given rate
  log-recovery               a server that was killed, until it serves again, a GB of log
  log-memory                 1,000 partitions: resident before, with them, with records in each
  log-compaction             a topic in which most records are old ones of their keys: CPU, time, what is left
"""
import json
import os
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from server import Server, line

MOCK_KEEPS = 5 << 20  # bytes of a partition, and drops what is older: it is no peer for reading


class LogServer(Server):
    """One with a log on a free port; ends with the block."""

    def __init__(self, program, folder):
        self.program, self.folder, self.address = program, folder, "127.0.0.1:0"
        self.start()

    def start(self):
        began = time.monotonic()
        self.process = subprocess.Popen(
            [self.program, "server", "--data", self.folder + "/data", "--listen", "off", "--kafka", self.address,
             "--log-level", "error"], stdout=subprocess.PIPE, text=True)
        self.address = json.loads(self.process.stdout.readline())["kafka"]
        return time.monotonic() - began

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()

    def make(self, topic, partitions, *configs):
        settings = [part for config in configs for part in ("--config", config)]
        subprocess.run([self.program, "topics", "create", topic, "--partitions", str(partitions), "--bootstrap", self.address,
                        *settings], check=True, stdout=subprocess.DEVNULL)

    def remove(self, topic):
        subprocess.run([self.program, "topics", "delete", topic, "--bootstrap", self.address], check=True,
                       stdout=subprocess.DEVNULL)


def load(program, *words):
    done = subprocess.run([program, *map(str, words)], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"log_load {' '.join(map(str, words))}: {done.stderr.strip()}")
    return json.loads(done.stdout)


def produced_by_mock(client, partitions, count, size, acks, codec):
    mock = subprocess.Popen([client, "mock", "mocked", str(partitions)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        address = json.loads(mock.stdout.readline())["address"]
        return load(client, "produce", address, "mocked", partitions, count, size, acks, codec, 5)["seconds"]
    finally:
        mock.stdin.close()
        mock.wait()


def size_of(folder):
    return sum(os.stat(os.path.join(at, name)).st_blocks * 512 for at, _, names in os.walk(folder) for name in names)


def throughput(program, client, scale, folder):
    with LogServer(program, folder) as server:
        for size in (100, 1000, 10000):
            count = max(min(1000000, 100000000 // size) // scale, 100)
            for partitions in (1, 6, 100):
                for codec in ("none", "lz4", "zstd"):
                    for acks in ("0", "1", "all"):
                        server.make("loaded", partitions)
                        params = {"bytes": size, "acks": acks, "codec": codec, "partitions": partitions}
                        before = server.cpu()
                        taken = load(client, "produce", server.address, "loaded", partitions, count, size, acks, codec, 5)["seconds"]
                        cpu = server.cpu() - before
                        peer = produced_by_mock(client, partitions, count, size, acks, codec)
                        line("log-produce", round(count / taken), "messages/s", params, cpu, server.rss(), round(peer / taken, 2))
                        before = server.cpu()
                        taken = load(client, "consume", server.address, "loaded", partitions, count, size)["seconds"]
                        line("log-consume", round(count / taken), "messages/s", params, server.cpu() - before, server.rss())
                        server.remove("loaded")


def latency(program, client, scale, folder):
    seconds = max(10 // scale, 1)
    with LogServer(program, folder) as server:
        for rate in (10000, 100000):
            for size in (100, 1000):
                for acks in ("1", "all"):
                    server.make("timed", 1)
                    before = server.cpu()
                    taken = load(client, "latency", server.address, "timed", rate, seconds, size, acks, 0)
                    line("log-latency", taken["end_us"]["p50"], "us",
                         {"messages_a_second": rate, "bytes": size, "acks": acks, **taken}, server.cpu() - before, server.rss())
                    server.remove("timed")


def recovery(program, client, scale, folder):
    size, partitions = 1000, 6
    count = 2000000 // scale
    with LogServer(program, folder) as server:
        server.make("kept", partitions)
        load(client, "produce", server.address, "kept", partitions, count, size, "1", "none", 5)
        server.kill()
        bytes_kept = size_of(folder + "/data/log")
        killed = server.start()
        cpu, rss = server.cpu(), server.rss()
        load(client, "consume", server.address, "kept", partitions, count, size)
        server.process.terminate()
        server.process.wait()
        clean = server.start()
        line("log-recovery", round((killed - clean) / bytes_kept * 1e9, 3), "s a GB",
             {"gb": round(bytes_kept / 1e9, 2), "seconds": round(killed, 3), "seconds_after_a_clean_stop": round(clean, 3)}, cpu, rss)


def memory(program, client, scale, folder):
    partitions = max(1000 // scale, 10)
    with LogServer(program, folder) as server:
        before = server.rss()
        server.make("many", partitions)
        made = server.rss()
        count = partitions * 100
        load(client, "produce", server.address, "many", partitions, count, 1000, "all", "none", 5)
        load(client, "consume", server.address, "many", partitions, count, 1000)
        files = len(os.listdir(f"/proc/{server.process.pid}/fd"))
        line("log-memory", round(server.rss() - before, 1), "MB",
             {"partitions": partitions, "rss_before_mb": round(before, 1), "rss_made_mb": round(made, 1), "files_open": files},
             server.cpu(), server.rss())


def compaction(program, client, scale, folder):
    """Of the records of a partition, 50 of 51 have a key that comes again."""
    keys = max(20000 // scale, 100)
    lines = b"".join(b"key%d|%s\n" % (i % keys, b"the quick brown fox jumps over the lazy dog " * 2) for i in range(keys * 51))
    with LogServer(program, folder) as server:
        server.make("compacted", 1, "cleanup.policy=compact", "segment.bytes=1048576", "min.cleanable.dirty.ratio=0.01")
        subprocess.run([program, "produce", "compacted", "--key-separator", "|", "--bootstrap", server.address], input=lines,
                       check=True, stdout=subprocess.DEVNULL)
        where = folder + "/data/log"
        before, cpu, began = size_of(where), server.cpu(), time.monotonic()
        seen, since = before, began
        # It is done when nothing went for as long as two looks of the log at what may be compacted.
        while time.monotonic() - since < 40 and time.monotonic() - began < 180:
            time.sleep(1)
            if size_of(where) < seen:
                seen, since = size_of(where), time.monotonic()
        if seen > before / 3:
            sys.exit(f"log-compaction: {seen} bytes of {before} are left")
        line("log-compaction", round((server.cpu() - cpu) / before * 1e9, 2), "s of CPU a GB",
             {"records": keys * 51, "keys": keys, "mb_before": round(before / 1e6, 1), "mb_after": round(seen / 1e6, 1),
              "seconds": round(since - began, 1)}, server.cpu() - cpu, server.rss())


if __name__ == "__main__":
    works = {"log-produce": throughput, "log-latency": latency, "log-recovery": recovery, "log-memory": memory,
             "log-compaction": compaction}
    for name in sys.argv[4:] or works:
        with tempfile.TemporaryDirectory(prefix="millrace-log-", dir=os.environ.get("TMPDIR", "/tmp")) as place:
            works[name](sys.argv[1], sys.argv[2], int(sys.argv[3]), place)
