"""A folder in which one unpacked program finds everything it needs, and cannot touch the machine's own mail."""

import os
import re
import shutil
import stat
import subprocess
from pathlib import Path

from tests.verifiers import JUDGES, Missing

NOBODY = 65534
_PEOPLE = {"root": 0, "Debian-exim": 990, "opensmtpd": 991, "opensmtpq": 992, "nobody": NOBODY}


def build(root: Path, package: str, *, programs: list[str]) -> None:
    """Copy an unpacked package into ``root``, with the libraries of its ``programs`` and a few accounts."""
    source = JUDGES / package
    if not (JUDGES / ".fetched").exists():
        raise Missing(f"{package} is not here: run .ci/judges")
    if os.getuid() != 0:
        raise Missing("Mail servers run as root, and become other users: run this as root")
    shutil.copytree(source / "usr", root / "usr", ignore=shutil.ignore_patterns("share"))
    for name in ("lib", "lib64", "bin"):
        (root / "usr" / name).mkdir(exist_ok=True)
        (root / name).symlink_to(f"usr/{name}")
    shutil.copy("/bin/sh", root / "usr" / "bin" / "sh")
    for file in _libraries([Path("/bin/sh"), *[source / program for program in programs]]):
        target = root / "usr" / file.relative_to("/").as_posix().removeprefix("usr/")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, target)
    for folder in ("dev", "etc", "mail", "run", "tmp", "var/log", "var/spool", "var/mail"):
        (root / folder).mkdir(parents=True, exist_ok=True)
    (root / "var" / "run").symlink_to("/run")
    (root / "tmp").chmod(0o1777)
    try:
        os.mknod(root / "dev" / "null", 0o666 | stat.S_IFCHR, os.makedev(1, 3))
    except PermissionError:  # some containers; a file that nobody reads does as well
        (root / "dev" / "null").touch()
    (root / "dev" / "null").chmod(0o666)
    os.chown(root / "mail", NOBODY, NOBODY)
    people = "".join(f"{name}:x:{number}:{number}::/:/bin/sh\n" for name, number in _PEOPLE.items())
    (root / "etc" / "passwd").write_text(people)
    (root / "etc" / "group").write_text("".join(f"{name}:x:{number}:\n" for name, number in _PEOPLE.items()))
    (root / "etc" / "hosts").write_text("127.0.0.1 localhost judge.example.com\n")
    (root / "etc" / "nsswitch.conf").write_text("passwd: files\ngroup: files\nhosts: files\n")


def _libraries(programs: list[Path]) -> set[Path]:
    found: set[Path] = set()
    for program in programs:
        said = subprocess.run(["ldd", program], stdout=subprocess.PIPE, text=True, check=True).stdout
        if "not found" in said:
            raise Missing(f"libraries of {program.name} are not here: run .ci/judges")
        found |= {Path(path) for path in re.findall(r"(/\S+\.so\S*)", said)}
    return found
