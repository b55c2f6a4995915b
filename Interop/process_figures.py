"""What the kernel says of a running process: open files, resident memory, processor time, limits."""

import os

TICKS = os.sysconf("SC_CLK_TCK")


def open_files(process_id):
    return len(os.listdir(f"/proc/{process_id}/fd"))


def limits_of_open_files(process_id):
    """The soft and the hard limit."""
    with open(f"/proc/{process_id}/limits") as limits:
        for line in limits:
            if line.startswith("Max open files"):
                soft, hard = line.split()[3:5]
                return int(soft), int(hard)
    raise OSError(f"/proc/{process_id}/limits has no line for open files")


def resident(process_id):
    """Resident memory in KiB: all of it, and the part that no file backs, which is the heap and the stacks."""
    sizes = {}
    with open(f"/proc/{process_id}/status") as status:
        for line in status:
            name, _, rest = line.partition(":")
            if name in ("VmRSS", "RssAnon"):
                sizes[name] = int(rest.split()[0])
    return sizes["VmRSS"], sizes["RssAnon"]


def processor_seconds(process_id):
    """User and system time of all threads, in steps of a kernel tick."""
    with open(f"/proc/{process_id}/stat") as stat:
        # The name in parentheses may hold spaces.
        fields = stat.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS
