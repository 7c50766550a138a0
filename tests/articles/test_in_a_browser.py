# ruff: noqa: E501
"""Trust 16 and 17: the attacks, cleaned, in a real browser: no dialog opens, nothing is requested."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Dialog, Route

from newsletter.articles.reading import sanitise

VECTORS = (Path(__file__).parent / "attacks" / "xss.txt").read_text().splitlines()


@pytest.mark.browser
def test_no_attack_opens_a_dialog_or_sends_a_request(browser: Browser) -> None:
    dialogs: list[str] = []
    requests: list[str] = []

    def heard(dialog: Dialog) -> None:
        dialogs.append(dialog.message)
        dialog.dismiss()

    def asked(route: Route) -> None:
        requests.append(route.request.url)
        route.abort()

    stories = [
        sanitise.with_images(sanitise.clean(vector, base_url="https://harbour.example/"), {}) for vector in VECTORS
    ]
    page = browser.new_page()
    page.on("dialog", heard)
    page.route("**/*", asked)
    # The judge judges: the first attack as it came does open a dialog.
    page.set_content(VECTORS[0])
    assert dialogs
    dialogs.clear()
    for story in ("".join(stories), *stories):
        page.set_content(f"<!DOCTYPE html><body><article>{story}</article>")
        page.evaluate(
            "document.querySelectorAll('article *').forEach(one => { one.focus?.(); one.dispatchEvent(new Event('mouseover', {bubbles: true})); })"
        )
    for link in page.evaluate("[...document.querySelectorAll('a')].map(one => one.protocol)"):
        assert link in {"http:", "https:", "mailto:", "tel:"}
    page.close()

    assert dialogs == []
    assert requests == []
