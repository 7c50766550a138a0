"""An edition becomes HTML and plain text; pure: no Django, no network."""

import os

# premailer keeps parsed style sheets, selectors and declarations in the same 128 places, fewer than one mail needs:
# each would push out what the next asks for. Read when premailer is imported.
os.environ.setdefault("PREMAILER_CACHE", "LRU")
os.environ.setdefault("PREMAILER_CACHE_MAXSIZE", "2048")
