"""Very many connections at once that stand for minutes, with pings over samples of them all the time."""

import random
import time
from functools import partial

from command_peer import CommandError, CommandPeer
from process_figures import limits_of_open_files, open_files, resident
from processes import Process, ProcessError
from soak_cycles import SoakError, end

# The soft limit that our process starts with: too low for the connections unless it raises it to the hard one.
STARTING_LIMIT = 64
# Of the connections to us, those of whole go nodes, which answer pings. The clients of `go-peer bench idle` answer
# every stream with "na": that is asked of samples of them, and shows as well that a connection carries bytes.
WHOLE_NODES = 16
SAMPLED = 20
PING_SECONDS = 10
OPEN_SECONDS = 180
ROUND_SECONDS = 1
REPORT_SECONDS = 60
NOT_AVAILABLE = "supports none of the protocols"
FORMAT = "{:<12} {:>8} {:>12} {:>9} {:>8} {:>10} {:>10} {:>10}"
HEADINGS = ("role", "seconds", "connections", "open fds", "RSS KiB", "answered", "p50 ms", "max ms")


def with_low_limit(arguments):
    return ["/bin/sh", "-c", f'ulimit -S -n {STARTING_LIMIT} && exec "$@"', "sh", *arguments]


class Watch:
    """Probes samples of the standing connections until the time is over, and keeps account."""

    def __init__(self, role, process_id, standing):
        self.role = role
        self.process_id = process_id
        self.standing = standing
        self.times = []
        self.answered = 0
        self.before = resident(process_id)[0]
        # Which connections are sampled does not matter, that it is the same in every run does.
        self.random = random.Random(4)

    def run(self, seconds, probes):
        """`probes` takes the generator and gives one round's probes, each of which raises what went wrong."""
        start = time.monotonic()
        next_report = start + min(REPORT_SECONDS, seconds / 4)
        while (now := time.monotonic()) < start + seconds:
            for probe in probes(self.random):
                asked = time.monotonic()
                probe()
                self.times.append(1000 * (time.monotonic() - asked))
                self.answered += 1
            if time.monotonic() >= next_report:
                self.report(time.monotonic() - start)
                next_report += min(REPORT_SECONDS, seconds / 4)
            time.sleep(max(0, now + ROUND_SECONDS - time.monotonic()))
        self.report(time.monotonic() - start)

    def report(self, seconds):
        times = sorted(self.times) or [0]
        figures = (open_files(self.process_id), resident(self.process_id)[0], self.answered)
        middle, most = f"{times[len(times) // 2]:.1f}", f"{times[-1]:.1f}"
        print(FORMAT.format(self.role, f"{seconds:.0f}", self.standing(), *figures, middle, most), flush=True)
        self.times = []


def check_limit(process_id, connections):
    soft, hard = limits_of_open_files(process_id)
    if soft != hard:
        raise SoakError(f"the soft limit of open files is {soft}, not the hard one, {hard}")
    if open_files(process_id) < connections:
        raise SoakError(f"{connections} connections with {open_files(process_id)} open files cannot be")


def ping(peer, target, what):
    try:
        peer.command("ping", peer=target, count=1, limit=PING_SECONDS)
    except CommandError as error:
        raise SoakError(f"a ping {what} was not answered: {error}") from error


def ask_in_vain(peer, target):
    """Opens a ping stream to a client without services, which must say that it has none."""
    try:
        peer.command("ping", peer=target, count=1, limit=PING_SECONDS)
    except CommandError as error:
        if NOT_AVAILABLE in str(error):
            return
        raise SoakError(f"a standing connection gave no answer to a new stream: {error}") from error
    raise SoakError("a client without services answered a ping")


def check_end(client, connections, lost, seconds):
    """Takes the result of `bench idle`, and compares."""
    result = client.take_object(lambda line: line.get("event") == "end", seconds, "end of bench idle")
    if lost:
        raise SoakError(f"{lost} connections were lost in {result['seconds']:.0f} s")
    if result["alive"] != connections:
        raise SoakError(f"{result['alive']} of {connections} connections were alive at the end")
    client.wait(60)


def open_idle(arguments, log_path, count, seconds, name=None):
    """Starts `bench idle` and waits until all stand; it counts its seconds from then on."""
    arguments = [*arguments, "--connections", str(count), "--seconds", str(seconds)]
    client = Process(arguments, log_path, name=name)
    opened = client.take_object(lambda line: line.get("event") == "open", OPEN_SECONDS, "all connections to open")
    if opened["connections"] != count:
        raise SoakError(f"{opened['connections']} of {count} connections opened")
    return client


def we_listen(apus, go, logs, connections, seconds):
    us = CommandPeer(with_low_limit([apus, "run"]), f"{logs}/standing-we-listen.log", "our peer")
    nodes = [
        CommandPeer([go, "run", "--connect", us.address], f"{logs}/standing-node-{number}.log")
        for number in range(min(WHOLE_NODES, connections))
    ]
    whole = {node.peer for node in nodes}
    idle = connections - len(nodes)
    arguments = [go, "bench", "idle", "--addr", us.address]
    # The idle clients stay a little longer than they are watched.
    client = open_idle(arguments, f"{logs}/standing-idle-go.log", idle, seconds + 5)
    if not us.wait_standing(connections, OPEN_SECONDS):
        raise SoakError(f"{len(us.standing_peers())} of {connections} peers are connected")
    check_limit(us.process_id, connections)
    clients = [peer for peer in us.standing_peers() if peer not in whole]

    def probes(generator):
        for node in nodes:
            yield partial(ping, us, node.peer, "of ours to go")
            yield partial(ping, node, us.peer, "of go's to us")
        for peer in generator.sample(clients, min(SAMPLED, len(clients))):
            yield partial(ask_in_vain, us, peer)

    watch = Watch("we listen", us.process_id, lambda: len(us.standing_peers()))
    watch.run(seconds, probes)
    check_end(client, idle, us.lost, 60)
    end([us, *nodes])


def we_dial(apus, go, logs, connections, seconds):
    them = CommandPeer([go, "run", "--no-limits"], f"{logs}/standing-go.log")
    arguments = with_low_limit([apus, "bench", "idle", "--addr", them.address])
    client = open_idle(arguments, f"{logs}/standing-idle-apus.log", connections, seconds + 5, "our peer")
    if not them.wait_standing(connections, OPEN_SECONDS):
        raise SoakError(f"{len(them.standing_peers())} of {connections} peers are connected to go")
    check_limit(client.child.pid, connections)
    peers = them.standing_peers()

    def probes(generator):
        for peer in generator.sample(peers, min(SAMPLED + WHOLE_NODES, len(peers))):
            yield partial(ping, them, peer, "of go's to a client of ours")

    watch = Watch("we dial", client.child.pid, lambda: len(them.standing_peers()))
    watch.run(seconds, probes)
    check_end(client, connections, them.lost, 60)
    code = them.stop()
    if code != 0:
        raise ProcessError(f"{them.process.name} ended with exit code {code}")
