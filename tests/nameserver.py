"""A real DNS server on loopback that says what a test tells it to."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Thread

from dnslib import CNAME, QTYPE, RCODE, RR, TXT, A, DNSRecord
from dnslib.server import BaseResolver, DNSHandler, DNSLogger, DNSServer


@dataclass
class Zone(BaseResolver):  # type: ignore[misc]
    """What it answers; changed while it runs."""

    texts: dict[str, list[list[str]]] = field(default_factory=dict)
    """Records by name; each is a list of strings."""
    aliases: dict[str, str] = field(default_factory=dict)
    addresses: set[str] = field(default_factory=set)
    """Names that exist, with an address and no text."""
    fails: bool = False
    """SERVFAIL to everything."""
    address: str = ""
    """Where it listens, as host:port."""

    def publish(self, name: str, *strings: str) -> None:
        self.texts[name] = [list(strings)]

    def resolve(self, request: DNSRecord, handler: DNSHandler) -> DNSRecord:
        reply = request.reply()
        name = str(request.q.qname).rstrip(".")
        if self.fails:
            reply.header.rcode = RCODE.SERVFAIL
            return reply
        while name in self.aliases:
            reply.add_answer(RR(name, QTYPE.CNAME, rdata=CNAME(self.aliases[name]), ttl=1))
            name = self.aliases[name]
        if name in self.addresses and request.q.qtype == QTYPE.A:
            reply.add_answer(RR(name, QTYPE.A, rdata=A("127.0.0.1"), ttl=1))
        for strings in self.texts.get(name, []):
            reply.add_answer(RR(name, QTYPE.TXT, rdata=TXT([one.encode() for one in strings]), ttl=1))
        if name not in self.texts and name not in self.addresses:
            reply.header.rcode = RCODE.NXDOMAIN
        return reply


@contextmanager
def running() -> Iterator[Zone]:
    """A server for one test, on UDP and on TCP."""
    zone, silent = Zone(), DNSLogger("-request,-reply,-truncated,-error", prefix=False)
    while True:
        udp = DNSServer(zone, address="127.0.0.1", port=0, logger=silent)
        port = udp.server.server_address[1]
        try:
            tcp = DNSServer(zone, address="127.0.0.1", port=port, tcp=True, logger=silent)
        except OSError:  # somebody else has that port on TCP: another one for both
            udp.server.server_close()
            continue
        break
    # Not by their own `start_thread`, which takes half a second to stop.
    threads = [Thread(target=one.server.serve_forever, args=(0.02,), daemon=True) for one in (udp, tcp)]
    for thread in threads:
        thread.start()
    zone.address = f"127.0.0.1:{port}"
    try:
        yield zone
    finally:
        for server, thread in zip((udp, tcp), threads, strict=True):
            server.server.shutdown()
            server.server.server_close()
            thread.join()
