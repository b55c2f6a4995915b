"""Enough protobuf and multiaddr to read what a peer says of itself (identify), and to speak to p2pd."""

import socket
import struct

from .base import Identified

ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
KEY_TYPE_NAMES = {0: "rsa", 1: "ed25519", 2: "secp256k1", 3: "ecdsa"}

IP4, TCP, IP6, UDP, P2P, QUIC_V1, WS, P2P_CIRCUIT = 4, 6, 41, 273, 421, 461, 477, 290
PORT_NAMES = {TCP: "tcp", UDP: "udp"}
BARE_NAMES = {QUIC_V1: "quic-v1", WS: "ws", P2P_CIRCUIT: "p2p-circuit"}


class MalformedMessage(Exception):
    """Bytes that are not the message they should be."""


def base58_encode(data):
    number = int.from_bytes(data, "big")
    text = ""
    while number:
        number, digit = divmod(number, 58)
        text = ALPHABET[digit] + text
    return "1" * (len(data) - len(data.lstrip(b"\0"))) + text


def base58_decode(text):
    number = 0
    for character in text:
        number = number * 58 + ALPHABET.index(character)
    body = number.to_bytes((number.bit_length() + 7) // 8, "big")
    return b"\0" * (len(text) - len(text.lstrip("1"))) + body


def varint(number):
    encoded = bytearray()
    while number > 127:
        encoded.append(number & 127 | 128)
        number >>= 7
    encoded.append(number)
    return bytes(encoded)


def read_varint(data, at):
    number = shift = 0
    while True:
        if at >= len(data):
            raise MalformedMessage("a number ends early")
        byte = data[at]
        at += 1
        number |= (byte & 127) << shift
        if byte < 128:
            return number, at
        shift += 7


def encode(*fields):
    """A protobuf message of (number, value) pairs: integers, booleans, bytes and texts; None is left out."""
    message = bytearray()
    for number, value in fields:
        if value is None:
            continue
        if isinstance(value, int):
            message += varint(number << 3) + varint(int(value))
            continue
        if isinstance(value, str):
            value = value.encode()
        message += varint(number << 3 | 2) + varint(len(value)) + value
    return bytes(message)


def decode(data):
    """The fields of a protobuf message: number to list of values."""
    fields = {}
    at = 0
    while at < len(data):
        tag, at = read_varint(data, at)
        wire = tag & 7
        if wire == 0:
            value, at = read_varint(data, at)
        elif wire in (1, 2, 5):
            count = 8 if wire == 1 else 4
            if wire == 2:
                count, at = read_varint(data, at)
            value, at = data[at : at + count], at + count
        else:
            raise MalformedMessage(f"wire type {wire}")
        fields.setdefault(tag >> 3, []).append(value)
    return fields


def multiaddr_bytes(text):
    """The binary form of a direct TCP address, with or without a peer."""
    parts = text.strip("/").split("/")
    encoded = bytearray()
    while parts:
        name = parts.pop(0)
        if name == "ip4":
            encoded += varint(IP4) + socket.inet_aton(parts.pop(0))
        elif name == "tcp":
            encoded += varint(TCP) + struct.pack(">H", int(parts.pop(0)))
        elif name == "p2p":
            peer = base58_decode(parts.pop(0))
            encoded += varint(P2P) + varint(len(peer)) + peer
        else:
            raise MalformedMessage(f"{text}: /{name} is not known here")
    return bytes(encoded)


def multiaddr_text(data):
    text = ""
    at = 0
    while at < len(data):
        code, at = read_varint(data, at)
        if code == IP4:
            text, at = text + "/ip4/" + socket.inet_ntoa(data[at : at + 4]), at + 4
        elif code == IP6:
            text, at = text + "/ip6/" + socket.inet_ntop(socket.AF_INET6, data[at : at + 16]), at + 16
        elif code in PORT_NAMES:
            text, at = text + f"/{PORT_NAMES[code]}/{struct.unpack('>H', data[at : at + 2])[0]}", at + 2
        elif code in BARE_NAMES:
            text += "/" + BARE_NAMES[code]
        elif code == P2P:
            count, at = read_varint(data, at)
            text, at = text + "/p2p/" + base58_encode(data[at : at + count]), at + count
        else:
            return text + f"/unknown-{code}"
    return text


def key_type_of(public_key):
    return KEY_TYPE_NAMES.get(decode(public_key).get(1, [None])[0])


def parse_identify(stream_bytes):
    """The identify message of a stream: varint length, then protobuf (identify specification)."""
    length, at = read_varint(stream_bytes, 0)
    if len(stream_bytes) < at + length:
        raise MalformedMessage(f"identify ends after {len(stream_bytes) - at} bytes of {length}")
    fields = decode(stream_bytes[at : at + length])
    return Identified(
        agent=fields.get(6, [b""])[0].decode(),
        protocols=sorted(protocol.decode() for protocol in fields.get(3, [])),
        listen_addresses=[multiaddr_text(address) for address in fields.get(2, [])],
        observed=multiaddr_text(fields[4][0]) if 4 in fields else None,
        key_type=key_type_of(fields.get(1, [b""])[0]),
    )
