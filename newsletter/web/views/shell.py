"""What belongs to no place: the choice of language, and what is said to a request that cannot be read."""

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.template import loader
from django.views import i18n
from django.views.decorators.http import require_POST


@login_not_required
@require_POST
def set_language(request: HttpRequest) -> HttpResponse:
    """Remember the language of our pages in a cookie and go back."""
    return i18n.set_language(request)


def unreadable(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Says of a form that is too large that it is."""
    too_large = isinstance(exception, RequestDataTooBig)
    most = round(settings.DATA_UPLOAD_MAX_MEMORY_SIZE / 1_000_000)
    page = loader.get_template("400.html").render({"too_large": too_large, "most": most}, request=request)
    return HttpResponse(page, status=413 if too_large else 400)
