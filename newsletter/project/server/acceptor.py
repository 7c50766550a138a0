"""Which connections are taken, which stay open, and whose long bodies are refused where they are too many."""

import resource
from collections import Counter
from collections.abc import Callable

from waitress.server import TcpWSGIServer

from newsletter.project.server.channel import Channel
from newsletter.project.server.refusals import ServiceUnavailable

MOST_CONNECTIONS = 1_000
"""Open at once. When another comes, connections that wait for nothing go, the oldest of the busiest client first."""
AT_ONCE = 64
"""Connections that are taken from the queue, or closed for others, between two looks at those that are open."""
MOST_OF_BODIES = 200_000_000
"""Bytes of all longer bodies that are here at once."""
MOST_OF_BODIES_PER_CLIENT = 130_000_000
"""Of those, bytes of one client: two imports, and there is room for somebody else's."""
BUSY = "Other large files are on their way. Nothing was kept. Try again in a minute."


class Acceptor(TcpWSGIServer):  # type: ignore[misc]
    """The listening socket, and the connections that came by it."""

    channel_class = Channel
    most = MOST_CONNECTIONS
    is_signed_in: Callable[[str], bool]
    """Whether somebody is signed in by the session with that key; asks the database."""

    def handle_accept(self) -> None:
        # Waitress takes one connection, then looks at all of them: a thousand would keep the next waiting for seconds.
        for _ in range(min(AT_ONCE, self.most)):
            before = len(self.active_channels)
            super().handle_accept()
            if len(self.active_channels) == before:
                return

    def make_room(self) -> None:
        """Close connections without a request where there are too many. Not while events are handled.

        The next connection would get the descriptor of a closed one, and with it the events that were seen for that.
        """
        too_many = len(self.active_channels) - self.most
        if too_many <= 0:
            return
        useless = [channel for channel in self.active_channels.values() if not channel.requests]
        by_network = Counter(channel.network for channel in useless)
        useless.sort(key=lambda channel: (-by_network[channel.network], channel.creation_time))
        for channel in useless[: too_many + self.most // 20]:
            channel.handle_close()

    def refuse_heavy_clients(self) -> None:
        """Where longer bodies are too many bytes together, the client that sends most of them loses the longest."""
        received: Counter[str] = Counter()
        coming: dict[str, list[Channel]] = {}
        for channel in self.active_channels.values():
            for request in channel.long_bodies:
                client = channel.client(request)
                received[client] += request.body_bytes_received
                if request is channel.request:
                    coming.setdefault(client, []).append(channel)
        while coming:
            client = max(coming, key=received.__getitem__)
            if received[client] <= MOST_OF_BODIES_PER_CLIENT and received.total() <= MOST_OF_BODIES:
                return
            longest = max(coming[client], key=lambda channel: channel.request.body_bytes_received)
            coming[client].remove(longest)
            if not coming[client]:
                del coming[client]
            received[client] -= longest.request.body_bytes_received
            longest.refuse(ServiceUnavailable(BUSY))


def most_connections() -> int:
    """How many connections the limit of open files allows: each may need one more file, for what it sends.

    Raises the process's limit as far as the system lets it.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 4 * MOST_CONNECTIONS
    if soft != resource.RLIM_INFINITY and soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return MOST_CONNECTIONS if soft == resource.RLIM_INFINITY else min(MOST_CONNECTIONS, max(soft // 4, 16))
