#!/usr/bin/env python3
"""A py-libp2p peer with the command line and the JSON lines of the other reference peers (Interop/README.md).

Runs under the Python that has libp2p 0.8.1. It differs from the go and rust peers where the library does: there is no
ecdsa identity, `identify` asks again over a new stream, and `conns` cannot tell security and muxer.
"""

import argparse
import hashlib
import json
import logging
import os
import secrets
import struct
import sys
import time
import warnings

warnings.filterwarnings("ignore")

import multiaddr  # noqa: E402  the library warns while it is imported
import trio  # noqa: E402
from libp2p import create_yamux_muxer_option, new_host  # noqa: E402
from libp2p.crypto import ecc, ed25519, rsa, secp256k1  # noqa: E402
from libp2p.crypto.pb import crypto_pb2  # noqa: E402
from libp2p.host.ping import PingService  # noqa: E402
from libp2p.identity.identify.identify import parse_identify_response  # noqa: E402
from libp2p.network.stream.exceptions import StreamEOF, StreamReset  # noqa: E402
from libp2p.peer.id import ID  # noqa: E402
from libp2p.peer.peerinfo import info_from_p2p_addr  # noqa: E402
from libp2p.perf import PerfService  # noqa: E402

ECHO = "/echo/1.0.0"
PERF = "/perf/1.0.0"
REQUEST = "/bench/req/1.0.0"
IDENTIFY = "/ipfs/id/1.0.0"
PING = "/ipfs/ping/1.0.0"

BLOCK = 64 << 10
LARGEST_REQUEST = 16 << 20
COMMAND_SECONDS = 60
IDENTIFY_LIMIT = 64 << 10
KEY_TYPE_NAMES = {0: "rsa", 1: "ed25519", 2: "secp256k1", 3: "ecdsa"}


def emit(line):
    sys.stdout.write(json.dumps(line, default=str) + "\n")
    sys.stdout.flush()


def new_key_pair(options):
    if options.seed is not None:
        return ed25519.create_new_key_pair(bytes([options.seed]) * 32)
    if options.key_type == "ed25519":
        return ed25519.create_new_key_pair()
    if options.key_type == "secp256k1":
        return secp256k1.create_new_key_pair()
    if options.key_type == "rsa":
        return rsa.create_new_key_pair(2048)
    return ecc.create_new_key_pair("P-256")


async def read_some(stream):
    """The next bytes, or none at the end of the stream. Without a count the library tells a reset from an end."""
    try:
        return await stream.read()
    except StreamEOF:
        return b""


async def read_to_end(stream, limit):
    gathered = bytearray()
    while chunk := await read_some(stream):
        gathered += chunk
        if len(gathered) > limit:
            raise ValueError(f"more than {limit} bytes")
    return bytes(gathered)


class ByteReader:
    """Exact counts from a stream whose reads give what is there."""

    def __init__(self, stream):
        self.stream = stream
        self.waiting = bytearray()

    async def take(self, count):
        """That many bytes, or none when the stream ends before the first of them."""
        while len(self.waiting) < count:
            chunk = await read_some(self.stream)
            if not chunk:
                if self.waiting:
                    raise EOFError("the stream ended within a message")
                return None
            self.waiting += chunk
        taken = bytes(self.waiting[:count])
        del self.waiting[:count]
        return taken


