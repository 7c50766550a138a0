"""Addresses of the newsroom, of public issues and of the mailbox."""

from django.urls import URLPattern, URLResolver

urlpatterns: list[URLPattern | URLResolver] = []
