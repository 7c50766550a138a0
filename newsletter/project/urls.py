"""Every address of the web server."""

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("accounts/", include("newsletter.staff.urls")),
    path("", include("subscribers.urls")),
    path("", include("newsletter.web.urls")),
]
