#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How small millrace-agent is: its file, its libraries, its memory, its start, its idling.

    bench/size/measure.py PROGRAM        PROGRAM with its symbols, as the edge preset builds it

One JSON object a line on stdout, each figure beside its budget; the tables go to stderr. Data goes to a
fresh folder under TMPDIR, which must not be a tmpfs. What is moved is compared with what should be.
"""
import json
import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

TICKS = os.sysconf("SC_CLK_TCK")
MB = 1e6

IDLE = """millrace: 1
name: idle
processors:
  - name: Follow
    type: TailFile
    properties: {File to Tail: log}
    schedule: {every: 1 s}
  - name: Name
    type: UpdateAttribute
    properties: {filename: log}
  - name: Keep
    type: PutFile
    properties: {Directory: out, Conflict Resolution Strategy: append}
    auto-terminate: [success, failure]
connections:
  - {from: Follow, relationship: success, to: Name}
  - {from: Name, relationship: success, to: Keep}
"""
# Without a timer of its own: nothing is done before somebody connects.
QUIET = """millrace: 1
name: quiet
processors:
  - name: Listen
    type: ListenTCP
    properties: {Port: '0'}
  - name: Keep
    type: PutFile
    properties: {Directory: out}
    auto-terminate: [success, failure]
connections:
  - {from: Listen, relationship: success, to: Keep}
"""
FIRST = """millrace: 1
name: first
processors:
  - name: Make
    type: GenerateFlowFile
    properties: {Custom Text: hello}
    schedule: {runs: 1}
  - name: Keep
    type: PutFile
    properties: {Directory: out}
    auto-terminate: [success, failure]
connections:
  - {from: Make, relationship: success, to: Keep}
