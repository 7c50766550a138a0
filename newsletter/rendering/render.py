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

from newsletter.articles import bounds
from newsletter.errors import NewsletterError
from newsletter.issues.edition import WEB, Edition, in_browser
from newsletter.rendering import page as pages
from newsletter.rendering import prose, text
from newsletter.rendering.results import Rendered
from newsletter.translatable import Translatable as _

ON_A_PAGE = 3
"""The page in the browser may be so many times as long as the longest article; a mail is never longer than that."""
_THEME = re.compile(r"[a-z0-9][a-z0-9-]*")


class UnknownTheme(NewsletterError):
    """The publication names a theme that is not installed."""


class TooLong(NewsletterError):
    """The texts that are shown in full are far longer than any mail."""


class TokensChanged(NewsletterError):
    """The places for personal values are not those that were put in."""


def render(edition: Edition, *, templates: Path, most: int = 1) -> Rendered:
    """The edition's subject, HTML and text, personal values still tokens; ``templates`` holds ``email/<theme>/``.

    Its texts may be ``most`` times as long as the longest article. Raises TooLong, UnknownTheme, TokensChanged.
    """
    _check_length(edition, most=most)
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


def _check_length(edition: Edition, *, most: int) -> None:
    """Before anything is made of them: that may take many seconds, on each page of the issue."""
    shown = [story for story in edition.stories if story.full]
    if bounds.exceeds([story.body for story in shown], times=most):
        longest = max(shown, key=lambda story: len(story.body))
        raise TooLong(
            _(
                "The texts that are shown in full are too long together, so this issue cannot be shown. The longest is "
                "“%(title)s”. Nothing was sent or changed. Show its summary with a link instead, or shorten the "
                "article.",
                title=longest.title[:80],
            )
        )


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


def for_browser(edition: Edition, *, templates: Path) -> Rendered | None:
    """The edition's page in the browser; None where it is the same as the mail."""
    whole = in_browser(edition)
    return replace(render(whole, templates=templates, most=ON_A_PAGE), format=WEB) if whole != edition else None


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
            )
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