class Peer:
    def __init__(self, options):
        self.options = options
        self.served = {"open": 0, "finished": 0, "reset": 0, "failed": 0}

    async def run(self):
        options = self.options
        listen = [multiaddr.Multiaddr(text) for text in options.listen or ["/ip4/127.0.0.1/tcp/0"]]
        self.host = new_host(
            key_pair=new_key_pair(options), muxer_opt=create_yamux_muxer_option(), listen_addrs=listen
        )
        async with trio.open_nursery() as self.nursery, self.host.run(listen_addrs=listen):
            self.perf = PerfService(self.host)
            await self.perf.start()
            self.pings = PingService(self.host)
            self.serve(PING, self.pings.handle_ping, counted=False)
            self.serve(ECHO, self.serve_echo)
            self.serve(REQUEST, self.serve_requests)
            for alias in options.alias or []:
                new, _, old = alias.partition("=")
                handlers = {ECHO: self.serve_echo, REQUEST: self.serve_requests, PERF: self.perf._handle_message}
                self.serve(new, handlers[old])
            self.host.get_network().register_notifee(Events())
            emit({"event": "ready", "peer": str(self.host.get_id()), "addrs": self.addresses()})
            self.nursery.start_soon(self.read_commands)
            await trio.sleep_forever()

    def addresses(self):
        own = "/p2p/" + str(self.host.get_id())
        texts = [str(address) for address in self.host.get_addrs()]
        return [text if text.endswith(own) else text + own for text in texts]

    # What others ask of this peer

    def serve(self, protocol, handler, counted=True):
        async def guarded(stream):
            self.served["open"] += counted
            try:
                await handler(stream)
                self.served["finished"] += counted
            except StreamReset:
                self.served["reset"] += counted
            except Exception as error:
                self.served["failed"] += counted
                logging.error("%s: %r", protocol, error)
                await stream.reset()
            finally:
                self.served["open"] -= counted

        self.host.set_stream_handler(protocol, guarded)

    async def serve_echo(self, stream):
        while chunk := await read_some(stream):
            await stream.write(chunk)
        await stream.close()

    async def serve_requests(self, stream):
        reader = ByteReader(stream)
        while head := await reader.take(4):
            (count,) = struct.unpack(">I", head)
            if count > LARGEST_REQUEST:
                raise ValueError(f"a request of {count} bytes")
            body = await reader.take(count) if count else b""
            if body is None:
                raise EOFError("the stream ended within a request")
            await stream.write(head + body)
        await stream.close()

    # Commands

    async def read_commands(self):
        lines = trio.wrap_file(sys.stdin)
        while line := await lines.readline():
            if not line.strip():
                continue
            try:
                command = json.loads(line)
            except ValueError as error:
                emit({"reply": None, "ok": False, "error": f"bad command: {error}"})
                continue
            if "id" in command:
                self.nursery.start_soon(self.perform, command)
            else:
                await self.perform(command)
        # Nobody is left to command this peer.
        self.end()

    async def perform(self, command):
        name = command.get("cmd", "")
        answer = {"reply": name, "ok": False}
        if "id" in command:
            answer["id"] = command["id"]
        if name == "quit":
            emit(answer | {"ok": True})
            self.end()
        action = getattr(self, "do_" + name, None)
        limit = command.get("timeout_s") or COMMAND_SECONDS
        try:
            if action is None:
                raise ValueError(f"unknown command {name!r}")
            with trio.fail_after(limit):
                answer |= await action(command) or {}
            answer["ok"] = True
        except trio.TooSlowError:
            answer["error"] = f"not done within {limit} s"
        except Exception as error:
            answer["error"] = repr(first_of(error))
        emit(answer)

    def end(self):
        sys.stdout.flush()
        os._exit(0)

    async def do_connect(self, command):
        start = time.perf_counter()
        info = info_from_p2p_addr(multiaddr.Multiaddr(command["addr"]))
        await self.host.connect(info)
        return {"peer": str(info.peer_id), "ms": milliseconds_since(start)}

    async def do_disconnect(self, command):
        await self.host.disconnect(peer_of(command))

    async def do_peers(self, _):
        return {"peers": [str(peer) for peer in self.host.get_connected_peers()]}

    async def do_addrs(self, _):
        return {"addrs": self.addresses()}

    async def do_conns(self, command):
        connections = self.host.get_network().connections
        wanted = command.get("peer")
        listed = []
        for peer, of_peer in connections.items():
            if wanted in (None, str(peer)):
                count = len(of_peer) if isinstance(of_peer, list) else 1
                listed += [{"peer": str(peer), "security": None, "muxer": None}] * count
        return {"conns": listed}

    async def do_identify(self, command):
        stream = await self.host.new_stream(peer_of(command), [IDENTIFY])
        try:
            message = parse_identify_response(await read_to_end(stream, IDENTIFY_LIMIT))
        finally:
            await stream.close()
        key = crypto_pb2.PublicKey.FromString(message.public_key)
        return {
            "agent": message.agent_version,
            "protocol_version": message.protocol_version,
            "protocols": sorted(message.protocols),
            "listen_addrs": [str(multiaddr.Multiaddr(raw)) for raw in message.listen_addrs],
            "observed": str(multiaddr.Multiaddr(message.observed_addr)) if message.observed_addr else None,
            "key_type": KEY_TYPE_NAMES.get(key.key_type),
            "signed_record": bool(message.signedPeerRecord),
        }

    async def do_ping(self, command):
        times = []
        async for milliseconds in self.pings.ping_iter(peer_of(command), command.get("count") or 1):
            times.append(milliseconds)
        return {"rtt_ms": times}

    async def do_echo(self, command):
        return await self.on_streams(command, ECHO, self.echo_once)

    async def do_request(self, command):
        return await self.on_streams(command, REQUEST, self.request_once)

    async def on_streams(self, command, protocol, exchange):
        peer, size, streams = peer_of(command), command.get("bytes") or 0, command.get("streams") or 1
        protocol = command.get("protocol") or protocol
        start = time.perf_counter()
        async with trio.open_nursery(strict_exception_groups=False) as nursery:
            for _ in range(streams):
                nursery.start_soon(exchange, peer, protocol, secrets.token_bytes(size))
        return {"ms": milliseconds_since(start)}

    async def echo_once(self, peer, protocol, data):
        stream = await self.host.new_stream(peer, [protocol])
        try:
            async with trio.open_nursery(strict_exception_groups=False) as nursery:

                async def write():
                    for at in range(0, len(data), BLOCK):
                        await stream.write(data[at : at + BLOCK])
                    await stream.close_write()

                nursery.start_soon(write)
                got = hashlib.sha256()
                count = 0
                while chunk := await read_some(stream):
                    got.update(chunk)
                    count += len(chunk)
        except BaseException:
            await abandon(stream)
            raise
        if count != len(data) or got.digest() != hashlib.sha256(data).digest():
            raise ValueError(f"the echo's {count} bytes differ from the {len(data)} sent")
        await stream.close()

    async def request_once(self, peer, protocol, data):
        stream = await self.host.new_stream(peer, [protocol])
        try:
            async with trio.open_nursery(strict_exception_groups=False) as nursery:

                async def write():
                    await stream.write(struct.pack(">I", len(data)))
                    for at in range(0, len(data), BLOCK):
                        await stream.write(data[at : at + BLOCK])

                nursery.start_soon(write)
                answer = await ByteReader(stream).take(4 + len(data))
        except BaseException:
            await abandon(stream)
            raise
        if answer is None or answer[4:] != data or struct.unpack(">I", answer[:4])[0] != len(data):
            raise ValueError("the answer differs from the request")
        await stream.close()

    async def do_perf(self, command):
        peer, up, down = peer_of(command), command.get("up") or 0, command.get("down") or 0
        start = time.perf_counter()
        if command.get("protocol"):
            await self.perf_over(peer, command["protocol"], up, down)
        else:
            address = multiaddr.Multiaddr("/p2p/" + str(peer))
            async for report in self.perf.measure_performance(address, up, down):
                last = report
            if (last["type"], last["upload_bytes"], last["download_bytes"]) != ("final", up, down):
                raise ValueError(f"perf ended with {last}")
        return {"total_s": round(time.perf_counter() - start, 6)}

    async def perf_over(self, peer, protocol, up, down):
        """The same exchange under another protocol id, which the library's service does not offer."""
        stream = await self.host.new_stream(peer, [protocol])
        await stream.write(struct.pack(">Q", down) + bytes(up))
        await stream.close_write()
        answer = await read_to_end(stream, down)
        if len(answer) != down:
            raise ValueError(f"perf returned {len(answer)} bytes of {down}")
        await stream.close()

    async def do_reset(self, command):
        stream = await self.host.new_stream(peer_of(command), [command.get("protocol") or ECHO])
        await stream.write(secrets.token_bytes(1024))
        await stream.reset()

    async def do_counters(self, _):
        return dict(self.served)


