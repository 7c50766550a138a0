"""Every address of the web server."""

from django.urls import URLPattern, URLResolver, include, path

from newsletter.project import health, metrics

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", health.answer, name="health"),
    path("metrics", metrics.answer, name="metrics"),
    path("accounts/", include("newsletter.staff.urls")),
    path("", include("subscribers.urls")),
    path("", include("newsletter.web.urls")),
]
handler400 = "newsletter.web.views.shell.unreadable"
