"""Child processes: each in a group of its own, its lines read as they come, ended whatever happens to the run."""

import atexit
import collections
import json
import os
import queue
import signal
import socket
import subprocess
import sys
import threading
import time

STOP_SECONDS = 4

_running = set()
_running_lock = threading.Lock()


class ProcessError(Exception):
    """A process that could not be started, ended too early or was silent too long."""


def free_port():
    """A TCP port of the loopback that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def run_program(command, seconds, environment=None):
    """Runs a program that reads nothing to its end, and gives its exit code and what it wrote, as texts."""
    return subprocess.run(
        command,
        env=dict(os.environ) | (environment or {}),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=seconds,
        text=True,
        check=False,
    )


class Process:
    """One child with line-wise output. Standard error goes to a log file, whose tail a failure shows.

    `consume`, called by the reading thread, sees each line first; what it answers true for is not kept.
    """

    def __init__(self, arguments, log_path, environment=None, merge_errors=False, consume=None, name=None):
        self.arguments = [str(argument) for argument in arguments]
        self.name = name or os.path.basename(self.arguments[0])
        self.log_path = str(log_path)
        os.makedirs(os.path.dirname(self.log_path), exist_ok=True)
        self.lines = collections.deque()
        self._ended = False
        self._changed = threading.Condition()
        self._consume = consume
        full_environment = dict(os.environ)
        full_environment.update(environment or {})
        with open(self.log_path, "ab") as log:
            log.write(("$ " + " ".join(self.arguments) + "\n").encode())
            log.flush()
            try:
                self.child = subprocess.Popen(
                    self.arguments,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT if merge_errors else log,
                    env=full_environment,
                    start_new_session=True,
                )
            except OSError as error:
                raise ProcessError(f"cannot start {self.arguments[0]}: {error}") from error
        with _running_lock:
            _running.add(self)
        self._merged_log = open(self.log_path, "ab") if merge_errors else None
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for raw in self.child.stdout:
            if self._merged_log:
                self._merged_log.write(raw)
                self._merged_log.flush()
            line = raw.decode("utf-8", "backslashreplace").rstrip("\r\n")
            if self._consume and self._consume(line):
                continue
            with self._changed:
                self.lines.append(line)
                self._changed.notify_all()
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def take(self, wanted, timeout, what):
        """Waits for the first line for which `wanted` answers something true, removes it and gives that answer."""
        deadline = time.monotonic() + timeout
        with self._changed:
            while True:
                for index, line in enumerate(self.lines):
                    found = wanted(line)
                    if found:
                        del self.lines[index]
                        return found
                if self._ended:
                    raise ProcessError(f"{self.name} ended while {what} was awaited")
                left = deadline - time.monotonic()
                if left <= 0:
                    raise ProcessError(f"{self.name}: no {what} within {timeout:g} s")
                self._changed.wait(left)

    def take_object(self, wanted, timeout, what):
        """Like `take`, for lines that are JSON objects."""

        def parsed(line):
            if not line.startswith("{"):
                return None
            try:
                value = json.loads(line)
            except ValueError:
                return None
            return value if isinstance(value, dict) and wanted(value) else None

        return self.take(parsed, timeout, what)

    def send(self, line):
        try:
            self.child.stdin.write(line.encode() + b"\n")
            self.child.stdin.flush()
        except OSError as error:
            raise ProcessError(f"{self.name} takes no more input: {error}") from error

    def wait(self, timeout):
        """The exit code, once the process has ended and all it printed is read."""
        try:
            code = self.child.wait(timeout)
        except subprocess.TimeoutExpired as error:
            raise ProcessError(f"{self.name} did not end within {timeout:g} s") from error
        deadline = time.monotonic() + STOP_SECONDS
        with self._changed:
            while not self._ended and time.monotonic() < deadline:
                self._changed.wait(deadline - time.monotonic())
        with _running_lock:
            _running.discard(self)
        return code

    @property
    def running(self):
        return self.child.poll() is None

    def output(self):
        with self._changed:
            return "\n".join(self.lines)

    def send_signal(self, number):
        try:
            os.killpg(self.child.pid, number)
        except (ProcessLookupError, PermissionError):
            pass

    def stop(self, gently=signal.SIGTERM, patience=STOP_SECONDS):
        """Ends the process: the gentle signal first, then the one that cannot be refused. Gives the exit code."""
        if self.running and gently is not None:
            self.send_signal(gently)
            try:
                self.child.wait(patience)
            except subprocess.TimeoutExpired:
                pass
        self.send_signal(signal.SIGKILL)
        code = self.child.wait()
        with _running_lock:
            _running.discard(self)
        return code

    def log_tail(self, lines=15):
        try:
            with open(self.log_path, errors="backslashreplace") as log:
                return "".join(collections.deque(log, lines)).rstrip()
        except OSError:
            return ""


def stop_all():
    """Ends every process that still runs, without waiting for good manners."""
    with _running_lock:
        left = list(_running)
    for process in left:
        process.send_signal(signal.SIGKILL)
    for process in left:
        try:
            process.child.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            pass
    with _running_lock:
        _running.clear()


def end_children_with_us():
    """Makes a normal end, SIGINT and SIGTERM take all children along."""
    atexit.register(stop_all)

    def interrupted(number, _frame):
        stop_all()
        sys.exit(128 + number)

    signal.signal(signal.SIGINT, interrupted)
    signal.signal(signal.SIGTERM, interrupted)


class InOrder:
    """Collects what threads of one row raise, so that the row can raise the first of it."""

    def __init__(self):
        self._errors = queue.SimpleQueue()

    def run(self, works, timeout):
        threads = [threading.Thread(target=self._guard, args=(work,), daemon=True) for work in works]
        for thread in threads:
            thread.start()
        deadline = time.monotonic() + timeout
        for thread in threads:
            thread.join(max(0, deadline - time.monotonic()))
            if thread.is_alive():
                raise ProcessError(f"not done within {timeout:g} s")
        if not self._errors.empty():
            raise self._errors.get()

    def _guard(self, work):
        try:
            work()
        except Exception as error:  # whatever it is, it is the row's failure
            self._errors.put(error)
