"""A peer under `run`, driven by many threads at once for a long time: answers go to who waits, events are counted."""

import itertools
import json
import threading

from processes import Process, ProcessError

READY_SECONDS = 20
COMMAND_SECONDS = 30


class CommandError(Exception):
    """The peer answered that a command was not done."""


class CommandPeer:
    def __init__(self, arguments, log_path, name=None, environment=None):
        self._numbers = itertools.count(1)
        self._changed = threading.Condition()
        self._waiting = set()
        self._answers = {}
        self.standing = {}
        self.lost = 0
        self.process = Process(arguments, log_path, environment, consume=self._consume, name=name)
        ready = self.process.take_object(lambda line: line.get("event") == "ready", READY_SECONDS, "ready event")
        self.peer = ready["peer"]
        self.address = ready["addrs"][0]

    @property
    def process_id(self):
        return self.process.child.pid

    def _consume(self, line):
        try:
            value = json.loads(line)
        except ValueError:
            return False
        if "reply" in value:
            with self._changed:
                # An answer that comes after its wait was given up is of no use to anyone.
                if value.get("id") in self._waiting:
                    self._answers[value["id"]] = value
                    self._changed.notify_all()
            return True
        if value.get("event") in ("connected", "disconnected"):
            self._note(value["peer"], value["event"] == "connected")
            return True
        return value.get("event") != "ready"

    def _note(self, peer, came):
        with self._changed:
            left = self.standing.get(peer, 0) + (1 if came else -1)
            if left:
                self.standing[peer] = left
            else:
                self.standing.pop(peer, None)
            self.lost += not came
            self._changed.notify_all()

    def command(self, name, limit=COMMAND_SECONDS, **fields):
        """Sends one command and waits for its answer; any number of threads may do so at once."""
        number = next(self._numbers)
        with self._changed:
            self._waiting.add(number)
            self.process.send(json.dumps({"cmd": name, "id": number, "timeout_s": limit, **fields}))
            told = self._changed.wait_for(lambda: number in self._answers, limit + 5)
            self._waiting.discard(number)
            if not told:
                raise ProcessError(f"{self.process.name}: no answer to {name} within {limit + 5} s")
            answer = self._answers.pop(number)
        if not answer.get("ok"):
            raise CommandError(answer.get("error", "failed without a reason"))
        return answer

    def wait_standing(self, count, timeout):
        """Waits until exactly so many peers are connected; false where they are not in time."""
        with self._changed:
            return self._changed.wait_for(lambda: len(self.standing) == count, timeout)

    def standing_peers(self):
        with self._changed:
            return sorted(self.standing)

    def stop(self):
        return self.process.stop()
