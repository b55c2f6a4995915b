#!/usr/bin/env python3
"""Floods a node in each way that it knows, while an honest peer pings it. See Interop/README.md.

For each flood: the node's resident memory stays under its limit and a base, the honest peer's pings are all answered and fast
enough, newcomers are served, and the node says in its log, its events or its status what the cause was.

Exit code 0: all of that held. 1: something did not, and the last lines say what. 2: bad arguments, or a program is missing.
"""

import argparse
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading

from process_figures import processor_seconds, resident
from processes import Process, ProcessError, end_children_with_us

REPOSITORY = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PAGE = REPOSITORY + "/Docs/Security.md"
BEGIN, END = "<!-- floods -->", "<!-- end of floods -->"

MEMORY_LIMIT = 128
# What the limit does not count, in MiB: the program with its libraries, the loops' buffers, and what the allocator keeps of
# memory that was given back.
MEMORY_BASE = 32
PING_INTERVAL_MS = 20
PING_LIMIT_MS = 100
NEWCOMERS_SERVED = 0.95
# With so little memory a handshake has 32 places before the oldest gives way: who is slow to speak comes again.
NEWCOMERS_SERVED_BY = {"slow": 0.5}

# What is flooded, and what the node must say of it in its log, its events or its status.
FLOODS = {
    "connections": r"gave its place to a newer one",
    "streams": r"stream refused|refused.*stream|more streams than it may",
    "reset": r"more streams than it may",
    "garbage": r"inbound connection failed",
    "slow": r"the handshake gave its place to a newer one",
    "identify": r"stream refused.*/ipfs/id/push/1.0.0",
    "windows": r"more on stream 1 than its window allows",
    "pings": r"sends pings or streams but does not read the answers",
    "updates": r"small window updates without an end",
    "goaway": r"GoAways? or small window updates|closed by the peer",
    "halfopen": r"did not agree on a protocol|refused.*(memory|stream)",
}


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", metavar="DIR", default=f"{REPOSITORY}/.build/release", help="where our programs are")
    parser.add_argument("--seconds", type=int, help="how long each flood lasts (60)")
    parser.add_argument("--quick", action="store_true", help="5 seconds each, and Docs/Security.md stays as it is")
    parser.add_argument("--ping-limit", type=float, default=PING_LIMIT_MS, help="milliseconds for the p99 of pings")
    parser.add_argument("--no-report", action="store_true", help="leave Docs/Security.md as it is")
    parser.add_argument("flood", nargs="*", help="only these")
    options = parser.parse_args()
    options.seconds = options.seconds or (5 if options.quick else 60)
    options.flood = options.flood or list(FLOODS)
    for name in options.flood:
        if name not in FLOODS:
            parser.error(f"there is no flood {name}: {', '.join(FLOODS)}")
    for name in ("apus", "hostile-peer"):
        if not os.access(f"{options.bin}/{name}", os.X_OK):
            parser.error(f"there is no program {options.bin}/{name}; make release builds it")
    return options


class Memory:
    """The most resident memory that a process was seen with, in MiB."""

    def __init__(self, process_id):
        self.most = 0
        self._process_id = process_id
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _watch(self):
        while not self._end.wait(0.1):
            try:
                self.most = max(self.most, resident(self._process_id)[0] / 1024)
            except (OSError, KeyError):
                return

    def stop(self):
        self._end.set()
        self._thread.join()
        return self.most


class Newcomers:
    """Peers that come while the flood goes on, one after the other: each connects and pings once."""

    def __init__(self, options, address):
        self.served = self.refused = 0
        self.said = ""
        self._command = [f"{options.bin}/apus", "ping", address, "--count", "1", "--json"]
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._come, daemon=True)
        self._thread.start()

    def _come(self):
        while not self._end.wait(0.5):
            done = subprocess.run(self._command, stdin=subprocess.DEVNULL, capture_output=True, check=False)
            if done.returncode == 0:
                self.served += 1
            else:
                self.refused += 1
                self.said = done.stderr.decode(errors="backslashreplace").strip()

    def stop(self):
        self._end.set()
        self._thread.join()
        return self.served, self.served + self.refused, self.said


def start_node(options, logs, name, directory):
    arguments = [f"{options.bin}/apus", "run", "--json", "--data-dir", directory, "--memory-limit", f"{MEMORY_LIMIT}MiB"]
    arguments += ["--listen", "/ip4/127.0.0.1/tcp/0", "--log-level", "info"]
    node = Process(arguments, f"{logs}/{name}-node.log", name="the node")
    address = node.take_object(lambda line: line.get("event") == "listening", 20, "listening event")["address"]
    return node, address


def start_pings(options, logs, name, address, seconds):
    count = seconds * 1000 // PING_INTERVAL_MS
    arguments = [f"{options.bin}/apus", "ping", address, "--count", str(count), "--interval", f"{PING_INTERVAL_MS}ms"]
    return Process([*arguments, "--json"], f"{logs}/{name}-ping.log", name="the honest peer")


def objects(text):
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]


