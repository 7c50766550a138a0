"""The forms of the team: inviting somebody, and the roles of a user."""

from django import forms
from django.utils.translation import gettext_lazy as _

from newsletter.forms import Form, TextField
from newsletter.staff.models import ADMIN, EDITOR


class RolesForm(Form):
    """The roles of a user, which are independent of each other."""

    roles = forms.MultipleChoiceField(
        label=_("Roles"),
        choices=[(EDITOR, _("Editor")), (ADMIN, _("Administrator"))],
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    HINTS = {
        EDITOR: _("Writes, approves and schedules issues."),
        ADMIN: _("Manages newsletters, subscribers, the team and settings."),
    }

    @property
    def chosen(self) -> frozenset[str]:
        """The roles that were ticked."""
        return frozenset(self.cleaned_data["roles"])


class InvitationForm(RolesForm):
    """An address, and the roles that its owner will have."""

    email = TextField(
        label=_("E-mail address"),
        kind="email",
        longest=254,
        needed=True,
        attrs={"autocomplete": "off", "dir": "ltr"},
    )
