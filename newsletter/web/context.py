"""What every page's shell knows: where its reader is, and may go, in which language."""

from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from newsletter.conf import config
from newsletter.delivery.models import Alarm
from newsletter.staff.models import ADMIN, EDITOR, User
from newsletter.translation import number
from newsletter.web import times


@dataclass(frozen=True, kw_only=True)
class Link:
    url: str
    label: str
    current: bool
    count: int = 0


class Shell:
    """Lazy, since public and failing pages ask for little of it and must not need a database."""

    def __init__(self, request: HttpRequest) -> None:
        self._request = request
        user = getattr(request, "user", None)
        self._user = user if isinstance(user, User) else None

    @property
    def language(self) -> str:
        return translation.get_language() or settings.LANGUAGE_CODE

    @property
    def direction(self) -> str:
        return "rtl" if translation.get_language_bidi() else "ltr"

    @property
    def languages(self) -> list[tuple[str, str]]:
        return list(settings.LANGUAGES)

    @property
    def name(self) -> str:
        return str(self._user) if self._user else ""

    @property
    def at_profile(self) -> bool:
        return self._request.path.startswith("/accounts/")

    @property
    def here(self) -> str:
        """The address of this page, for a link that leads back to it."""
        return self._request.get_full_path()

    def may(self, role: str) -> bool:
        return self._user is not None and self._user.has_role(role)

    def address(self, name: str) -> str:
        """The address of a page by its name; the front page when its room is not there."""
        link = self._link(name, "")
        return link.url if link else "/"

    @property
    def zone(self) -> str:
        """The zone in which this page tells times: see `middleware.PageZone`."""
        return timezone.get_current_timezone_name()

    def moment(self, value: datetime | None, zone: str = "") -> str:
        """Day and time, in the zone of the page unless another is named; empty for none."""
        return times.moment(value, zone) if value else ""

    def time(self, value: datetime, zone: str = "", *, seconds: bool = False) -> str:
        """The time of day alone."""
        return times.clock(value, zone, seconds=seconds)

    def day(self, value: date) -> str:
        """A day of the calendar."""
        return times.day(value)

    def ago(self, value: datetime) -> str:
        return times.distance(value, timezone.now())

    def number(self, value: float) -> str:
        return number(value)

    @cached_property
    def alarms(self) -> int:
        return Alarm.objects.filter(settled_at__isnull=True).count() if self._user else 0

    @cached_property
    def nav(self) -> list[Link]:
        """The places this person may go, in the order of the work."""
        if not self._user:
            return []
        links: list[Link | None] = [self._link("newsroom", _("Newsroom"), count=self.alarms)]
        if self.may(EDITOR):
            links += [self._link("issues", _("Issues")), self._link("articles", _("Articles"))]
        links.append(self._link("publications", _("Newsletters")))
        if self.may(ADMIN):
            links += [
                self._link("lists", _("Subscribers")),
                self._link("people", _("Team")),
                self._link("settings", _("Settings")),
            ]
        if config().mailbox_dir:
            links.append(self._link("mailbox", _("Mailbox")))
        return [link for link in links if link]

    def _link(self, name: str, label: str, *, count: int = 0) -> Link | None:
        try:
            url = reverse(name)
        except NoReverseMatch:
            # A room that is not there has no page; its link is left out.
            return None
        path = self._request.path
        return Link(url=url, label=label, current=path == url or (url != "/" and path.startswith(url)), count=count)


def shell(request: HttpRequest) -> dict[str, object]:
    """Context of `base.html`. Processors win over views, so that it brings no name that a view may use."""
    return {"shell": Shell(request)}
