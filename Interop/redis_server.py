"""A redis-server of the run's own, where the official suites' contracts meet."""

import socket

from drivers.base import DriverError
from processes import Process, free_port

READY_SECONDS = 10


class RedisServer:
    def __init__(self, site):
        self.port = free_port()
        self.address = f"127.0.0.1:{self.port}"
        arguments = ["redis-server", "--port", self.port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        arguments += ["--dir", site.work_directory]
        self.process = Process(arguments, site.log_directory + "/redis.log", merge_errors=True)
        self.process.take(lambda line: "Ready to accept connections" in line, READY_SECONDS, "ready line of redis")

    def ask(self, *words):
        """One command that is answered with one line."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=READY_SECONDS) as connection:
            request = f"*{len(words)}\r\n" + "".join(f"${len(word)}\r\n{word}\r\n" for word in words)
            connection.sendall(request.encode())
            answer = connection.makefile("rb").readline().decode().strip()
        if answer.startswith("-"):
            raise DriverError(f"redis: {answer}")
        return answer

    def clear(self):
        self.ask("FLUSHALL")

    def stop(self):
        self.process.stop()
