"""An edition becomes HTML and plain text; pure: no Django, no network."""

import os

# premailer keeps parsed style sheets, selectors and declarations in the same 128 places, fewer than a single mail needs:
# each mail would push out what the next one asks for. Read when it is imported.
os.environ.setdefault("PREMAILER_CACHE", "LRU")
os.environ.setdefault("PREMAILER_CACHE_MAXSIZE", "2048")
