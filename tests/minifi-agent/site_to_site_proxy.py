#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A bad line between an agent and a server of site-to-site: it cuts connections at random, and knows what it cut.

    site_to_site_proxy.py EVENTS SEED CUTS LEAST MOST

Prints {"port": PORT} and reads lines `target PORT` (where the server is now; 0: nowhere) and `calm` (no cut any more).
Each connection is cut once LEAST to MOST bytes went through it, CUTS times in all, with a reset. The file EVENTS gets a
line for each transaction whose last word the server may have heard, {"confirmed": ID, "contents": [...]}, before it is
passed on; {"delivered": ID} when the client went on, on the same connection, with the next one; {"cut": NUMBER}.
Only what is not compressed can be read here (engine/site_to_site/FORMAT.md).
"""
import json
import random
import socket
import struct
import sys
import threading

events_path, seed, cuts_left, least, most = sys.argv[1], *map(int, sys.argv[2:6])
chance = random.Random(seed)
lock = threading.Lock()
target = 0
transactions = 0
cuts_made = 0


def tell(event):
    with open(events_path, "a", encoding="utf-8") as out:
        out.write(json.dumps(event) + "\n")


class ClientBytes:
    """Follows what a client says, byte by byte."""

    def __init__(self):
        self.buffer = b""
        self.reader = self.converse()
        self.need = next(self.reader)

    def push(self, data):
        self.buffer += data
        while len(self.buffer) >= self.need:
            taken, self.buffer = self.buffer[: self.need], self.buffer[self.need:]
            self.need = self.reader.send(taken)

    def number(self, kind):
        return struct.unpack(">" + kind, (yield struct.calcsize(kind)))[0]

    def text(self):
        size = yield from self.number("H")
        return ((yield size) if size else b"").decode()

    def converse(self):
        global transactions
        assert (yield 4) == b"NiFi"
        assert (yield from self.text()) == "SocketFlowFileProtocol"
        yield 4
        yield from self.text()
        yield from self.text()
        for _ in range((yield from self.number("i"))):
            yield from self.text()
            yield from self.text()
        last = None
        while True:
            request = yield from self.text()
            if last is not None:
                with lock:
                    tell({"delivered": last})
                last = None
            if request == "NEGOTIATE_FLOWFILE_CODEC":
                yield from self.text()
                yield 4
                continue
            assert request == "SEND_FLOWFILES", request
            contents = []
            code = 10
            while code == 10:
                for _ in range((yield from self.number("i"))):
                    for _ in range(2):
                        size = yield from self.number("i")
                        if size:
                            yield size
                size = yield from self.number("q")
                contents.append(((yield size) if size else b"").decode())
                code = (yield 3)[2]
            assert code == 11, code
            code = (yield 3)[2]
            assert code == 12, code
            # The two bytes of an empty text are still to come: only with them the server goes on.
            with lock:
                transactions += 1
                last = transactions
                tell({"confirmed": last, "contents": contents})
            yield 2


class Line:
    def __init__(self, client):
        self.client = client
        self.server = socket.create_connection(("127.0.0.1", target))
        self.parser = ClientBytes()
        self.left = chance.randint(least, most)
        self.over = False

    def end(self, reset):
        global cuts_left, cuts_made
        with lock:
            if self.over:
                return
            self.over = True
            if reset:
                cuts_left -= 1
                cuts_made += 1
                tell({"cut": cuts_made})
        for one in (self.client, self.server):
            if reset:
                one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            one.close()

    def pump(self, source, sink, parse):
        try:
            while True:
                data = source.recv(4096)
                if not data:
                    break
                with lock:
                    cut = cuts_left > 0 and self.left < len(data)
                    data = data[: self.left] if cut else data
                    self.left -= len(data)
                if parse:
                    self.parser.push(data)
                sink.sendall(data)
                if cut:
                    self.end(True)
                    return
        except OSError:
            pass
        self.end(False)


def serve(client):
    try:
        line = Line(client)
    except OSError:
        client.close()
        return
    threading.Thread(target=line.pump, args=(line.client, line.server, True), daemon=True).start()
    threading.Thread(target=line.pump, args=(line.server, line.client, False), daemon=True).start()


def accept(listener):
    while True:
        serve(listener.accept()[0])


listening = socket.create_server(("127.0.0.1", 0))
open(events_path, "a", encoding="utf-8").close()
print(json.dumps({"port": listening.getsockname()[1]}), flush=True)
threading.Thread(target=accept, args=(listening,), daemon=True).start()
for command in sys.stdin:
    words = command.split()
    with lock:
        if words[0] == "target":
            target = int(words[1])
        else:
            cuts_left = 0
