"""The form of a mail server's settings."""

from collections.abc import Iterable
from dataclasses import fields
from typing import Any

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from newsletter.delivery.models import Transport
from newsletter.delivery.servers import server_settings, stored_servers
from newsletter.delivery.servers.server_settings import RANGES, StoredSettings
from newsletter.forms import RadioChoices, TextField
from newsletter.issues.models import Publication
from newsletter.web import words
from newsletter.web.forms.merging import MergingForm

_TEXTS = ("host", "user", "tls", "clear_accepted", "auth", "role")
"""Fields that are settings under the same name, as they are."""


def _number(name: str) -> forms.NumberInput:
    """The input of a number whose range the browser is told."""
    least, most = RANGES[name]
    return forms.NumberInput(attrs={"min": least, "max": most})


class ServerForm(MergingForm):
    """Connection and role of a mail server; the default server's connection comes from the environment.

    The password is never shown again. An empty field keeps what is stored.
    """

    name = TextField(
        label=_("Name"),
        help_text=_("For you and for commands: lowercase letters, digits and hyphens."),
        longest=60,
        needed=True,
        attrs={"dir": "ltr"},
    )
    host = TextField(
        label=_("Server"),
        help_text=_("Such as mail.example.org."),
        longest=253,
        needed=True,
        attrs={"dir": "ltr"},
    )
    tls = forms.ChoiceField(
        label=_("Encryption"),
        choices=[
            ("starttls", _("STARTTLS, always")),
            ("implicit", _("TLS from the start")),
            ("none", _("none: only for a server on this machine or in your own network")),
        ],
        widget=RadioChoices,
    )
    clear_accepted = TextField(
        label=_("Accept mail without encryption"),
        help_text=_(
            "Only for a server in your own network that has no encryption: type its name again. Whoever is in that "
            "network can then read the mails."
        ),
        longest=253,
        attrs={"dir": "ltr"},
    )
    port = forms.IntegerField(
        label=_("Port"),
        help_text=_("Empty: 587 for STARTTLS, 465 for TLS, 25 without."),
        required=False,
        widget=forms.NumberInput(attrs={"min": 1, "max": 65535, "dir": "ltr"}),
    )
    auth = forms.ChoiceField(
        label=_("How to sign in"),
        choices=[
            ("auto", _("whatever the server offers")),
            ("plain", "PLAIN"),
            ("login", "LOGIN"),
            ("cram-md5", "CRAM-MD5"),
            ("xoauth2", _("XOAUTH2, with an access token")),
        ],
        widget=forms.Select,
    )
    user = TextField(
        label=_("User"), help_text=_("Empty: the server asks for none."), longest=254, attrs={"dir": "ltr"}
    )
    password = forms.CharField(
        label=_("Password or token"),
        help_text=_("It is stored encrypted and never shown again."),
        required=False,
        strip=False,
        widget=forms.PasswordInput(attrs={"maxlength": 4096, "autocomplete": "new-password", "dir": "ltr"}),
    )
    max_connections = forms.IntegerField(
        label=_("Connections, at most"),
        help_text=_(
            "Shared by the delivery processes that one command starts. Start with five; many servers refuse more than "
            "twenty."
        ),
        widget=_number("max_connections"),
    )
    messages_per_connection = forms.IntegerField(
        label=_("Messages per connection, at most"), widget=_number("messages_per_connection")
    )
    seconds_per_connection = forms.IntegerField(
        label=_("Seconds per connection, at most"), widget=_number("seconds_per_connection")
    )
    max_bytes = forms.IntegerField(
        label=_("Bytes per message, at most"),
        help_text=_("0: the limit that the server names."),
        widget=_number("max_bytes"),
    )
    enabled = forms.BooleanField(label=_("In use"), required=False)
    role = forms.ChoiceField(
        label=_("Role"),
        choices=[(role, format_lazy("{}: {}", word.label, word.meaning)) for role, word in words.ROLE.items()],
        widget=RadioChoices,
    )
    weight = forms.IntegerField(
        label=_("Weight"),
        help_text=_("Its share among the servers with the same role: 3 gets three times as much as 1."),
        widget=_number("weight"),
    )
    serves = forms.ChoiceField(
        label=_("Newsletters it sends"),
        choices=[
            ("all", _("all newsletters, and single mails such as sign-in links")),
            ("some", _("only these newsletters:")),
        ],
        required=False,
        widget=RadioChoices,
    )
    publication = forms.TypedMultipleChoiceField(
        label=_("Newsletters"), required=False, coerce=int, widget=forms.CheckboxSelectMultiple
    )

    def __init__(
        self, *args: Any, server: Transport | None = None, publications: Iterable[Publication], **kwargs: Any
    ) -> None:
        """``server``: None for a new server; ``publications``: those that it may be chosen for."""
        self.server = server
        if server is None:
            super().__init__(*args, initial=values_of(StoredSettings()), **kwargs)
        else:
            super().__init__(*args, stored=values_of(server_settings.settings_of(server)), **kwargs)
            del self.fields["name"]
            self.fields["password"].help_text = gettext(
                "It is stored encrypted and never shown again. Empty: keep the stored one; a new server or user needs "
                "it again."
            )
        if self.is_default:
            for name in (*server_settings.CONNECTION, "password"):
                del self.fields[name]
        self.offer("publication", ((publication.pk, publication.name) for publication in publications))

    @property
    def is_default(self) -> bool:
        """True for the server whose connection NEWSLETTER_SMTP_URL names."""
        return self.server is not None and self.server.name == stored_servers.DEFAULT

    def clean(self) -> dict[str, Any] | None:
        super().clean()
        if self.server is None:
            self.check(lambda: server_settings.check_new(self.cleaned_data.get("name", ""), self.settings()))
        else:
            self.check(lambda: server_settings.check(self.settings(), is_default=self.is_default))
        return self.cleaned_data

    def settings(self) -> StoredSettings:
        """The settings as they were typed; in place of what could not be read stands what is no trouble of its own."""
        typed = self.cleaned_data
        some = typed.get("serves") == "some" and not self.has_error("publication")
        texts = {name: typed.get(name, "") for name in _TEXTS if name in self.fields}
        numbers = {name: typed.get(name, least) for name, (least, _most) in RANGES.items() if name in self.fields}
        if "port" in numbers:
            numbers["port"] = numbers["port"] or 0
        return StoredSettings(
            **texts,
            **numbers,
            password=typed.get("password", ""),
            enabled=typed["enabled"],
            serves=tuple(typed.get("publication", ())) if some else None,
        )


def values_of(settings: StoredSettings) -> dict[str, object]:
    """What the form shows at first, by the names of its fields; no password."""
    values: dict[str, object] = {f.name: getattr(settings, f.name) for f in fields(settings) if f.name != "password"}
    chosen = [] if settings.serves is None else [str(pk) for pk in settings.serves]
    return {**values, "port": settings.port or "", "serves": "some" if chosen else "all", "publication": chosen}
