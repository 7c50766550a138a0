"""Merge fields and tokens: no logic, no escape, no leak."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from newsletter.issues.edition import Edition, with_token_key
from newsletter.rendering import personalise
from newsletter.rendering.personalise import Tokens
from newsletter.rendering.render import TokensChanged
from newsletter.rendering.results import Rendered
from tests.rendering import editions
from tests.tokens import TOKENS

URL = "https://news.example.org/u/t0ken/"
ADA = personalise.values_for(name="Ada <b>&", unsubscribe_url=URL)
NOBODY = personalise.values_for(name="  ", unsubscribe_url=URL)
Render = Callable[[Edition], Rendered]


def test_a_field_becomes_the_readers_value_or_its_fallback() -> None:
    text = TOKENS.merge_fields("Hi {{name|dear friend}}, {{ name }}!")
    assert TOKENS.fill_text(text, ADA) == "Hi Ada <b>&, Ada <b>&!"
    assert TOKENS.fill_html(text, ADA) == "Hi Ada &lt;b&gt;&amp;, Ada &lt;b&gt;&amp;!"
    assert TOKENS.fill_text(text, NOBODY) == "Hi dear friend, !"


@pytest.mark.parametrize(
    "text", ["{{7*7}}", "{% x %}", "{{settings}}", "{{email}}", "{{name|{{name}}", "{name}", "{{name|a|b}}"]
)
def test_whatever_is_not_on_the_list_stays_as_written(text: str) -> None:
    """Threat 15"""
    kept = TOKENS.merge_fields(text)
    assert kept == text or TOKENS.fill_text(kept, NOBODY) == "{{name|"


def test_fields_work_in_subject_preheader_and_introduction_only(rendered: Render) -> None:
    story = replace(editions.ENGLISH.stories[0], title="Hello {{name}}")
    mail = rendered(
        replace(
            editions.ENGLISH,
            subject="For {{name|you}}",
            introduction="Leave [by this door]({{unsubscribe_url}}), {{name|you}}, or [read]({{browser_url}}) **on**.",
            stories=(story,),
        )
    )
    assert TOKENS.fill_text(mail.subject, ADA) == "For Ada <b>&"
    html = TOKENS.fill_html(mail.html, ADA)
    assert f'href="{URL}"' in html
    assert "<bdi>Ada &lt;b&gt;&amp;</bdi>" in html
    assert "Hello {{name}}" in html
    assert URL in TOKENS.fill_text(mail.text, ADA).split("-----")[0]


OUTSIDE = ("title", "standfirst", "body", "excerpt", "byline", "kicker", "url")
FRAME = ("publication", "tagline", "subject", "preheader", "introduction", "sender_name", "postal_address", "reason")
_SPLIT = ("", "<code>", "</code>", "<b>", "&#8203;", "\u200b", "<!-- x -->", "<bdi></bdi>", "<wbr>", "[", "](", "*")


@given(data=st.data())
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_text_in_any_field_yields_a_token_in_any_part(data: st.DataObject, rendered: Render) -> None:
    """Threat 15: tokens hold their edition’s key; what only looks like one, whole or in pieces, is never filled."""
    token = data.draw(st.sampled_from([Tokens(""), Tokens("0" * 32), Tokens("5d" * 16)])).unsubscribe_url
    token = data.draw(st.sampled_from([token, token.upper(), token.replace("unsubscribe", "name")]))
    at = data.draw(st.integers(0, len(token)))
    text = token[:at] + data.draw(st.sampled_from(_SPLIT)) + token[at:]
    story = replace(editions.ENGLISH.stories[3], **{data.draw(st.sampled_from(OUTSIDE)): text}, full=True)
    frame: dict[str, Any] = {data.draw(st.sampled_from(FRAME)): text}
    clean = rendered(replace(editions.ENGLISH, stories=editions.ENGLISH.stories[3:4]))
    mail = rendered(replace(editions.ENGLISH, stories=(story,), **frame))
    if "introduction" not in frame:
        assert TOKENS.count(mail.text) == TOKENS.count(clean.text)
        assert TOKENS.count(mail.html) == TOKENS.count(clean.html)
    for part in (mail.subject, TOKENS.fill_text(mail.text, ADA), TOKENS.fill_html(mail.html, ADA)):
        assert f"{URL}{text}" not in part


@pytest.mark.parametrize("cut", [0, 3, 10, 40])
@pytest.mark.parametrize("field", ["title", "standfirst", "body", "kicker", "url"])
def test_even_with_the_key_nothing_is_taken_from_readers(field: str, cut: int, rendered: Render) -> None:
    """The places in each part are counted: a mail that has others than ours is refused."""
    token = TOKENS.unsubscribe_url
    text = f"<p>{token[:cut]}<code>{token[cut : cut + 1]}</code>{token[cut + 1 :]}</p>" if field == "body" else token
    story = replace(editions.ENGLISH.stories[3], **{field: text}, full=True)
    with pytest.raises(TokensChanged, match="Nothing was sent or changed"):
        rendered(replace(editions.ENGLISH, stories=(story,)))


def test_each_edition_has_a_key_of_its_own_that_comes_again() -> None:
    edition = editions.ENGLISH
    keys = {with_token_key(one, secret=b"s").token_key for one in (edition, replace(edition, subject="Other"))}
    assert len(keys) == 2
    assert with_token_key(with_token_key(edition, secret=b"s"), secret=b"s").token_key in keys
    assert with_token_key(edition, secret=b"t").token_key not in keys


@given(st.text(max_size=60), st.text(max_size=60))
def test_values_never_bring_line_breaks_controls_or_turned_directions(name: str, url: str) -> None:
    values = personalise.values_for(name=name, unsubscribe_url=url)
    for value in (values.name, values.unsubscribe_url):
        assert len(value.splitlines()) <= 1
        assert not set(value) & set("\r\n\x00\u2028\u202e\u2066")
    assert len(values.name) <= personalise.MAX_NAME


@given(st.lists(st.one_of(st.text(max_size=20), st.just(TOKENS.name()), st.just(TOKENS.unsubscribe_url))))
def test_splitting_loses_nothing(parts: list[str]) -> None:
    text = "".join(parts)
    split = TOKENS.split(text)
    assert "".join(part if isinstance(part, str) else TOKENS.spelled(part) for part in split) == text
    assert "" not in split


@given(st.text(alphabet=st.characters(blacklist_categories=["Cs"], blacklist_characters="{}|\r\n"), max_size=60))
def test_a_fallback_in_any_script_survives(fallback: str) -> None:
    text = TOKENS.merge_fields(f"{{{{name|{fallback}}}}}")
    assert TOKENS.fill_text(text, NOBODY) == fallback.strip()
    assert text.isascii()
    assert text.isalnum()
