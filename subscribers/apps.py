"""Django's entry to the subscribers."""

from django.apps import AppConfig


class SubscribersAppConfig(AppConfig):
    name = "subscribers"
    label = "subscribers"
    verbose_name = "Subscribers"
    default_auto_field = "django.db.models.BigAutoField"
