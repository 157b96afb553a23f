#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Somebody between agents and their server of C2, who passes on what is said, or does not.

    c2_proxy.py FOLDER         FOLDER for its keys and messages

Prints {"port": PORT}, then reads commands, and repeats each once it is done:

    target HOST:PORT           where the server is
    pass                       everything as it is
    cut                        nobody is answered
    cut-after-flow             the same, once the next flow was passed on
    change                     a byte of each flow is another
    strip                      flows come without their signature
    forge CLASS FILE           instead of each flow comes FILE, signed for CLASS by another key
    replay                     instead of each flow comes the first one that ever came, with its signature
"""
import http.client
import http.server
import json
import os
import subprocess
import sys
import threading

folder = sys.argv[1]
lock = threading.Lock()
state = {"target": None, "mode": "pass", "first": None, "forged": None}
SEAL = "Millrace-Signature"


def sign(message):
    key = os.path.join(folder, "forger.pem")
    if not os.path.exists(key):
        subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", key], check=True)
    path = os.path.join(folder, "message")
    with open(path, "wb") as out:
        out.write(message)
    return subprocess.run(["openssl", "pkeyutl", "-sign", "-inkey", key, "-rawin", "-in", path],
                          check=True, capture_output=True).stdout


def falsified(body, seal):
    """What becomes of a flow."""
    mode = state["mode"]
    if state["first"] is None and mode == "pass":
        state["first"] = (body, seal)
    if mode == "change":
        return body.replace(b"\n", b"\n#", 1), seal
    if mode == "strip":
        return body, None
    if mode == "replay":
        return state["first"]
    if mode == "forge":
        target, flow = state["forged"]
        serial = seal.split()[1]
        message = f"millrace flow 1\n{serial}\nclass\n{target}\n".encode() + flow
        return flow, f"1 {serial} class {sign(message).hex()}"
    if mode == "cut-after-flow":
        state["mode"] = "cut"
    return body, seal


class Between(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def serve(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.close_connection = True
        with lock:
            if state["mode"] == "cut" or state["target"] is None:
                return
            host, port = state["target"].rsplit(":", 1)
        try:
            server = http.client.HTTPConnection(host, int(port), timeout=60)
            server.request(self.command, self.path, body, {**self.headers, "Host": f"{host}:{port}"})
            answer = server.getresponse()
            content = answer.read()
        except OSError:
            return
        seal = answer.getheader(SEAL)
        with lock:
            if state["mode"] == "cut":
                return
            if "/flows/" in self.path and answer.status == 200:
                content, seal = falsified(content, seal)
            else:
                # Where flows are: here.
                content = content.replace(f"{host}:{port}".encode(), self.headers["Host"].encode())
        self.send_response(answer.status)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Connection", "close")
        if seal is not None:
            self.send_header(SEAL, seal)
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = serve


class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 128

    def handle_error(self, *_):
        pass  # agents are killed in the middle


server = Server(("127.0.0.1", 0), Between)
print(json.dumps({"port": server.server_address[1]}), flush=True)
threading.Thread(target=server.serve_forever, daemon=True).start()
for line in sys.stdin:
    words = line.split()
    with lock:
        if words[0] == "target":
            state["target"] = words[1]
        else:
            state["mode"] = words[0]
        if words[0] == "forge":
            with open(words[2], "rb") as flow:
                state["forged"] = (words[1], flow.read())
    print(line.strip(), flush=True)
