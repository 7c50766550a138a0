"""Loaded before Django: gives each test process a data directory and keys of its own."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

from newsletter.project import environment

_directory = Path(tempfile.mkdtemp(prefix="newsletter-tests-"))
atexit.register(shutil.rmtree, _directory, ignore_errors=True)
for _name in [name for name in os.environ if name.startswith("NEWSLETTER_") and name != "NEWSLETTER_DATABASE_URL"]:
    del os.environ[_name]
os.environ["NEWSLETTER_DATA_DIR"] = str(_directory)
environment.make_keys(_directory / "keys")
