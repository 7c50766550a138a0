"""Merge fields and tokens: no logic, no escape, no leak."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.issues.edition import Edition
from newsletter.rendering import personalise
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


def test_an_article_cannot_carry_a_readers_values_away(rendered: Render) -> None:
    """Threat 15: the tokens are no secret, so text from outside that looks like one is broken up."""
    token = TOKENS.unsubscribe_url
    body = f'<p><a href="https://thief.example/?{token}">{token}</a> kq7z<b>unsubscribe</b>xz7qk</p>'
    story = replace(editions.ENGLISH.stories[3], body=body, title=token, standfirst=token.upper())
    mail = rendered(replace(editions.ENGLISH, stories=(story,), tagline=token))
    assert mail.html.count(token) == 1
    assert f"thief.example/?{token}" not in mail.text
    assert TOKENS.fill_html(mail.html, ADA).count(URL) == 1


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
    assert "".join(str(part) for part in split) == text
    assert "" not in split


@given(st.text(alphabet=st.characters(blacklist_categories=["Cs"], blacklist_characters="{}|\r\n"), max_size=60))
def test_a_fallback_in_any_script_survives(fallback: str) -> None:
    text = TOKENS.merge_fields(f"{{{{name|{fallback}}}}}")
    assert TOKENS.fill_text(text, NOBODY) == fallback.strip()
    assert text.isascii()
    assert text.isalnum()
