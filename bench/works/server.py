#!/usr/bin/env python3
"""What it costs to look at a server, from outside: one JSON object a line, as run.sh prints them.

  server.py PROGRAM SCALE [WORK...]

  watched   the events of 1,000 processors that work once a second, read by 50 clients: CPU beside that of nobody
  status    the status of 10,000 processors in one answer
  listing   a queue of 10,000,000 FlowFiles, page by page from its first to its last
  search    the first hundred events for a question, of more than 10,000,000
"""
import contextlib
import http.client
import json
import os
import selectors
import socket
import statistics
import subprocess
import sys
import tempfile
import time


def line(work, value, unit, params, cpu, rss, ratio=None):
    print(json.dumps({"work": work, "value": value, "unit": unit, "params": params, "durability": "power",
                      "cpu_s": round(cpu, 2), "rss_mb": round(rss, 1), "peer_ratio": ratio}), flush=True)


class Server:
    """One that runs the flow; ends with the block."""

    def __init__(self, program, folder, flow, *options):
        with open(folder + "/flow.yaml", "w") as file:
            file.write(flow)
        self.process = subprocess.Popen(
            [program, "server", folder + "/flow.yaml", "--data", folder + "/data", "--listen", "127.0.0.1:0", "--kafka", "off",
             "--log-level", "error", *options], stdout=subprocess.PIPE, text=True)
        self.address = json.loads(self.process.stdout.readline())["http"]
        self.line = http.client.HTTPConnection(self.address, timeout=600)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.line.close()
        self.process.terminate()
        self.process.wait()

    def get(self, path, patient=False):
        """The answer, and the milliseconds until it was there; patient: what cannot be said yet is asked again."""
        before = time.perf_counter_ns()
        self.line.request("GET", "/api/v1" + path)
        answer = self.line.getresponse()
        body = answer.read()
        taken = (time.perf_counter_ns() - before) / 1e6
        if answer.status == 503 and patient:
            time.sleep(1)
            return self.get(path, patient)
        if answer.status != 200:
            sys.exit(f"{path}: {answer.status} {body[:500]!r}")
        return body, taken

    def cpu(self):
        with open(f"/proc/{self.process.pid}/stat") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def rss(self):
        with open(f"/proc/{self.process.pid}/status") as file:
            return next(int(row.split()[1]) / 1024 for row in file if row.startswith("VmRSS"))


