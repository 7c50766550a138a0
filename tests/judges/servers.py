"""Postfix, Exim and OpenSMTPD as ordinary daemons on loopback, each with folders and settings of its own."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.judges import jail

START_SECONDS = 20.0


@dataclass(frozen=True, kw_only=True)
class Server:
    """A running server that takes mail for example.com."""

    port: int
    inbox: Path
    """A maildir."""
    smtputf8: bool

    def arrived(self, count: int, *, seconds: float) -> list[bytes]:
        """What it has delivered, as soon as that is ``count`` mails, or when the time is over."""
        new, until = self.inbox / "new", time.monotonic() + seconds
        while time.monotonic() < until and (not new.is_dir() or len(list(new.iterdir())) < count):
            time.sleep(0.05)
        # A maildir has the line ends of Unix.
        return [file.read_bytes().replace(b"\n", b"\r\n") for file in sorted(new.iterdir())]


@contextmanager
def postfix(folder: Path) -> Iterator[Server]:
    """The installed Postfix, with an instance of its own."""
    port = _free_port()
    for name, owner in (("etc", 0), ("queue", 0), ("data", "postfix"), ("mail", jail.NOBODY)):
        (folder / name).mkdir()
        shutil.chown(folder / name, owner)
    settings = {
        "compatibility_level": "3.6",
        "queue_directory": f"{folder}/queue",
        "data_directory": f"{folder}/data",
        "maillog_file": f"{folder}/log",
        "maillog_file_prefixes": str(folder),
        "inet_interfaces": "127.0.0.1",
        "inet_protocols": "ipv4",
        "myhostname": "judge.example.com",
        "mydestination": "",
        "alias_maps": "",
        "virtual_mailbox_domains": "example.com",
        "virtual_mailbox_base": f"{folder}/mail",
        "virtual_mailbox_maps": "static:inbox/",
        "virtual_uid_maps": f"static:{jail.NOBODY}",
        "virtual_gid_maps": f"static:{jail.NOBODY}",
        "virtual_minimum_uid": "1",
    }
    (folder / "etc" / "main.cf").write_text("".join(f"{name} = {value}\n" for name, value in settings.items()))
    (folder / "etc" / "master.cf").write_text(f"127.0.0.1:{port} inet n - n - - smtpd\n" + _POSTFIX)
    call = ["/usr/sbin/postfix", "-c", str(folder / "etc")]
    subprocess.run([*call, "start"], check=True, stderr=subprocess.DEVNULL)
    try:
        _wait(port, alive=lambda: True)
        yield Server(port=port, inbox=folder / "mail" / "inbox", smtputf8=True)
    finally:
        subprocess.run([*call, "stop"], check=True, stderr=subprocess.DEVNULL)


_POSTFIX = """\
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
proxymap unix - - n - - proxymap
error unix - - n - - error
retry unix - - n - - error
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
"""


@contextmanager
def exim(folder: Path) -> Iterator[Server]:
    """Debian's Exim in a jail."""
    port, root = _free_port(), folder / "root"
    jail.build(root, "exim", programs=["usr/sbin/exim4"])
    for name in ("etc/exim4", "var/spool/exim4", "var/log/exim4"):
        (root / name).mkdir()
        shutil.chown(root / name, 990, 990)
    os.chown(root / "etc" / "exim4", 0, 0)
    (root / "etc" / "exim4" / "exim4.conf").write_text(_EXIM.format(port=port))
    with _daemon(["/usr/sbin/chroot", root, "/usr/sbin/exim4", "-bdf", "-q1m"], folder, port):
        yield Server(port=port, inbox=root / "mail" / "inbox", smtputf8=True)


_EXIM = """\
primary_hostname = judge.example.com
local_interfaces = 127.0.0.1
daemon_smtp_ports = {port}
host_lookup =
rfc1413_query_timeout = 0s
smtputf8_advertise_hosts = *
smtp_accept_queue_per_connection = 0
acl_smtp_connect = greet
acl_smtp_rcpt = take
begin acl
greet:
  # It would look for our keys in a DNS that has none.
  accept control = dkim_disable_verify
take:
  accept
begin routers
all:
  driver = accept
  domains = example.com
  transport = maildir
begin transports
maildir:
  driver = appendfile
  directory = /mail/inbox
  maildir_format
  user = nobody
  group = nobody
"""


@contextmanager
def opensmtpd(folder: Path) -> Iterator[Server]:
    """Debian's OpenSMTPD in a jail."""
    port, root = _free_port(), folder / "root"
    programs = ["usr/sbin/smtpd", "usr/sbin/smtpctl", "usr/libexec/opensmtpd/mail.maildir"]
    jail.build(root, "opensmtpd", programs=programs)
    for name in ("var/lib/opensmtpd/empty", "var/spool/smtpd"):
        (root / name).mkdir(parents=True)
    (root / "var" / "spool" / "smtpd").chmod(0o711)
    (root / "etc" / "mailname").write_text("judge.example.com\n")
    (root / "etc" / "smtpd.conf").write_text(_OPENSMTPD.format(port=port))
    with _daemon(["/usr/sbin/chroot", root, "/usr/sbin/smtpd", "-d"], folder, port):
        yield Server(port=port, inbox=root / "mail" / "inbox", smtputf8=False)


_OPENSMTPD = """\
table everybody {{ "@" = "nobody" }}
listen on 127.0.0.1 port {port}
action "keep" maildir "/mail/inbox" virtual <everybody>
match from any for domain "example.com" action "keep"
"""

ALL: dict[str, Callable[[Path], AbstractContextManager[Server]]] = {
    "Postfix": postfix,
    "Exim": exim,
    "OpenSMTPD": opensmtpd,
}


@contextmanager
def _daemon(command: list[str | Path], folder: Path, port: int) -> Iterator[None]:
    """Run it until the end of the block; its words are in ``folder/log``."""
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd="/", stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        _wait(port, alive=lambda: process.poll() is None, log=folder / "log")
        yield
    finally:
        process.terminate()
        process.wait(30)


def _wait(port: int, *, alive: Callable[[], bool], log: Path | None = None) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and alive():
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=5) as link:
                if link.recv(200).startswith(b"220"):
                    return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError(f"it did not start: {log.read_text() if log else ''}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