"""

# Whose a symbol is, by its demangled name: the first that fits.
OWNERS = [
    ("zstd", r"^(ZSTD|HUF_|FSE_|HIST_|XXH|POOL_|ZDICT|COVER)"),
    ("pcre2", r"^_?pcre2|^(ucd_|ucp_|utt)"),
    ("lzma", r"^lzma_"),
    ("bzip2", r"^BZ2?_"),
    ("lz4", r"^LZ4"),
    ("zlib", r"^(deflate|inflate|crc32|adler32|_tr_|zcalloc|zcfree|z_|gz|compress|uncompress)"),
    ("snappy", r"snappy::"),
    ("http_parser", r"^http_(parser|method|errno|status|body|message)"),
    ("yaml-cpp", r"YAML::"),
    ("asio", r"asio::"),
    ("fmt", r"fmt::"),
    ("nlohmann json", r"nlohmann::"),
    ("ours: processors", r"millrace::processors::"),
    ("ours: expression", r"millrace::expression::"),
    ("ours: flow", r"millrace::flow::"),
    ("ours: network", r"millrace::net::"),
    ("ours: engine", r"millrace::engine::"),
    ("ours: repositories", r"millrace::(repo|segment)::"),
    ("ours: the rest", r"millrace"),
    ("C++ runtime", r"^(std::|__cxa|__gnu|operator |vtable for std|typeinfo|guard variable|_Unwind|d_|uw_|execute_)"),
]


def say(name, value, unit, budget=None, **params):
    line = {"work": "agent", "figure": name, "value": value, "unit": unit}
    if budget is not None:
        line["budget"] = budget
        line["kept"] = value <= budget
    line.update(params)
    print(json.dumps(line), flush=True)


def note(text):
    print(text, file=sys.stderr, flush=True)


def output(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


class Agent:
    """The program running a flow in a folder of its own."""

    def __init__(self, program, base, flow):
        self.folder = tempfile.mkdtemp(dir=base)
        with open(os.path.join(self.folder, "flow.yaml"), "w", encoding="utf-8") as file:
            file.write(flow)
        self.program = program
        self.process = None

    def path(self, name):
        return os.path.join(self.folder, name)

    def start(self, *more):
        self.process = subprocess.Popen(
            [self.program, "--config", "flow.yaml", "--data", "data", *more], cwd=self.folder,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        _, err = self.process.communicate(timeout=60)
        if self.process.returncode != 0:
            sys.exit(f"the agent ended with {self.process.returncode}: {err.decode()}")

    def memory(self):
        """Resident and proportional bytes."""
        text = open(f"/proc/{self.process.pid}/smaps_rollup", encoding="ascii").read()
        return [int(re.search(rf"^{key}:\s+(\d+) kB", text, re.M).group(1)) * 1024 for key in ("Rss", "Pss")]

    def seconds(self):
        fields = open(f"/proc/{self.process.pid}/stat", encoding="ascii").read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def wakes(self):
        """How often any of its threads went to sleep."""
        folder = f"/proc/{self.process.pid}/task"
        texts = (open(f"{folder}/{task}/status", encoding="ascii").read() for task in os.listdir(folder))
        return sum(int(re.search(r"^voluntary_ctxt_switches:\s+(\d+)", text, re.M).group(1)) for text in texts)

    def threads(self):
        return len(os.listdir(f"/proc/{self.process.pid}/task"))


def wait_for(condition, what, patience=60.0, step=0.01):
    end = time.monotonic() + patience
    while not condition():
        if time.monotonic() > end:
            sys.exit(f"{what} did not happen within {patience} s")
        time.sleep(step)


def file_figures(program, base):
    small = os.path.join(base, "stripped")
    subprocess.run(["strip", "-s", "-o", small, program], check=True)
    types = output(program, "--processors").split("\n")
    note("processors and services: " + ", ".join(filter(None, types)))
    say("stripped size", os.path.getsize(small), "B", 3_200_000, types=len(list(filter(None, types))))
    needed = re.findall(r"NEEDED.*\[(.*)\]", output("readelf", "-d", small))
    say("libraries needed", len(needed), "count", names=needed)
    for name in ("libssl.so.3", "libcrypto.so.3"):
        for folder in ("/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64", "/lib"):
            library = os.path.join(folder, name)
            if os.path.exists(library):
                say("loaded for TLS only", os.path.getsize(library), "B", library=name)
                break
    sections = {}
    for name, size in re.findall(r"^(\.\S+)\s+(\d+)\s+\d+$", output("size", "-A", "-d", small), re.M):
        sections[name] = int(size)
    note("\nsection                 bytes")
    for name, size in sorted(sections.items(), key=lambda item: -item[1])[:10]:
        note(f"{name:<20} {size:>8}")
    owners = {}
    for line in output("nm", "-S", "-C", "--defined-only", program).split("\n"):
        match = re.match(r"^[0-9a-f]+ ([0-9a-f]+) [tTrRdDwWvVuVnN] (.*)$", line)
        if match is None:
            continue
        name = match.group(2)
        owner = next((owner for owner, pattern in OWNERS if re.search(pattern, name)), "others")
        owners[owner] = owners.get(owner, 0) + int(match.group(1), 16)
    note("\nowner                   bytes   (symbols; tables for unwinding and relocations are no one's)")
    for name, size in sorted(owners.items(), key=lambda item: -item[1]):
        note(f"{name:<20} {size:>8}")
    return small


def idle_figures(program, base):
    agent = Agent(program, base, IDLE)
    open(agent.path("log"), "w", encoding="ascii").close()
    agent.start()
    wait_for(lambda: os.path.exists(agent.path("data/names")), "the start")
    time.sleep(3)
    before = agent.seconds()
    begin = time.monotonic()
    time.sleep(20)
    spent = agent.seconds() - before
    percent = round(100 * spent / (time.monotonic() - begin), 2)
    rss, pss = agent.memory()
    say("idle, resident", rss, "B", 8_000_000, threads=agent.threads())
    say("idle, proportional", pss, "B")
    say("idle, CPU", percent, "%", 0)
    agent.stop()


def quiet_figures(program, base):
    agent = Agent(program, base, QUIET)
    agent.start()
    wait_for(lambda: os.path.exists(agent.path("data/names")), "the start")
    time.sleep(15)  # what it wrote about itself can be searched by then
    before = agent.wakes()
    time.sleep(20)
    say("idle without a timer, wakes over 20 s", agent.wakes() - before, "count", 0)
    agent.stop()


def tail_figures(program, base, seconds=10, rate=10 * MB):
    agent = Agent(program, base, IDLE.replace("every: 1 s", "every: 20 ms"))
    line = (b"0123456789" * 10)[:99] + b"\n"
    piece = line * 1000
    written = 0
    peaks = []
    with open(agent.path("log"), "wb", buffering=0) as log:
        agent.start()
        wait_for(lambda: os.path.exists(agent.path("data/names")), "the start")
        begin = time.monotonic()
        while time.monotonic() - begin < seconds:
            while written < rate * (time.monotonic() - begin):
                written += log.write(piece)
            peaks.append(agent.memory()[0])
            time.sleep(0.02)
        took = time.monotonic() - begin

        def size():
            try:
                return os.path.getsize(agent.path("out/log"))
            except FileNotFoundError:
                return 0

        wait_for(lambda: size() == written, "the last line")
    spent = agent.seconds()
    agent.stop()
    say("resident while tailing", max(peaks), "B", 16_000_000, rate_mb_s=round(written / took / MB, 1),
        cpu_percent=round(100 * spent / took, 1), median=int(statistics.median(peaks)))


def start_figures(program, base, runs=11):
    times = []
    for _ in range(runs):
        agent = Agent(program, base, FIRST)
        begin = time.monotonic()
        agent.start()

        def arrived():
            try:
                return any(not name.startswith(".") for name in os.listdir(agent.path("out")))
            except FileNotFoundError:
                return False

        wait_for(arrived, "the first FlowFile", step=0.0002)
        times.append(time.monotonic() - begin)
        agent.stop()
    say("start to the first FlowFile's file", round(1000 * statistics.median(times), 1), "ms", 20,
        fastest=round(1000 * min(times), 1), runs=runs, durability="power")


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    base = tempfile.mkdtemp(prefix="millrace-size-", dir=os.environ.get("TMPDIR", "/tmp"))
    try:
        small = file_figures(os.path.realpath(sys.argv[1]), base)
        idle_figures(small, base)
        quiet_figures(small, base)
        tail_figures(small, base)
        start_figures(small, base)
        note("\nMiNiFi C++ on such a machine: 12.8 MB stripped and 11.4 MB of RocksDB; idle 32-33 MB resident, 25-28 MB "
             "proportional, 0.2 % CPU; start 68-77 ms.")
    finally:
        shutil.rmtree(base, ignore_errors=True)


main()