def measure(options, logs, flood):
    """One flood, or none; gives what was seen of the node and of the pings."""
    name = flood or "nothing"
    with tempfile.TemporaryDirectory() as directory:
        node, address = start_node(options, logs, name, directory)
        pings = start_pings(options, logs, name, address, options.seconds)
        pings.take(lambda line: "rtt_ms" in line, 20, "first answer to a ping")
        memory = Memory(node.child.pid)
        newcomers = Newcomers(options, address)
        busy = processor_seconds(node.child.pid)
        end = {"strikes": 0, "refusals": 0}
        if flood:
            arguments = [f"{options.bin}/hostile-peer", flood, "--addr", address, "--seconds", str(options.seconds)]
            hostile = Process(arguments, f"{logs}/{name}-hostile.log")
            end = hostile.take_object(lambda line: line.get("event") == "end", options.seconds + 60, "end of the flood")
            hostile.wait(20)
        served, came, unserved = newcomers.stop()
        code = pings.wait(options.seconds * 5 + 60)
        node.send_signal(signal.SIGUSR1)
        status = node.take_object(lambda line: line.get("event") == "status", 20, "status")
        busy = processor_seconds(node.child.pid) - busy
        most = memory.stop()
        node.stop()
    answers = [line for line in objects(pings.output()) if line.get("event") == "ping"]
    times = sorted(line["rtt_ms"] for line in answers if line["rtt_ms"] is not None)
    with open(node.log_path, errors="backslashreplace") as log:
        said = [*log.read().splitlines(), *node.output().splitlines(), json.dumps(status)]
    return {
        "flood": name, "strikes": end["strikes"], "refusals": end["refusals"], "memory": most, "code": code,
        "lost": len(answers) - len(times), "pings": len(times), "times": times or [float("inf")], "said": said,
        "served": served, "came": came, "unserved": unserved, "refused": status["resources"].get("refused", []), "busy": busy,
    }


def cause(result):
    """The line in which the node says what the matter was, cut for the table; nothing where it says nothing."""
    wanted = FLOODS.get(result["flood"]) or "."
    found = [line for line in result["said"] if re.search(wanted, line)]
    return found[-1] if found else ""


def percentile(times, part):
    return times[min(len(times) - 1, int(len(times) * part))]


def problems_of(options, result):
    name = result["flood"]
    problems = []
    if result["memory"] > MEMORY_LIMIT + MEMORY_BASE:
        problems.append(f"{name}: {result['memory']:.0f} MiB are resident, more than {MEMORY_LIMIT} and {MEMORY_BASE}")
    if result["lost"] or result["code"]:
        problems.append(f"{name}: {result['lost']} pings of an honest peer were lost (exit code {result['code']})")
    # Of few that come one may fail; they come twice a second, or something held them up.
    allowed = max(1, result["came"] * (1 - NEWCOMERS_SERVED_BY.get(name, NEWCOMERS_SERVED)))
    if FLOODS.get(name) and (result["came"] < options.seconds / 2 or result["came"] - result["served"] > allowed):
        problems.append(f"{name}: of {result['came']} newcomers {result['served']} were served: {result['unserved']}")
    if percentile(result["times"], 0.99) > options.ping_limit:
        problems.append(f"{name}: the p99 of honest pings is {percentile(result['times'], 0.99):.1f} ms")
    if FLOODS.get(name) and not cause(result):
        problems.append(f"{name}: the node does not say what the matter is")
    return problems


def row(result):
    refused = ", ".join(f"{entry['count']} × {entry['scope']} {entry['resource']}" for entry in result["refused"])
    times = result["times"]
    return (
        f"| {result['flood']} | {result['strikes']} | {result['memory']:.0f} | {result['busy']:.1f} | "
        f"{result['lost']} of {result['pings'] + result['lost']} | {percentile(times, 0.5):.1f} | "
        f"{percentile(times, 0.99):.1f} | {result['served']} of {result['came']} | {refused} |"
    )


def write(rows, seconds):
    with open(PAGE) as page:
        text = page.read()
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    head = [
        BEGIN, "",
        f"Each for {seconds} s, with a memory limit of {MEMORY_LIMIT} MiB and a base of {MEMORY_BASE} MiB.", "",
        "| flood | strikes | most MiB | CPU s | pings lost | p50 ms | p99 ms | newcomers served | refused |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    with open(PAGE, "w") as page:
        page.write(before + "\n".join([*head, *rows, "", END]) + after)


def main():
    options = parse_arguments()
    logs = REPOSITORY + "/.build-interop/floods"
    shutil.rmtree(logs, ignore_errors=True)
    end_children_with_us()
    problems, rows = [], []
    for flood in [None, *options.flood]:
        try:
            result = measure(options, logs, flood)
        except ProcessError as error:
            problems.append(f"{flood or 'nothing'}: {error}")
            continue
        problems += problems_of(options, result)
        rows.append(row(result))
        print(rows[-1], flush=True)
    if not (options.quick or options.no_report or len(options.flood) < len(FLOODS)):
        write(rows, options.seconds)
    for problem in problems:
        print(f"floods: {problem} (logs are in {logs})", file=sys.stderr)
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
