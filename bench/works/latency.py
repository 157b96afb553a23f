#!/usr/bin/env python3
"""What an idle engine takes to answer, from outside: one JSON object a line, as run.sh prints them.

  latency.py PROGRAM DURABILITY COUNT   datagrams, one every 5 ms, through five processors and back; the same through an
                                        echo of a few lines in a process of its own beside it
"""
import json
import os
import resource
import socket
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ECHO = """
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(('127.0.0.1', int(sys.argv[1])))
while True:
    s.sendto(s.recv(65536), ('127.0.0.1', int(sys.argv[2])))
"""


def datagrams():
    end = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    end.bind(("127.0.0.1", 0))
    end.settimeout(0.2)
    return end


def free_port():
    with datagrams() as end:
        return end.getsockname()[1]


def round_trips(end, port, count):
    """Microseconds of each; the first answers, until the other side listens, do not count."""
    deadline = time.monotonic() + 30
    while True:
        end.sendto(b"awake?", ("127.0.0.1", port))
        try:
            end.recv(100)
            break
        except (TimeoutError, ConnectionError):
            if time.monotonic() > deadline:
                sys.exit("no answer")
    time.sleep(1)
    end.settimeout(0)
    try:
        while end.recv(100):
            pass
    except BlockingIOError:
        end.settimeout(5)
    taken = []
    for number in range(count):
        text = b"message %d" % number
        before = time.perf_counter_ns()
        end.sendto(text, ("127.0.0.1", port))
        answer = end.recv(100)
        taken.append((time.perf_counter_ns() - before) / 1000)
        if answer != text:
            sys.exit("another answer than was asked for: %r" % answer)
        time.sleep(0.005)
    return sorted(taken)


def figures(taken):
    return {"p50_us": round(taken[len(taken) // 2]), "p99_us": round(taken[len(taken) * 99 // 100])}


def line(work, value, unit, params, durability, cpu, rss, ratio=None):
    print(json.dumps({"work": work, "value": value, "unit": unit, "params": params, "durability": durability,
                      "cpu_s": round(cpu, 2), "rss_mb": round(rss, 1), "peer_ratio": ratio}), flush=True)


def resident(process):
    with open(f"/proc/{process}/status") as status:
        return next(int(row.split()[1]) / 1024 for row in status if row.startswith("VmRSS"))


def children():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def latency(program, durability, count):
    end = datagrams()
    port = free_port()
    back = end.getsockname()[1]
    with subprocess.Popen([sys.executable, "-c", ECHO, str(port), str(back)]) as echo:
        floor = figures(round_trips(end, port, count))
        echo.kill()
    with tempfile.TemporaryDirectory() as folder:
        before = children()
        with subprocess.Popen([program, "run", os.path.join(HERE, "latency.yaml"), "--data", folder + "/data",
                               "--durability", durability, "--for", "600s", "--param", f"in={port}", "--param",
                               f"out={back}"], stdout=subprocess.DEVNULL) as engine:
            found = figures(round_trips(end, port, count))
            rss = resident(engine.pid)
            engine.terminate()
        line("latency", found["p50_us"], "us", {**found, "echo_p50_us": floor["p50_us"], "echo_p99_us": floor["p99_us"],
             "messages": count}, durability, children() - before, rss, round(floor["p50_us"] / found["p50_us"], 2))


if __name__ == "__main__":
    latency(os.path.abspath(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
