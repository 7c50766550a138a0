"""Instructions to a website's software in square brackets, as `[gallery ids="1"]`: never a reader's business. Pure."""

import re

_NAMES = r"""
caption gallery embed playlist contact-form(?:-\d+)? mc4wp_\w+ wpforms gravityforms? ninja_forms? formidable
forminator_\w+ fluentform mailpoet_\w+ mailerlite_\w+ sibwp_\w+ newsletter_form jetpack_\w+ subscription_form
yikes-mailchimp convertkit\w* optin-monster\w* wp_ads? adrotate the_ad\w* adinserter advanced_ads adsense su_\w+ vc_\w+
et_pb_\w+ fusion_\w+ av_\w+ elementor-template rev_slider metaslider smartslider3 ngg\w* nggallery foogallery
envira-gallery tablepress ez-toc lwptoc rank_math_toc related_posts related-posts jp-relatedposts yarpp sharedaddy
addtoany social_share add_to_cart recent_posts give_form
"""
_QUOTED = r"(?:\"[^\"\]\n]*\"|'[^'\]\n]*'|[“”″„][^\]“”″„\n]*[“”″])"
_BARE = r"(?:ids?|src|url|link|width|height|size|columns|type|style|class|align)\s?=\s?[^\s\]\"'=]+"
_NAMED = rf"\[(?:{'|'.join(_NAMES.split())})(?:[\s:=][^\]\n]*)?/?\]"
_WITH_VALUES = rf"\[[a-z][\w-]*(?:\s+(?:[\w-]+\s?=\s?{_QUOTED}|{_BARE}))+\s*/?\]"
_ENDING = r"\[/[a-z][\w-]*\]"
_EMBEDDED = r"\[embed\b[^\]\n]*\][^\[\]\n]*\[/embed\]"
_ENDED = re.compile(r"\[/([a-z][\w-]{0,40})\]", re.IGNORECASE)
MAY_BE = re.compile(r"\[/?[a-z][\w-]*[\s\]:=/]", re.IGNORECASE)
"""Worth a closer look."""


def pattern(text: str) -> re.Pattern[str]:
    """What finds those of a text: by their names, by their values, or because they end further down."""
    ended = sorted({re.escape(name) for name in _ENDED.findall(text)})[:100]
    pairs = rf"|\[(?:{'|'.join(ended)})\]" if ended else ""
    return re.compile(
        rf"(?<![\[!\\])(?P<words>{_EMBEDDED}|{_NAMED}|{_WITH_VALUES}|{_ENDING}{pairs})(?![(:])", re.IGNORECASE
    )
