"""The WSGI application, for `newsletter web` and any other WSGI server."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "newsletter.project.settings")
application = get_wsgi_application()
