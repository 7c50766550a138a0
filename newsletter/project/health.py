"""What `newsletter doctor` and load balancers ask: are you there, and is your database?"""

from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

TEXT = "text/plain; charset=utf-8"


@require_safe
@login_not_required
def answer(_request: HttpRequest) -> HttpResponse:
    """`ok`, or 503 when the database does not answer."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return HttpResponse("the database does not answer\n", status=503, content_type=TEXT)
    return HttpResponse("ok\n", content_type=TEXT)
