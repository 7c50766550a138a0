"""Public pages of subscribers, and the staff pages about people."""

from django.urls import URLPattern, URLResolver

urlpatterns: list[URLPattern | URLResolver] = []
