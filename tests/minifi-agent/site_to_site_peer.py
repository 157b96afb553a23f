#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The other side of site-to-site, for tests: takes FlowFiles as NiFi does (engine/site_to_site/FORMAT.md).

    site_to_site_peer.py RECEIVED [CUT ...]

Prints one line, {"raw": PORT, "http": PORT}. Each committed FlowFile is a line of the file RECEIVED:
{"transaction", "lost", "attributes", "content"} ("lost": its last answer was not sent). A CUT is N:WHERE: the
N-th transaction of all is cut at `packet` (in the middle), `confirm` (before the checksum is answered) or `finish` (it
is committed, and the last answer is lost).
"""
import json
import socketserver
import struct
import sys
import threading
import zlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

received_path = sys.argv[1]
cuts = {int(cut.split(":")[0]): cut.split(":")[1] for cut in sys.argv[2:]}
lock = threading.Lock()
transactions = 0


class Closed(Exception):
    pass


class Peer(socketserver.StreamRequestHandler):
    def take(self, count):
        data = self.rfile.read(count)
        if len(data) != count:
            raise Closed()
        return data

    def number(self, kind):
        return struct.unpack(">" + kind, self.take(struct.calcsize(kind)))[0]

    def text(self):
        return self.take(self.number("H")).decode()

    def say(self, data):
        self.wfile.write(data)
        self.wfile.flush()

    def respond(self, code, text=None):
        self.say(b"RC" + bytes([code]) + (b"" if text is None else struct.pack(">H", len(text)) + text.encode()))

    def handle(self):
        try:
            self.converse()
        except (Closed, ConnectionError):
            pass

    def converse(self):
        if self.take(4) != b"NiFi":
            return
        assert self.text() == "SocketFlowFileProtocol"
        version = self.number("i")
        if version > 5:
            self.say(b"\x15" + struct.pack(">i", 5))
            assert self.text() == "SocketFlowFileProtocol"
            version = self.number("i")
        self.say(b"\x14")
        self.text()
        self.text()
        settings = {}
        for _ in range(self.number("i")):
            key = self.text()
            settings[key] = self.text()
        if settings["PORT_IDENTIFIER"] != "port-id":
            self.respond(200)
            return
        self.respond(1)
        self.compressed = settings["GZIP"] == "true"
        while True:
            request = self.text()
            if request == "NEGOTIATE_FLOWFILE_CODEC":
                assert self.text() == "StandardFlowFileCodec" and self.number("i") == 1
                self.say(b"\x14")
            elif request == "SEND_FLOWFILES":
                self.transaction()
            else:
                return

    def packet_bytes(self):
        """Gives a function that takes so many bytes of the packet."""
        if not self.compressed:
            return self.take
        state = {"left": b"", "more": True}

        def take(count):
            while len(state["left"]) < count and state["more"]:
                assert self.take(4) == b"SYNC"
                size, packed = self.number("i"), self.number("i")
                block = zlib.decompress(self.take(packed))
                assert len(block) == size
                state["left"] += block
                state["more"] = self.take(1) == b"\x01"
            data, state["left"] = state["left"][:count], state["left"][count:]
            if len(data) != count:
                raise Closed()
            return data

        return take

    def transaction(self):
        global transactions
        with lock:
            transactions += 1
            number = transactions
        cut = cuts.get(number)
        crc = 0
        files = []
        while True:
            take = self.packet_bytes()

            def counted(count):
                nonlocal crc
                data = take(count)
                crc = zlib.crc32(data, crc)
                return data

            attributes = {}
            for _ in range(struct.unpack(">i", counted(4))[0]):
                key = counted(struct.unpack(">i", counted(4))[0]).decode()
                attributes[key] = counted(struct.unpack(">i", counted(4))[0]).decode()
            content = counted(struct.unpack(">q", counted(8))[0])
            files.append((attributes, content))
            if cut == "packet":
                raise Closed()
            assert self.take(2) == b"RC"
            code = self.take(1)[0]
            if code == 11:
                break
            assert code == 10
        if cut == "confirm":
            raise Closed()
        self.respond(12, str(crc))
        assert self.take(3) == b"RC\x0c"
        self.text()
        with lock, open(received_path, "a", encoding="utf-8") as out:
            for attributes, content in files:
                out.write(json.dumps({"transaction": number, "lost": cut == "finish", "attributes": attributes,
                                      "content": content.decode()}) + "\n")
        if cut == "finish":
            raise Closed()
        self.respond(13)


class Interface(BaseHTTPRequestHandler):
    def do_GET(self):
        body = json.dumps({"controller": {
            "id": "c", "name": "peer", "remoteSiteListeningPort": raw.server_address[1], "siteToSiteSecure": False,
            "inputPorts": [{"id": "other-id", "name": "other"}, {"id": "port-id", "name": "from outside"}]}}).encode()
        self.send_response(200 if self.path == "/nifi-api/site-to-site" else 404)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Raw(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True


raw = Raw(("127.0.0.1", 0), Peer)
http = ThreadingHTTPServer(("127.0.0.1", 0), Interface)
open(received_path, "a", encoding="utf-8").close()
print(json.dumps({"raw": raw.server_address[1], "http": http.server_address[1]}), flush=True)
threading.Thread(target=http.serve_forever, daemon=True).start()
raw.serve_forever()
