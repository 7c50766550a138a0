"""The wheel, in an empty environment far from the checkout: it carries everything that it needs."""

import json
import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

from tests.project.conftest import environment_of

ROOT = Path(__file__).resolve().parent.parent.parent

pytestmark = pytest.mark.wheel


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from the checkout with the build tools of the lock file."""
    target = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(target), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    (built,) = target.glob("newsletter_publisher-*.whl")
    return built


@pytest.fixture(scope="module")
def command(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`newsletter`, installed from the wheel with what it declares to need, at the versions of the lock file."""
    folder = tmp_path_factory.mktemp("empty") / "venv"
    venv.create(folder, with_pip=False)
    # The pip of our own environment installs into that one: it knows where this machine's package index is.
    pip = (sys.executable, "-m", "pip", "--python", str(folder / "bin" / "python"), "install", "--quiet")
    lock = ("--constraint", str(ROOT / "requirements.lock"))
    subprocess.run([*pip, "--no-compile", *lock, str(wheel)], check=True, timeout=400)
    return folder / "bin" / "newsletter"


def test_the_wheel_carries_templates_styles_words_and_the_sample(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    for start, end in (
        ("newsletter/_templates/email/", ".html"),
        ("newsletter/_templates/web/", ".html"),
        ("newsletter/web/static/newsletter/", ".css"),
        ("newsletter/locale/fa/", ".mo"),
        ("subscribers/locale/fa/", ".mo"),
        ("newsletter/management/sample/en/", ".md"),
        ("newsletter/management/sample/fa/", ".jpg"),
        ("newsletter/migrations/", "0001_initial.py"),
    ):
        assert any(name.startswith(start) and name.endswith(end) for name in names), f"{start}…{end}"
    assert not [name for name in names if name.startswith("tests/") or "__pycache__" in name]


def test_installed_elsewhere_it_sets_up_is_healthy_and_runs_the_demo(command: Path, tmp_path: Path) -> None:
    environment = environment_of(tmp_path / "data", PATH=os.defpath)
    environment.pop("PYTHONPATH", None)

    def call(*arguments: str) -> str:
        done = subprocess.run(
            [command, *arguments],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    assert call("init", "--admin", "chief@example.org").startswith("http://127.0.0.1:8000/")
    assert json.loads(call("doctor", "--json"))["ok"] is True
    report = json.loads(call("demo", "--once"))
    assert report["ok"] is True
    assert report["accepted"] >= 200
