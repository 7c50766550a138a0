"""Sign-in, through allauth; sign-up is closed."""

from django.urls import URLPattern, URLResolver

urlpatterns: list[URLPattern | URLResolver] = []
