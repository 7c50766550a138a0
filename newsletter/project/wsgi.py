"""The WSGI application, for `newsletter web` and any other WSGI server."""

import os

from django.core.wsgi import get_wsgi_application

from newsletter.project.head_requests import without_bodies

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "newsletter.project.settings")
application = without_bodies(get_wsgi_application())

from newsletter.project import schema  # noqa: E402  (needs Django set up)

# Never serve without keys, nor on another version's tables.
schema.require_ready()
