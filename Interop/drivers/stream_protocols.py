"""The stream protocols of the rows over plain sockets, both sides: for peers whose streams come out as sockets."""

import hashlib
import os
import socket
import struct
import threading
import time

BLOCK = 64 << 10
LARGEST_REQUEST = 16 << 20
PING_BYTES = 32


class StreamEnded(Exception):
    """The stream ended before what was awaited came."""


def read_exactly(stream, count):
    gathered = bytearray()
    while len(gathered) < count:
        chunk = stream.recv(min(BLOCK, count - len(gathered)))
        if not chunk:
            raise StreamEnded(f"the stream ended after {len(gathered)} bytes of {count}")
        gathered += chunk
    return bytes(gathered)


def read_to_end(stream, limit):
    gathered = bytearray()
    while chunk := stream.recv(BLOCK):
        gathered += chunk
        if len(gathered) > limit:
            raise StreamEnded(f"more than {limit} bytes came")
    return bytes(gathered)


# Asking


def ping(stream, count):
    times = []
    for _ in range(count):
        payload = os.urandom(PING_BYTES)
        start = time.perf_counter()
        stream.sendall(payload)
        if read_exactly(stream, PING_BYTES) != payload:
            raise StreamEnded("the pong differs from the ping")
        times.append((time.perf_counter() - start) * 1000)
    return times


def request(stream, size):
    """One length-delimited echo, checked by hash."""
    data = os.urandom(size)
    stream.sendall(struct.pack(">I", size) + data)
    (count,) = struct.unpack(">I", read_exactly(stream, 4))
    answer = read_exactly(stream, count) if count <= LARGEST_REQUEST else b""
    if hashlib.sha256(answer).digest() != hashlib.sha256(data).digest():
        raise StreamEnded(f"the answer's {count} bytes differ from the {size} sent")


def perf(stream, up, down):
    """Perf's exchange: the answer comes only after our half-close."""
    stream.sendall(struct.pack(">Q", down))
    zeros = bytes(BLOCK)
    for at in range(0, up, BLOCK):
        stream.sendall(zeros[: min(BLOCK, up - at)])
    stream.shutdown(socket.SHUT_WR)
    count = len(read_to_end(stream, down))
    if count != down:
        raise StreamEnded(f"after the half-close {count} bytes of {down} came")


def reset(stream, size=1024):
    """Sends some bytes and ends without reading what returns, which the peer behind the socket turns into a reset."""
    stream.sendall(os.urandom(size))
    if not stream.recv(1, socket.MSG_PEEK):
        raise StreamEnded("the stream ended before it could be reset")
    stream.close()


# Answering


def serve_echo(stream):
    while chunk := stream.recv(BLOCK):
        stream.sendall(chunk)


def serve_requests(stream):
    while head := stream.recv(4):
        head += read_exactly(stream, 4 - len(head)) if len(head) < 4 else b""
        (count,) = struct.unpack(">I", head)
        if count > LARGEST_REQUEST:
            raise StreamEnded(f"a request of {count} bytes")
        stream.sendall(head + read_exactly(stream, count))


def serve_perf(stream):
    (down,) = struct.unpack(">Q", read_exactly(stream, 8))
    while stream.recv(BLOCK):
        pass
    zeros = bytes(BLOCK)
    for at in range(0, down, BLOCK):
        stream.sendall(zeros[: min(BLOCK, down - at)])


class SocketServer:
    """Serves each accepted socket in a thread of its own, and knows how many are open."""

    def __init__(self, listener, serve, first=None):
        self.listener = listener
        self.serve = serve
        self.first = first
        self.open = 0
        self._changed = threading.Condition()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                stream, _ = self.listener.accept()
            except OSError:
                return
            with self._changed:
                self.open += 1
            threading.Thread(target=self._answer, args=(stream,), daemon=True).start()

    def _answer(self, stream):
        try:
            if self.first:
                self.first(stream)
            self.serve(stream)
            stream.shutdown(socket.SHUT_WR)
        except (OSError, StreamEnded):
            pass  # the peer reset the stream, or asked for what cannot be
        finally:
            stream.close()
        with self._changed:
            self.open -= 1
            self._changed.notify_all()

    def wait_for_ends(self, timeout):
        """Waits until no stream is open, and says whether that came."""
        with self._changed:
            return self._changed.wait_for(lambda: self.open == 0, timeout)

    def close(self):
        self.listener.close()


def listen_on_loopback():
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(256)
    return listener
