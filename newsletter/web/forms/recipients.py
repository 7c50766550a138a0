"""The forms that look for recipients: by what became of their mail, and by an address."""

from django import forms
from django.utils.translation import gettext_lazy as _

from newsletter.delivery.progress import recipients
from newsletter.forms import Form, TextField
from newsletter.web import words


class FilterForm(Form):
    """What became of a mail, and why. It stands in the page's address."""

    state = forms.ChoiceField(
        label=_("State"),
        required=False,
        choices=[
            ("", _("Not accepted")),
            *((state, word.label) for state, word in words.DELIVERY.items()),
            (recipients.EVERYBODY, _("All recipients")),
        ],
    )
    kind = forms.ChoiceField(
        label=_("Reason"),
        required=False,
        choices=[("", _("All reasons")), *((kind, word.label) for kind, word in words.KIND.items())],
    )
    code = TextField(label=_("Reply code"), longest=12, attrs={"dir": "ltr", "autocomplete": "off"})
    domain = TextField(label=_("Domain"), longest=253, attrs={"dir": "ltr", "autocomplete": "off"})


class AddressForm(Form):
    """One recipient's whole address. It is posted: it must not stand in the address of a page."""

    address = TextField(
        label=_("Exact address"), kind="email", needed=True, attrs={"dir": "ltr", "autocomplete": "off"}
    )
