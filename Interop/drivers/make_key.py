#!/usr/bin/env python3
"""Makes an identity for peers that take one from a file or their configuration (kubo, p2pd).

make_key.py TYPE prints one JSON object: peer, and private, the libp2p PrivateKey protobuf in base64.
Runs under the Python that has the cryptography package.
"""

import base64
import hashlib
import json
import sys

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

RSA, ED25519, SECP256K1, ECDSA = 0, 1, 2, 3
RAW = serialization.Encoding.Raw
DER = serialization.Encoding.DER
NO_ENCRYPTION = serialization.NoEncryption()
ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
LARGEST_INLINE_KEY = 42


def varint(number):
    encoded = bytearray()
    while number > 127:
        encoded.append(number & 127 | 128)
        number >>= 7
    return bytes(encoded + bytes([number]))


def protobuf(kind, data):
    return b"\x08" + varint(kind) + b"\x12" + varint(len(data)) + data


def base58(data):
    number = int.from_bytes(data, "big")
    text = ""
    while number:
        number, digit = divmod(number, 58)
        text = ALPHABET[digit] + text
    return "1" * (len(data) - len(data.lstrip(b"\0"))) + text


def peer_id(public):
    if len(public) <= LARGEST_INLINE_KEY:
        return base58(b"\0" + bytes([len(public)]) + public)
    return base58(b"\x12\x20" + hashlib.sha256(public).digest())


def make(key_type):
    """The private and the public key as libp2p protobufs (peer-ids specification)."""
    if key_type == "ed25519":
        key = ed25519.Ed25519PrivateKey.generate()
        public = key.public_key().public_bytes(RAW, serialization.PublicFormat.Raw)
        seed = key.private_bytes(RAW, serialization.PrivateFormat.Raw, NO_ENCRYPTION)
        return protobuf(ED25519, seed + public), protobuf(ED25519, public)
    if key_type == "secp256k1":
        key = ec.generate_private_key(ec.SECP256K1())
        point = serialization.Encoding.X962
        public = key.public_key().public_bytes(point, serialization.PublicFormat.CompressedPoint)
        return protobuf(SECP256K1, key.private_numbers().private_value.to_bytes(32, "big")), protobuf(SECP256K1, public)
    kind = RSA if key_type == "rsa" else ECDSA
    key = rsa.generate_private_key(65537, 2048) if kind == RSA else ec.generate_private_key(ec.SECP256R1())
    private = key.private_bytes(DER, serialization.PrivateFormat.TraditionalOpenSSL, NO_ENCRYPTION)
    public = key.public_key().public_bytes(DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return protobuf(kind, private), protobuf(kind, public)


def main():
    private, public = make(sys.argv[1])
    print(json.dumps({"peer": peer_id(public), "private": base64.b64encode(private).decode()}))


if __name__ == "__main__":
    main()
