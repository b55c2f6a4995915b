"""What the drivers share whose streams come out as sockets: kubo's tunnels and p2pd's control socket."""

from processes import InOrder

from . import stream_protocols
from .base import ECHO, PERF, PING, REQUEST, Driver, DriverError

STREAM_SECONDS = 30
END_SECONDS = 10

SERVED = {
    ECHO: stream_protocols.serve_echo,
    REQUEST: stream_protocols.serve_requests,
    PERF: stream_protocols.serve_perf,
}


class SocketDriver(Driver):
    echoes_to_end = False

    def open(self, peer, protocol):
        """A socket that carries a new stream of that protocol."""
        raise NotImplementedError

    def open_for(self, peer, protocol):
        stream = self.open(peer, self.protocol_prefix + protocol)
        stream.settimeout(STREAM_SECONDS)
        return stream

    def ping(self, peer, count):
        with self.open_for(peer, PING) as stream:
            stream_protocols.ping(stream, count)

    def echo(self, peer, size, streams):
        """Length-delimited; all streams stand before the first byte is sent."""
        opened = [self.open_for(peer, REQUEST) for _ in range(streams)]
        try:
            works = [lambda stream=stream: stream_protocols.request(stream, size) for stream in opened]
            InOrder().run(works, STREAM_SECONDS)
        finally:
            for stream in opened:
                stream.close()

    def half_close(self, peer, up, down):
        with self.open_for(peer, PERF) as stream:
            stream_protocols.perf(stream, up, down)

    def reset(self, peer):
        stream_protocols.reset(self.open_for(peer, ECHO))

    def wait_for_ends(self):
        """The sockets cannot tell a reset from an end, but a stream that was reset must not stay open here."""
        server = self.servers[ECHO]
        if not server.wait_for_ends(END_SECONDS):
            raise DriverError(f"{self.label}: {server.open} streams are still open that were reset")

    def close_servers(self):
        for server in getattr(self, "servers", {}).values():
            server.close()
