"""What a password of the staff must be."""

from django.contrib.auth.password_validation import MinimumLengthValidator
from django.utils.translation import ngettext


class LongEnough(MinimumLengthValidator):
    """With words of our own: Django changed its own, and most of its translations did not follow."""

    def get_error_message(self) -> str:
        return ngettext(
            "This password is too short. Choose one with at least %(n)s character.",
            "This password is too short. Choose one with at least %(n)s characters.",
            self.min_length,
        ) % {"n": self.min_length}
