"""The product's settings, with a test database in a file: threads and processes share it as they do in life."""

from newsletter.project.settings import *  # noqa: F403
from newsletter.project.settings import DATABASES, NEWSLETTER

if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["TEST"] = {"NAME": NEWSLETTER.data_dir / "test.sqlite3"}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# A static file is looked for when it is asked for; else each of thousands of clients would look at all of them.
WHITENOISE_AUTOREFRESH = True