def pairs(count, schedule):
    """A flow of so many processors, each second one a source."""
    rows = ["millrace: 1", "name: pairs", "processors:"]
    for i in range(count // 2):
        rows.append(f"  - {{name: Make {i}, type: GenerateFlowFile, properties: {{File Size: 0B}}, schedule: {{{schedule}}}}}")
        rows.append(f"  - {{name: Mark {i}, type: UpdateAttribute, properties: {{a: b}}, auto-terminate: [success]}}")
    rows.append("connections:")
    rows += [f"  - {{from: Make {i}, relationship: success, to: Mark {i}}}" for i in range(count // 2)]
    return "\n".join(rows) + "\n"


def made(count, end):
    """A flow that makes so many FlowFiles, as fast as it can, and hands them to Mark."""
    return (f"millrace: 1\nname: made\nprocessors:\n"
            f"  - {{name: Make, type: GenerateFlowFile, properties: {{Batch Size: '1000', File Size: 0B}}, "
            f"schedule: {{runs: {count // 1000}}}}}\n"
            f"  - {{name: Mark, type: UpdateAttribute, properties: {{a: b}}, auto-terminate: [success]{end}}}\n"
            f"connections:\n  - {{from: Make, relationship: success, to: Mark, back-pressure: {{count: 0, size: 0 B}}}}\n")


def subscriber(address):
    host, port = address.rsplit(":", 1)
    stream = socket.create_connection((host, int(port)))
    stream.sendall(f"GET /api/v1/events HTTP/1.1\r\nHost: {address}\r\nAccept: text/event-stream\r\n\r\n".encode())
    stream.setblocking(False)
    return stream


def read_for(streams, seconds):
    """How many bytes and events of status came."""
    with selectors.DefaultSelector() as selector:
        for stream in streams:
            selector.register(stream, selectors.EVENT_READ)
        end = time.monotonic() + seconds
        size = events = 0
        while (left := end - time.monotonic()) > 0:
            for key, _ in selector.select(left):
                data = key.fileobj.recv(1 << 20)
                if not data:
                    sys.exit("a stream of events ended")
                size += len(data)
                events += data.count(b"event: status")
        return size, events


def watched(program, scale, folder):
    count, watchers, seconds = max(1000 // scale, 10), max(50 // scale, 2), max(30 // scale, 3)
    with Server(program, folder, pairs(count, "every: 1 s")) as server, contextlib.ExitStack() as open_streams:
        time.sleep(3)
        before = server.cpu()
        read_for([], seconds)
        alone = server.cpu() - before
        streams = [open_streams.enter_context(subscriber(server.address)) for _ in range(watchers)]
        read_for(streams, 2)
        before = server.cpu()
        size, events = read_for(streams, seconds)
        cpu = server.cpu() - before
        if events < watchers * seconds // 2:
            sys.exit(f"only {events} events of status for {watchers} clients in {seconds} s")
        line("watched", round(cpu / seconds * 100, 1), "% of a core",
             {"processors": count, "clients": watchers, "percent_with_nobody": round(alone / seconds * 100, 1),
              "kb_a_client_and_second": round(size / watchers / seconds / 1000, 1)}, cpu, server.rss())


def status(program, scale, folder):
    count = max(10000 // scale, 10)
    with Server(program, folder, pairs(count, "every: 10 s")) as server:
        before = server.cpu()
        body, _ = server.get("/status")
        if len(json.loads(body)["components"]) < count:
            sys.exit("not all components have a status")
        taken = sorted(server.get("/status")[1] for _ in range(51))
        line("status", round(statistics.median(taken), 1), "ms",
             {"processors": count, "most_ms": round(taken[-1], 1), "kb": len(body) // 1000}, server.cpu() - before, server.rss())


def listing(program, scale, folder):
    count = max(10000000 // scale // 1000, 1) * 1000
    with Server(program, folder, made(count, ", state: disabled")) as server:
        wire = None
        while wire is None or wire["count"] < count:
            time.sleep(0.5)
            wire = json.loads(server.get("/status")[0])["connections"][0]
        time.sleep(max(10 // scale, 1))  # what was made is still being merged
        before, rss, began = server.cpu(), server.rss(), time.monotonic()
        seen, after, taken, most = 0, "", [], 0
        while after is not None:
            body, milliseconds = server.get(f"/connections/{wire['id']}/queue?limit=1000" + (f"&after={after}" if after else ""))
            page = json.loads(body)
            seen += len(page["flowfiles"])
            after = page["next"]
            taken.append(milliseconds)
            most = max(most, server.rss())
        if seen != count:
            sys.exit(f"{seen} FlowFiles were listed, of {count}")
        line("listing", round(statistics.median(taken), 2), "ms a page",
             {"queued": count, "page": 1000, "most_ms": round(max(taken), 1), "first_ms": round(taken[0], 1),
              "last_ms": round(taken[-1], 1), "seconds": round(time.monotonic() - began, 1), "rss_before_mb": round(rss, 1)},
             server.cpu() - before, most)


def search(program, scale, folder):
    count = max(3400000 // scale // 1000, 1) * 1000
    with Server(program, folder, made(count, "")) as server:
        done, began = 0, time.time()
        while done < count:
            time.sleep(0.5)
            parts = json.loads(server.get("/status")[0])["components"]
            mark = max(parts, key=lambda part: part["totalIn"])
            done = mark["totalIn"]
        middle = int((began + time.time()) / 2 * 1000)
        first = json.loads(server.get(f"/provenance?limit=1&fresh=true&to={middle}", patient=True)[0])["events"][0]
        flow_file = json.loads(server.get("/provenance/" + first["id"])[0])
        name = flow_file["attributes"]["filename"]
        before = server.cpu()
        for question, wanted in (("uuid=" + first["uuid"], 1), ("filename=" + name, 1), (f"component={mark['id']}&type=DROP", 100),
                                 ("type=CREATE", 100), ("type=FORK", 0)):
            answers = [server.get(f"/provenance?limit=100&{question}") for _ in range(21)]
            found = len(json.loads(answers[0][0])["events"])
            if found < min(wanted, count):
                sys.exit(f"{question}: {found} events")
            taken = sorted(milliseconds for _, milliseconds in answers)
            line("search", round(statistics.median(taken), 1), "ms",
                 {"flowfiles": count, "by": question.split("=")[0] if "&" not in question else "component and type",
                  "found": found, "most_ms": round(taken[-1], 1)}, server.cpu() - before, server.rss())


if __name__ == "__main__":
    works = {work.__name__: work for work in (watched, status, listing, search)}
    for chosen in sys.argv[3:] or works:
        with tempfile.TemporaryDirectory() as place:
            works[chosen](os.path.abspath(sys.argv[1]), int(sys.argv[2]), place)
