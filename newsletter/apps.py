"""Django's entry to the newsletter."""

from django.apps import AppConfig


class NewsletterAppConfig(AppConfig):
    name = "newsletter"
    label = "newsletter"
    verbose_name = "Newsletter"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from newsletter import checks  # noqa: F401  (registers the start-up checks)
