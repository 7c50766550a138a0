"""An edition becomes a rendition: a theme makes the HTML, premailer puts its CSS inline, the text part is shaped."""

import logging
import re
from dataclasses import replace
from functools import cache, lru_cache
from pathlib import Path

import jinja2
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup
from premailer import Premailer

from newsletter.errors import UserError
from newsletter.issues.edition import WEB, Edition, Story, in_browser
from newsletter.rendering import length_check, prose, text
from newsletter.rendering import page as pages
from newsletter.rendering.results import Rendered
from newsletter.translatable import Translatable as _

_THEME = re.compile(r"[a-z0-9][a-z0-9-]*")


class UnknownTheme(UserError, LookupError):
    """The publication names a ``theme`` that is not installed."""

    def __init__(self, message: str, *, theme: str) -> None:
        super().__init__(message)
        self.theme = theme


class TooLong(UserError, ValueError):
    """The texts are far longer than any mail, or any page; ``story`` is the longest."""

    def __init__(self, message: str, *, story: Story) -> None:
        super().__init__(message)
        self.story = story


class TokensChanged(UserError, ValueError):
    """The rendered mail has other places for personal values than the edition."""


def render(edition: Edition, *, templates: Path) -> Rendered:
    """The edition's subject, HTML and text, personal values still tokens; ``templates`` holds ``email/<theme>/``.

    Raises TooLong, UnknownTheme, TokensChanged.
    """
    _require_fit(edition, length_check.mail_too_long(edition))
    return _rendered(edition, templates=templates)


def for_browser(edition: Edition, *, templates: Path) -> Rendered | None:
    """The edition's page in the browser; None where it is the same as the mail. Raises as `render` does."""
    whole = in_browser(edition)
    if whole == edition:
        return None
    _require_fit(whole, length_check.page_too_long(edition))
    return replace(_rendered(whole, templates=templates), format=WEB)


def _require_fit(edition: Edition, too_long: str | None) -> None:
    """Refuse texts that are too long before anything is made of them: that may take many seconds, on each page."""
    if too_long:
        raise TooLong(too_long, story=length_check.longest(edition))


def _rendered(edition: Edition, *, templates: Path) -> Rendered:
    page = pages.of(edition)
    themed = _theme(templates, edition.theme).render(page=page)
    rendered = Rendered(
        language=edition.language,
        subject=page.subject,
        html=_inlined(themed),
        text=text.compose(page),
        token_key=edition.token_key,
    )
    _check_tokens(rendered, edition=edition, themed=themed, page=page)
    return rendered


def _check_tokens(rendered: Rendered, *, edition: Edition, themed: str, page: pages.Page) -> None:
    """Refuse a mail with more or fewer places for personal values than were put into it, whatever was the way.

    The key is a secret; were it known, whoever writes in the edition could still take nothing with it.
    """
    tokens = rendered.tokens
    is_known = tokens.head in repr(replace(edition, token_key=""))
    is_html = tokens.count(rendered.html) == tokens.count(themed)
    if is_known or not is_html or tokens.count(rendered.text) != text.places(page):
        raise TokensChanged(
            _(
                "The mail would not hold each reader’s own values in the right places, so it is not shown. "
                "Nothing was sent or changed. Take out what was changed last, or report this."
            )
        )


def _theme(templates: Path, theme: str) -> jinja2.Template:
    try:
        if not _THEME.fullmatch(theme):
            raise jinja2.TemplateNotFound(theme)
        return _environment(templates).get_template(f"{theme}/issue.html")
    except jinja2.TemplateNotFound as error:
        raise UnknownTheme(
            _(
                "The theme “%(theme)s” is not installed (missing: %(file)s). "
                "Nothing was sent or changed; choose another theme for the newsletter.",
                theme=theme,
                file=error.name,
            ),
            theme=theme,
        ) from error


@cache
def _environment(templates: Path) -> jinja2.Environment:
    environment = ImmutableSandboxedEnvironment(
        loader=jinja2.FileSystemLoader(templates / "email"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters["isolated"] = _isolated
    return environment


def _isolated(value: str, direction: str) -> Markup:
    return prose.isolated(value, direction=direction)


@lru_cache(maxsize=16)
def _inlined(html: str) -> str:
    """CSS put inline; media queries and hover stay in the ``<style>`` that premailer is told to ignore.

    The same mail is made for a page, for each of its frames and for approval, one after the other.
    """
    return str(
        Premailer(
            strip_important=False,  # its default would kill our mobile and dark rules
            allow_network=False,
            allow_loading_external_files=False,
            disable_link_rewrites=True,
            disable_validation=True,
            cache_css_parsing=True,
            cssutils_logging_level=logging.CRITICAL,
            align_floating_images=False,
            # Pixel sizes stay as the theme wrote them for Outlook; align on a table would make it float.
            disable_basic_attributes=["width", "height", "align"],
        ).transform(html, pretty_print=False)
    )
