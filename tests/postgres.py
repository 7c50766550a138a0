"""A PostgreSQL of our own for the tests: made in a temporary folder, reached by a socket in it, always stopped."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

BINARIES = Path("/usr/lib/postgresql")

SETTINGS = {
    "listen_addresses": "",
    "max_connections": "200",
    "shared_buffers": "128MB",
    # A test machine's power cut loses a test run, nothing more.
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
}

DURABLE = {name: "on" if value == "off" else value for name, value in SETTINGS.items()}
"""As on a machine whose power may go."""


class NoPostgres(RuntimeError):
    """There is no PostgreSQL on this machine."""


def binaries() -> Path:
    """The folder of the newest server's programs. Raises NoPostgres."""
    found = sorted(BINARIES.glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    if not found:
        raise NoPostgres("PostgreSQL is not installed: run .ci/system-packages tests")
    return found[-1].parent


def _run_as() -> str | None:
    """PostgreSQL refuses to run as root: the user to become, or None when we are somebody else already."""
    if os.getuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


@contextmanager
def server(settings: Mapping[str, str] = SETTINGS) -> Iterator[str]:
    """Run a fresh server; yields the URL of its empty database `newsletter`."""
    programs, user = binaries(), _run_as()
    folder = Path(tempfile.mkdtemp(prefix="newsletter-pg-"))
    data = folder / "data"
    data.mkdir(mode=0o700)
    if user is not None:
        for path in (folder, data):
            shutil.chown(path, user)

    def call(program: str, *arguments: str) -> None:
        subprocess.run(
            [programs / program, *arguments], check=True, user=user, cwd=folder, stdout=subprocess.DEVNULL, env=_clean()
        )

    try:
        call("initdb", "-D", str(data), "-U", "newsletter", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
        options = " ".join(f"-c {name}={value!r}" for name, value in settings.items())
        call(
            "pg_ctl",
            "-D",
            str(data),
            "-l",
            str(folder / "log"),
            "-w",
            "-t",
            "60",
            "-o",
            f"{options} -k {folder}",
            "start",
        )
        try:
            call("createdb", "-h", str(folder), "-U", "newsletter", "newsletter")
            yield f"postgresql://newsletter@/newsletter?host={quote(str(folder), safe='')}"
        finally:
            call("pg_ctl", "-D", str(data), "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def restart_at_once(data: Path) -> None:
    """Stop the server that keeps its files there without letting it write anything more, and start it again."""
    command = [binaries() / "pg_ctl", "-D", str(data), "-m", "immediate", "-w", "-t", "60", "-l", str(data / "log")]
    subprocess.run(
        [*command, "restart"], check=True, user=_run_as(), cwd=data.parent, stdout=subprocess.DEVNULL, env=_clean()
    )


def _clean() -> dict[str, str]:
    return {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}
