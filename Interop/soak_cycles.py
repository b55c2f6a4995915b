"""Connect, ping, close, many times: what our process holds afterwards is what it held after the first thousand."""

import math
import time

from command_peer import CommandError, CommandPeer
from process_figures import open_files, resident
from processes import InOrder, Process, ProcessError

BASELINE_CYCLES = 1_000
ALLOWED_GROWTH = 0.05
# Peers that we dial, each in a chain of its own: one peer alone leaves our process waiting most of the time.
DIALLED_PEERS = 4
DIALLING_WORKERS = 8
SETTLE_SECONDS = 8
BATCH_SECONDS = 600
FORMAT = "{:>8} {:>9} {:>12} {:>14} {:>12}"


class SoakError(Exception):
    """What the soak must not find."""


class Samples:
    """Figures of our process after so many cycles, printed as they come."""

    def __init__(self, title, process_id):
        self.process_id = process_id
        self.taken = []
        # Threads and pools that the first connections call for are part of the baseline, this is not.
        self.at_rest = open_files(process_id)
        print(f"\n{title}")
        print(FORMAT.format("cycles", "open fds", "RSS KiB", "of it anon", "cycles/s"), flush=True)
        self._print(0, self._figures(), 0)

    def _figures(self):
        return (open_files(self.process_id), *resident(self.process_id))

    def _settle(self):
        """Waits until the last connections are gone, at most for some seconds; a leak shows as the time that passed."""
        deadline = time.monotonic() + SETTLE_SECONDS
        while open_files(self.process_id) > self.at_rest and time.monotonic() < deadline:
            time.sleep(0.05)
        time.sleep(0.2)

    def take(self, cycles, seconds, done):
        self._settle()
        self.taken.append((cycles, self._figures()))
        self._print(cycles, self.taken[-1][1], done / seconds if seconds else 0)

    def _print(self, cycles, figures, rate):
        print(FORMAT.format(cycles, *figures, f"{rate:.0f}" if rate else ""), flush=True)

    def judge(self):
        """Compares the end with the first sample of at least the baseline's cycles."""
        baseline = next(figures for cycles, figures in self.taken if cycles >= BASELINE_CYCLES)
        end = self.taken[-1][1]
        changes = []
        for what, before, after in zip(("open files", "resident memory"), baseline, end):
            changes.append(f"{what} {100 * (after / before - 1):+.1f} %")
            if after > before * (1 + ALLOWED_GROWTH):
                raise SoakError(f"{what} grew from {before} to {after}: more than {ALLOWED_GROWTH:.0%}")
        print("since the baseline: " + ", ".join(changes), flush=True)


def batches(cycles):
    """Sizes of the batches after each of which a sample is taken: thousands, and what is left at the end."""
    return [min(BASELINE_CYCLES, cycles - start) for start in range(0, cycles, BASELINE_CYCLES)]


def we_dial(apus, go, logs, cycles):
    us = CommandPeer([apus, "run"], f"{logs}/cycles-we-dial.log")
    targets = [
        CommandPeer([go, "run", "--no-limits"], f"{logs}/cycles-dialled-{number}.log")
        for number in range(DIALLED_PEERS)
    ]
    samples = Samples(f"We dial, {DIALLED_PEERS} go peers in turn", us.process_id)
    done = 0
    for size in batches(cycles):
        start = time.monotonic()
        shares = [size // DIALLED_PEERS + (number < size % DIALLED_PEERS) for number in range(DIALLED_PEERS)]
        InOrder().run([chain(us, target, share) for target, share in zip(targets, shares)], BATCH_SECONDS)
        seconds = time.monotonic() - start
        if not us.wait_standing(0, SETTLE_SECONDS):
            raise SoakError(f"{len(us.standing_peers())} connections still stand after the disconnects")
        done += size
        samples.take(done, seconds, size)
    samples.judge()
    end([us, *targets])


def chain(us, target, count):
    def run():
        for number in range(count):
            try:
                us.command("connect", addr=target.address)
                us.command("ping", peer=target.peer, count=1)
                us.command("disconnect", peer=target.peer)
            except CommandError as error:
                raise SoakError(f"cycle {number + 1} of {count} with {target.address} failed: {error}") from error

    return run


def we_listen(apus, go, logs, cycles):
    us = CommandPeer([apus, "run"], f"{logs}/cycles-we-listen.log")
    samples = Samples(f"We listen, {DIALLING_WORKERS} go clients dial, with new keys in each run", us.process_id)
    done, rate = 0, 500.0
    while done < cycles:
        goal = min(BASELINE_CYCLES, cycles - done)
        batch, seconds = 0, 0.0
        while batch < goal:
            result = dial_for(go, us.address, max(0.2, math.ceil((goal - batch) / rate * 100) / 100), logs)
            if result["errors"]:
                raise SoakError(f"{result['errors']} of go's dials failed beside {result['connections']} that did not")
            batch += result["connections"]
            seconds += result["seconds"]
            rate = max(50.0, batch / seconds)
        if not us.wait_standing(0, SETTLE_SECONDS):
            raise SoakError(f"{len(us.standing_peers())} connections still stand after go has closed them")
        done += batch
        samples.take(done, seconds, batch)
    samples.judge()
    end([us])


def dial_for(go, address, seconds, logs):
    arguments = [go, "bench", "connect", "--addr", address, "--seconds", f"{seconds:.2f}"]
    client = Process([*arguments, "--parallel", str(DIALLING_WORKERS)], f"{logs}/cycles-dialling.log")
    result = client.take_object(lambda line: line.get("bench") == "connect", seconds + 60, "result")
    client.wait(10)
    return result


def end(peers):
    for peer in peers:
        code = peer.stop()
        if code != 0:
            raise ProcessError(f"{peer.process.name} ended with exit code {code}")
