"""Ask those who keep lists of known vulnerabilities about every package of a lock file.

    python .ci/audit.py requirements.lock [--osv-url URL]

Exits 0 when none is known, 1 when one is, 2 for a lock file that cannot be read, and 3 when nobody could be asked: no
network is no clean bill, and no fault of the code either. Each service is first asked about a version that everybody
knows to be vulnerable: what mirrors a package index often answers, and knows of nothing.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

CLEAN, VULNERABLE, UNREADABLE, NOBODY_ASKED = 0, 1, 2, 3
KNOWN = f"idna==3.6 --hash=sha256:{'0' * 64}\n"
"""CVE-2024-3651. Nothing of it is fetched, so its hash may be any."""
SECONDS = 600


def main() -> int:
    """Ask the services in turn until one has answered for all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("lock", type=Path)
    parser.add_argument("--osv-url", help="Ask only this service, which speaks the protocol of OSV.")
    asked = parser.parse_args()
    if not asked.lock.is_file():
        say(f"There is no lock file {asked.lock}.")
        return UNREADABLE
    own = ["--vulnerability-service", "osv", "--osv-url", asked.osv_url]
    services = (
        {asked.osv_url: own} if asked.osv_url else {"The package index": [], "OSV": ["--vulnerability-service", "osv"]}
    )
    for name, options in services.items():
        if not knows_anything(options):
            say(f"{name} gives no answer here, not even for a vulnerability that everybody knows.")
            continue
        found = audited(asked.lock, options)
        if found is None:
            say(f"{name} broke off.")
            continue
        return told(found, name=name)
    say("Nobody could be asked, so nothing is known of the packages. Run `make audit` where there is a network.")
    return NOBODY_ASKED


def knows_anything(options: list[str]) -> bool:
    """Whether the service names the vulnerability that everybody knows."""
    with tempfile.TemporaryDirectory() as folder:
        known = Path(folder) / "known.lock"
        known.write_text(KNOWN)
        return any(package.get("vulns") for package in audited(known, options) or [])


def audited(lock: Path, options: list[str]) -> list[dict[str, Any]] | None:
    """What is known of each package; None where the service did not answer."""
    command = [sys.executable, "-m", "pip_audit", "--format", "json", "--progress-spinner", "off", "--desc", "on"]
    command += ["--disable-pip", "--require-hashes", "--requirement", str(lock), *options]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
        packages: list[dict[str, Any]] = json.loads(done.stdout)["dependencies"]
    except (subprocess.TimeoutExpired, ValueError, KeyError):
        return None
    return packages


def told(packages: list[dict[str, Any]], *, name: str) -> int:
    """Say what is known, and the exit code for it."""
    for package in packages:
        for one in package.get("vulns", []):
            mend = ", ".join(one["fix_versions"]) or "no version yet"
            say(f"{package['name']} {package['version']}: {one['id']}, mended in {mend}. {one['description'][:200]}")
    if any(package.get("vulns") for package in packages):
        say("Renew them with `make lock UPGRADE=1`, or raise their bounds in pyproject.toml.")
        return VULNERABLE
    skipped = [package["name"] for package in packages if "skip_reason" in package]
    if skipped:
        say(f"{name} could say nothing of {', '.join(skipped)}. Of the others it knows no vulnerability.")
        return NOBODY_ASKED
    say(f"{name} knows of no vulnerability in any of {len(packages)} packages.")
    return CLEAN


def say(text: str) -> None:
    """One line, on stderr."""
    sys.stderr.write(f"{text}\n")


if __name__ == "__main__":
    sys.exit(main())
