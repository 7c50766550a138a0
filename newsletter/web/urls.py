"""Addresses of the newsroom, of public issues and of the mailbox."""

from django.urls import URLPattern, URLResolver, path

from newsletter.web.views import newsroom, shell

urlpatterns: list[URLPattern | URLResolver] = [
    path("", newsroom.front, name="newsroom"),
    path("language/", shell.set_language, name="set_language"),
]
