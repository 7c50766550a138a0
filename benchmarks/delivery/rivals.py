"""The others, on the same digest: smtplib, aiosmtplib, a Django loop, django-newsletter; in a venv of their own."""

import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from benchmarks.delivery import processes
from benchmarks.delivery.installation import Installation

HERE = Path(__file__).resolve().parent
DJANGO = "django>=5.2,<5.3"
PACKAGES = ("django-newsletter==1.2.1", "sorl-thumbnail", "aiosmtplib==5.1.3", "dkimpy==1.1.8", DJANGO)
"""The same Django as ours."""
PATIENCE = 900


@dataclass(frozen=True, kw_only=True)
class Rivals:
    """An environment with all of them."""

    python: Path
    folder: Path

    def emptied(self) -> Path:
        """A folder with nothing in it."""
        return Path(tempfile.mkdtemp(dir=self.folder))

    def rate(self, script: str, *words: object) -> float:
        """Messages a second, by the script's own clock. Raises Failed with its last words."""
        done = subprocess.run(
            [self.python, HERE / f"rival_{script}.py", *map(str, words)],
            cwd=self.folder,
            check=False,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )
        if done.returncode:
            raise processes.Failed(f"{script}: {done.stderr[-1000:]}")
        found = json.loads(done.stdout)
        return float(found["messages"] / found["seconds"])


def installed(scratch: Path) -> Rivals:
    """Made at the first call. Needs the package index."""
    folder = scratch / "rivals"
    python = folder / "venv" / "bin" / "python"
    if not python.exists():
        folder.mkdir(exist_ok=True)
        subprocess.run([sys.executable, "-m", "venv", folder / "venv"], check=True)
        pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        if subprocess.run([*pip, *PACKAGES], check=False).returncode:
            raise processes.Failed("the rivals could not be installed: is the package index within reach?")
    return Rivals(python=python, folder=folder)


def digest_of(here: Installation, *, name: str, stories: int, scratch: Path) -> Path:
    """The digest as the rivals read it: subject, text and HTML, with {{name}} and {{link}} where values go."""
    path = scratch / "digest.json"
    issue = here.ask("approve", name=name, stories=stories)
    path.write_text(json.dumps(here.ask("rendition", issue=issue)))
    return path


def rsa_key(scratch: Path) -> Path:
    """A private key of 2,048 bits."""
    path = scratch / "rival.pem"
    if not path.exists():
        subprocess.run(["openssl", "genrsa", "-traditional", "-out", path, "2048"], check=True, capture_output=True)
    return path
