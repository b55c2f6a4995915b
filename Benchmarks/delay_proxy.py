#!/usr/bin/env python3
"""delay_proxy.py TARGET_PORT ONE_WAY_MS: a TCP relay on 127.0.0.1 that holds every byte that long in each direction.

It prints its port as a JSON line. What flows above TCP is delayed, so it shows how a protocol's own windows and round
trips behave; the kernel's congestion control does not see the delay.
"""

import collections
import json
import socket
import sys
import threading
import time

# What may be on its way in one direction: more than any window that is measured.
CAPACITY = 256 << 20
CHUNK = 1 << 18


class Direction:
    """What flows from one socket to another, each piece due when its time has come."""

    def __init__(self, source, target, delay):
        self.source, self.target, self.delay = source, target, delay
        self.pieces = collections.deque()
        self.held = 0
        self.has_ended = False
        self.changed = threading.Condition()

    def start(self):
        for work in (self.receive, self.send):
            threading.Thread(target=work, daemon=True).start()

    def receive(self):
        try:
            while data := self.source.recv(CHUNK):
                with self.changed:
                    self.changed.wait_for(lambda: self.held <= CAPACITY)
                    self.pieces.append((time.monotonic() + self.delay, data))
                    self.held += len(data)
                    self.changed.notify_all()
        except OSError:
            pass
        with self.changed:
            self.has_ended = True
            self.changed.notify_all()

    def send(self):
        try:
            while piece := self.next_piece():
                due, data = piece
                wait = due - time.monotonic()
                if wait > 0:
                    time.sleep(wait)
                self.target.sendall(data)
            self.target.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def next_piece(self):
        with self.changed:
            self.changed.wait_for(lambda: self.pieces or self.has_ended)
            if not self.pieces:
                return None
            piece = self.pieces.popleft()
            self.held -= len(piece[1])
            self.changed.notify_all()
            return piece


def main():
    target, delay = int(sys.argv[1]), float(sys.argv[2]) / 1000
    listener = socket.create_server(("127.0.0.1", 0))
    print(json.dumps({"event": "ready", "port": listener.getsockname()[1]}), flush=True)
    while True:
        client, _ = listener.accept()
        server = socket.create_connection(("127.0.0.1", target))
        for end in (client, server):
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        Direction(client, server, delay).start()
        Direction(server, client, delay).start()


if __name__ == "__main__":
    main()
