"""Public pages of subscribers, and the staff pages about people."""

from django.urls import URLPattern, URLResolver, path

from subscribers import public

urlpatterns: list[URLPattern | URLResolver] = [
    path("join/<slug:slug>/", public.join, name="join"),
    path("join/<slug:slug>/done/", public.join_done, name="join_done"),
    path("c/<str:token>/", public.confirm, name="confirm"),
    path("u/<str:token>/", public.unsubscribe, name="unsubscribe"),
]
