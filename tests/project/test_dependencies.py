"""What the project declares to need: each once, and locked by its hash. (That nothing is missing, deptry says.)"""

import json
import re
import shutil
import subprocess
import sys
import threading
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
LOCKS = ("requirements.lock", "requirements-run.lock")
KNOWN = {"idna 3.6": "CVE-2024-3651"}
"""What every service that knows anything says."""


def _names(requirements: list[str]) -> list[str]:
    """As package indexes compare them."""
    found = [re.match(r"[A-Za-z0-9._-]+", requirement) for requirement in requirements]
    return [re.sub(r"[-_.]+", "-", name[0]).lower() for name in found if name]


def _project() -> list[str]:
    declared: list[str] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    return declared


def _group(name: str) -> list[str]:
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text())["dependency-groups"]
    return [one for one in groups[name] if isinstance(one, str)]


def _locked(lock: str) -> dict[str, str]:
    """Each requirement of a lock file with the lines of its hashes."""
    text = (ROOT / lock).read_text().replace("\\\n", " ")
    pairs = (line.partition(" --hash=") for line in text.splitlines())
    return {requirement.strip(): mark + hashes for requirement, mark, hashes in pairs}


def test_nothing_is_declared_twice() -> None:
    names = _names([*_project(), *_group("install"), *_group("dev")])
    assert sorted(names) == sorted(set(names))


def test_all_that_is_declared_stands_in_the_lock_files() -> None:
    everything, running = (set(_names(list(_locked(lock)))) for lock in LOCKS)
    to_run = set(_names([*_project(), *_group("install")]))
    assert to_run <= running, "run `make lock`"
    assert to_run | set(_names(_group("dev"))) <= everything, "run `make lock`"


@pytest.mark.parametrize("lock", LOCKS)
def test_everything_is_locked_by_version_and_hash(lock: str) -> None:
    locked = _locked(lock)
    assert len(locked) > 40
    for requirement, hashes in locked.items():
        assert re.match(r"[a-z0-9-]+==\S+", requirement), requirement
        assert re.fullmatch(r"(?:\s*--hash=sha256:[0-9a-f]{64})+\s*", hashes), requirement


def test_the_demo_runs_on_what_is_tested() -> None:
    """The same versions and files; only the conditions (what Windows needs) may be other ones."""
    everything, running = (
        {requirement.partition(" ;")[0]: hashes.split() for requirement, hashes in _locked(lock).items()}
        for lock in LOCKS
    )
    assert {name: everything.get(name) for name in running} == running


@pytest.mark.wheel
def test_a_file_that_is_not_the_locked_one_is_not_installed(tmp_path: Path) -> None:
    """The first of all, pip, is checked like the others; and the next attempt begins where this one ended."""
    checkout = tmp_path / "checkout"
    shutil.copytree(ROOT / ".ci", checkout / ".ci")
    lock = (ROOT / "requirements-run.lock").read_text()
    start = lock.index("\npip==")
    wrong = re.sub(r"(?<=sha256:)[0-9a-f]{64}", "0" * 64, lock[start : start + 250])
    (checkout / "requirements-run.lock").write_text(lock[:start] + wrong + lock[start + 250 :])
    done = subprocess.run([".ci/environment", "run"], cwd=checkout, capture_output=True, text=True, timeout=300)
    assert done.returncode != 0
    assert "DO NOT MATCH THE HASHES" in done.stderr
    assert not (checkout / ".venv" / ".made-from-run").exists()


@contextmanager
def _service(known: Mapping[str, str]) -> Iterator[str]:
    """A list of vulnerabilities on this machine, which answers as OSV does. Gives its address."""

    class Answers(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            name = asked["package"]["name"]
            found = known.get(f"{name} {asked['version']}")
            affected = [{"package": {"name": name, "ecosystem": "PyPI"}, "ranges": []}]
            body = json.dumps({"vulns": [{"id": found, "affected": affected}]} if found else {}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Answers) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/v1/query"
        server.shutdown()
        thread.join()


def _audit(lock: Path, url: str) -> tuple[int, str]:
    command = [sys.executable, str(ROOT / ".ci" / "audit.py"), str(lock), "--osv-url", url]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    return done.returncode, done.stderr


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    path = tmp_path / "some.lock"
    path.write_text(f"waitress==3.0.2 --hash=sha256:{'1' * 64}\n")
    return path


def test_a_known_vulnerability_is_named_and_fails(lock: Path) -> None:
    with _service({**KNOWN, "waitress 3.0.2": "CVE-2026-1"}) as url:
        code, said = _audit(lock, url)
    assert code == 1
    assert "waitress 3.0.2: CVE-2026-1" in said
    assert "make lock UPGRADE=1" in said


def test_none_known_is_a_clean_bill(lock: Path) -> None:
    with _service(KNOWN) as url:
        code, said = _audit(lock, url)
    assert (code, "no vulnerability in any of 1 packages" in said) == (0, True), said


@pytest.mark.parametrize("known", [None, {}])
def test_a_service_that_is_silent_or_knows_nothing_is_no_clean_bill(lock: Path, known: dict[str, str] | None) -> None:
    with _service(known or {}) as url:
        code, said = _audit(lock, url if known is not None else "http://127.0.0.1:9/v1/query")
    assert code == 3
    assert "Nobody could be asked" in said
