"""go-libp2p-daemon (p2pd): our own client of its control socket, and its driver.

Control protocol: each message is a varint length and a protobuf; one request a connection. After STREAM_OPEN is
answered the unix socket is the stream; for a served protocol the daemon dials our unix socket and sends a StreamInfo
first.
"""

import os
import signal
import socket

from processes import Process

from .base import IDENTIFY, DriverError, wait_until
from .identify_message import (
    base58_decode,
    base58_encode,
    decode,
    encode,
    multiaddr_bytes,
    multiaddr_text,
    parse_identify,
    read_varint,
    varint,
)
from .identities import make_identity
from .json_driver import missing_file
from .socket_driver import SERVED, SocketDriver
from .stream_protocols import SocketServer, read_exactly, read_to_end

REQUEST_IDENTIFY, REQUEST_CONNECT, REQUEST_STREAM_OPEN, REQUEST_STREAM_HANDLER, REQUEST_LIST_PEERS = 0, 1, 2, 3, 5
UNIX = 400
READY_SECONDS = 15
CONTROL_SECONDS = 20
IDENTIFY_LIMIT = 64 << 10


def read_message(stream):
    head = b""
    while not head or head[-1] & 128:
        head += read_exactly(stream, 1)
    return decode(read_exactly(stream, read_varint(head, 0)[0]))


class ControlClient:
    def __init__(self, path):
        self.path = path

    def ask(self, kind, *fields, keep=False):
        """Sends one request; gives the answer's fields, and the socket too when it is to become a stream."""
        stream = socket.socket(socket.AF_UNIX)
        stream.settimeout(CONTROL_SECONDS)
        try:
            stream.connect(self.path)
            message = encode((1, kind), *fields)
            stream.sendall(varint(len(message)) + message)
            answer = read_message(stream)
            if answer[1][0] != 0:
                said = decode(answer[2][0]).get(1, [b""])[0] if 2 in answer else b"no reason given"
                raise DriverError("p2pd: " + said.decode(errors="backslashreplace"))
        except BaseException:
            stream.close()
            raise
        if keep:
            return answer, stream
        stream.close()
        return answer

    def identify(self):
        fields = decode(self.ask(REQUEST_IDENTIFY)[4][0])
        return base58_encode(fields[1][0]), [multiaddr_text(address) for address in fields.get(2, [])]

    def connect(self, address):
        base, _, peer = address.rpartition("/p2p/")
        wanted = encode((1, base58_decode(peer)), (2, multiaddr_bytes(base)), (3, CONTROL_SECONDS))
        self.ask(REQUEST_CONNECT, (2, wanted))
        return peer

    def open(self, peer, protocol):
        wanted = encode((1, base58_decode(peer)), (2, protocol), (3, CONTROL_SECONDS))
        return self.ask(REQUEST_STREAM_OPEN, (3, wanted), keep=True)[1]

    def serve(self, protocol, path):
        target = varint(UNIX) + varint(len(path)) + path.encode()
        self.ask(REQUEST_STREAM_HANDLER, (4, encode((1, target), (2, protocol), (3, False))))

    def peers(self):
        return [base58_encode(decode(peer)[1][0]) for peer in self.ask(REQUEST_LIST_PEERS).get(6, [])]


class P2PDDriver(SocketDriver):
    name = "p2pd"
    title = "go-libp2p 0.32.1 (p2pd)"
    agent_prefix = "p2pd/0.1"
    remark = "Driven through its control socket; echo and streams are length-delimited (`/bench/req/1.0.0`)."

    @classmethod
    def missing_from(cls, site):
        return missing_file(site.peers_home + "/p2pd") or missing_file(site.venv_python)

    def start(self, key_type):
        self.key_type = key_type
        self.directory = f"{self.site.work_directory}/{self.label}"
        os.makedirs(self.directory, exist_ok=True)
        self.peer, private = make_identity(self.site, key_type)
        key_file, control = self.directory + "/key", self.directory + "/control"
        with open(key_file, "wb") as file:
            file.write(private)
        arguments = [self.site.peers_home + "/p2pd", "-listen", "/unix" + control, "-id", key_file]
        arguments += ["-hostAddrs", "/ip4/127.0.0.1/tcp/0"]
        log = f"{self.site.log_directory}/{self.label}.log"
        self.process = Process(arguments, log, {"GOLOG_LOG_LEVEL": "error"}, merge_errors=True)
        # It prints its addresses once the control socket takes requests.
        self.process.take(lambda line: "Control socket:" in line, READY_SECONDS, "line with the control socket")
        self.control = ControlClient(control)
        peer, addresses = self.control.identify()
        if peer != self.peer:
            raise DriverError(f"p2pd took the identity {peer}, not {self.peer}")
        self.addresses = [f"{address}/p2p/{peer}" for address in addresses]
        self.servers = {protocol: self._serve(protocol, serve) for protocol, serve in SERVED.items()}

    def _serve(self, protocol, serve):
        path = f"{self.directory}/stream-{len(os.listdir(self.directory))}"
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(path)
        listener.listen(256)
        self.control.serve(protocol, path)
        return SocketServer(listener, serve, first=read_message)

    def stop(self):
        self.close_servers()
        process = getattr(self, "process", None)
        return process.stop(signal.SIGTERM) if process else None

    def connect(self, address):
        return self.control.connect(address)

    def wait_connected(self, peer):
        wait_until(lambda: peer in self.control.peers(), CONTROL_SECONDS, f"p2pd knows {peer}")

    def open(self, peer, protocol):
        return self.control.open(peer, protocol)

    def identify(self, peer):
        with self.open_for(peer, IDENTIFY) as stream:
            return parse_identify(read_to_end(stream, IDENTIFY_LIMIT))

    def log_tail(self):
        process = getattr(self, "process", None)
        return process.log_tail() if process else ""


