"""A WordPress export, which is read as a feed: which entries are articles, and which of them are for readers. Pure."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from newsletter.articles.drafts import KeptBack
from newsletter.translatable import Plural

Entry = Mapping[str, Any]

_NO_STORY_WORDS = """
attachment nav_menu_item revision custom_css customize_changeset oembed_cache user_request wp_block wp_template
wp_template_part wp_global_styles wp_navigation wp_font_family wp_font_face acf-field acf-field-group
elementor_library wpcf7_contact_form mc4wp-form feedback scheduled-action
"""
_NO_STORIES = frozenset(_NO_STORY_WORDS.split())
"""What themes and plugins keep as posts."""
_NO_STATES = frozenset(["trash", "auto-draft", "inherit"])
_PARAGRAPH = re.compile(r"<p\b|<!--\s*wp:", re.IGNORECASE)
_BEGINS_BLOCK = re.compile(
    r"\s*(?:</?(?:ul|ol|li|table|t[rdh]|blockquote|figure|h[1-6]|pre|hr|div)\b|<!--)", re.IGNORECASE
)


def is_one(entry: Entry) -> bool:
    """An entry of an export says what it is and in which state."""
    return "wp_post_type" in entry or "wp_status" in entry


def is_story(entry: Entry) -> bool:
    """No picture, no point of a menu, nothing that was thrown away."""
    return _said(entry, "wp_post_type") not in _NO_STORIES and _said(entry, "wp_status") not in _NO_STATES


def kept_back(entry: Entry) -> KeptBack:
    """Only posts and pages that are published, and open to everybody, are ready."""
    if not is_one(entry):
        return KeptBack.NO
    is_out = _said(entry, "wp_status") == "publish" and _said(entry, "wp_post_type") in {"post", "page"}
    if not is_out:
        return KeptBack.DRAFT
    return KeptBack.MEMBERS if _said(entry, "wp_post_password") else KeptBack.NO


def said_of(passed_over: Sequence[Entry]) -> tuple[str, ...]:
    """What was not added because it is no article, counted by what it is."""
    if not passed_over:
        return ()
    kinds = Counter(_kind(entry) for entry in passed_over)
    shown = ", ".join(f"{kind} ({count})" for kind, count in kinds.most_common(10))
    return (
        Plural(
            "%(n)s entry of the export is no article and was not added: %(kinds)s.",
            "%(n)s entries of the export are no articles and were not added: %(kinds)s.",
            n=len(passed_over),
            kinds=shown,
        ),
    )


def html_of(content: str) -> str:
    """The text of an entry: WordPress's older editor keeps paragraphs as blank lines."""
    if _PARAGRAPH.search(content):
        return content
    parts = (part.strip() for part in re.split(r"\n\s*\n", content))
    return "\n".join(part if _BEGINS_BLOCK.match(part) else f"<p>{part}</p>" for part in parts if part)


def _kind(entry: Entry) -> str:
    state = _said(entry, "wp_status")
    return state if state in _NO_STATES - {"inherit"} else _said(entry, "wp_post_type") or state


def _said(entry: Entry, name: str) -> str:
    return str(entry.get(name) or "").strip()