async def abandon(stream):
    with trio.CancelScope(shield=True), trio.move_on_after(1):
        await stream.reset()


class Events:
    """Connections made and lost, as event lines."""

    async def connected(self, _, connection):
        emit({"event": "connected", "peer": str(connection.muxed_conn.peer_id)})

    async def disconnected(self, _, connection):
        emit({"event": "disconnected", "peer": str(connection.muxed_conn.peer_id)})

    async def opened_stream(self, *_):
        pass

    async def closed_stream(self, *_):
        pass

    async def listen(self, *_):
        pass

    async def listen_close(self, *_):
        pass


def first_of(error):
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def peer_of(command):
    return ID.from_string(command["peer"])


def milliseconds_since(start):
    return round((time.perf_counter() - start) * 1000, 3)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    run = parser.add_subparsers(required=True).add_parser("run")
    run.add_argument("--listen", action="append")
    run.add_argument("--key-type", choices=["ed25519", "secp256k1", "ecdsa", "rsa"], default="ed25519")
    run.add_argument("--seed", type=int)
    run.add_argument("--alias", action="append", help="NEW=OLD: serves the protocol OLD under the name NEW too")
    run.add_argument("--security", help="accepted for the common command line; the library's own order is used")
    run.add_argument("--no-limits", action="store_true", help="accepted for the common command line; changes nothing")
    run.add_argument("--agent", help="accepted for the common command line; the library's name cannot be changed")
    options = parser.parse_args()
    logging.basicConfig(stream=sys.stderr, level=logging.ERROR)
    try:
        trio.run(Peer(options).run)
    except KeyboardInterrupt:
        pass


if __name__ == "__main__":
    main()
