"""Private networks: members of one find together both ways, and nobody else is let in, whoever dials and whoever has a key."""

import time

from drivers.base import DriverError
from drivers.json_driver import ApusDriver, GoDriver, RustDriver
from drivers.kubo_driver import KuboDriver
from results import BOTH, FAIL, PASS, STAND_IN, WE_DIAL, WE_LISTEN, Row, StandInLacks

SECTION = "private network"
PEERS = (GoDriver, RustDriver, KuboDriver)
# What each side has: our key, then theirs.
CASES = {
    "same key": ("a", "a"),
    "another key": ("a", "b"),
    "we have none": (None, "a"),
    "they have none": ("a", None),
}
ECHO_BYTES, STREAMS, STREAM_BYTES = 4 << 20, 20, 32 << 10
# The ten seconds that a handshake may take with us, and a little: a rust listener waits in silence for the end of a message
# whose length was noise.
REFUSAL_SECONDS = 12
REFUSAL_TEXT = "not in this private network"


class PrivateNetworks:
    def __init__(self, site, stand, report):
        self.site, self.stand, self.report = site, stand, report
        self.us = self.them = None

    def run(self, peer_classes):
        rows = []
        for peer_class in peer_classes:
            if peer_class not in PEERS:
                continue
            for direction in (WE_DIAL, WE_LISTEN):
                for case, keys in CASES.items():
                    row = Row(SECTION, f"{peer_class.name}, {direction}", "", "", BOTH, case)
                    self.attempt(row, lambda p=peer_class, d=direction, k=keys: self.meet(p, d, *k))
                    rows.append(row)
        return rows

    def attempt(self, row, ask):
        start = time.monotonic()
        try:
            ask()
            row.status = PASS
        except StandInLacks as error:
            row.status, row.reason = STAND_IN, str(error)
        except Exception as error:  # whatever it is, the row names it
            row.status, row.reason = FAIL, str(error) or repr(error)
        row.seconds = time.monotonic() - start
        self.report(row, self)
        for driver in (self.us, self.them):
            if driver:
                driver.stop()
        self.us = self.them = None

    def key_file(self, name):
        """The file that Kubo's documents say to make, with a key that every run has."""
        path = f"{self.site.work_directory}/swarm-{name}.key"
        with open(path, "w") as file:
            file.write(f"/key/swarm/psk/1.0.0/\n/base16/\n{name * 64}\n")
        return path

    def meet(self, peer_class, direction, our_key, their_key):
        label = f"pnet-{peer_class.name}-{direction.replace(' ', '-')}-{our_key}-{their_key}"
        self.us = ApusDriver(self.site, label + "-us")
        if our_key:
            self.us.join_private_network(self.key_file(our_key))
        self.us.start("ed25519", self.stand.agent, options=self.stand.options)
        self.them = peer_class(self.site, label)
        if their_key:
            self.them.join_private_network(self.key_file(their_key))
        self.them.start("ed25519")
        dialler, listener = (self.us, self.them) if direction == WE_DIAL else (self.them, self.us)
        if our_key == their_key:
            self.exchange(dialler, listener)
        else:
            self.refusal(dialler, listener, our_key)

    def exchange(self, dialler, listener):
        dialler.connect(listener.addresses[0])
        dialler.wait_connected(listener.peer)
        listener.wait_connected(dialler.peer)
        self.us.ping(self.them.peer, 3)
        self.them.ping(self.us.peer, self.them.pings)
        if self.them.echoes_to_end:
            self.us.echo(self.them.peer, ECHO_BYTES, 1)
            self.us.echo(self.them.peer, STREAM_BYTES, STREAMS)
        else:
            self.us.request(self.them.peer, ECHO_BYTES, 1, self.them.protocol_prefix)
            self.us.request(self.them.peer, STREAM_BYTES, STREAMS, self.them.protocol_prefix)
        self.them.echo(self.us.peer, ECHO_BYTES, 1)
        self.us.ping(self.them.peer, 1)

    def refusal(self, dialler, listener, our_key):
        start = time.monotonic()
        try:
            dialler.connect(listener.addresses[0])
        except DriverError as error:
            said = str(error)
        else:
            raise DriverError("they are connected")
        seconds = time.monotonic() - start
        if self.us.connections(self.them.peer):
            raise DriverError("a connection stands all the same")
        if dialler is not self.us:
            return
        if seconds > REFUSAL_SECONDS:
            raise DriverError(f"our dial failed only after {seconds:.1f} s: {said}")
        if our_key and REFUSAL_TEXT not in said:
            raise DriverError(f"our dial does not say why it failed: {said}")
