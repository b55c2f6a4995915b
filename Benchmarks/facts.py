"""What a reader must know of a run: machine, versions, commit, arguments, and whether the machine was quiet."""

import datetime
import os
import platform
import shlex
import subprocess
import sys

# More processes than this that wanted to run, on average over the last minute, spoil the figures.
QUIET_LOAD = 0.5


def processor():
    with open("/proc/cpuinfo") as info:
        names = [line.partition(":")[2].strip() for line in info if line.startswith("model name")]
    return f"{names[0] if names else platform.machine()}, {os.cpu_count()} cores"


def memory():
    with open("/proc/meminfo") as info:
        return f"{int(info.readline().split()[1]) / (1 << 20):.0f} GiB of memory"


def congestion_control():
    """What decides how fast the system's TCP sends: one that paces by timers costs much on the loopback."""
    try:
        with open("/proc/sys/net/ipv4/tcp_congestion_control") as setting:
            return setting.read().strip()
    except OSError:
        return "unknown"


def commit(repository):
    """Which sources stand in the repository; "-dirty" behind it says that some are not in the commit."""
    command = ["git", "-C", repository, "describe", "--always", "--dirty"]
    try:
        said = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    except OSError:
        return "unknown"
    return said.stdout.strip() or "unknown"


def before_run(repository):
    """The facts that the run itself would change."""
    load = os.getloadavg()[0]
    facts = [
        ("date", datetime.date.today().isoformat()),
        ("commit", commit(repository)),
        ("machine", f"{processor()}, {memory()}, {system()}, Linux {platform.release()}"),
        ("TCP", f"congestion control {congestion_control()}"),
        ("load", f"{load:.2f} over the minute before"),
    ]
    if load > QUIET_LOAD:
        facts.append(("warning", "the machine was busy before the run: the figures will not hold"))
    return facts


def system():
    return platform.freedesktop_os_release().get("PRETTY_NAME", platform.system())


def of_run(versions, rounds, seconds):
    """`rounds` says in words how many there were."""
    command = shlex.join(["Benchmarks/compare.py", *sys.argv[1:]])
    return [("versions", "; ".join(versions)), ("run", f"`{command}`: {rounds}, {seconds / 60:.1f} minutes")]
