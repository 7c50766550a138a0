"""Takes the README's pictures from a running demo, in Debian's Chromium: `make screenshots`."""

import os
import re
import subprocess
import sys
import tempfile
import time
from email import message_from_bytes, policy
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

HERE = Path(__file__).resolve().parent
CHROMIUM = "/usr/bin/chromium"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync", "--hide-scrollbars"]  # fmt: skip
PATIENCE = 120.0
"""Seconds until both issues of the demo must have arrived."""
WIDE, NARROW = 760, 360
"""A mail window, and a telephone."""


def main() -> int:
    """Start the demo, wait for its mails, take five pictures, stop it."""
    with tempfile.TemporaryDirectory(prefix="newsletter-screenshots-") as folder:
        data, log = Path(folder) / "demo", Path(folder) / "log"
        command = [sys.executable, "-m", "newsletter", "demo", "--data-dir", str(data)]
        environment = {**os.environ, "COLUMNS": "300"}
        with log.open("w") as file, subprocess.Popen(command, stderr=file, text=True, env=environment) as demo:
            try:
                base, link = _where(log)
                mails = _mails(data / "mailbox")
                with sync_playwright() as playwright:
                    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
                    _take(browser, base=base, link=link, mails=mails)
                    browser.close()
            except NothingCame as error:
                sys.stderr.write(f"{error}\nThe demo said:\n{log.read_text()}")
                return 1
            finally:
                demo.terminate()
    return 0


class NothingCame(Exception):
    """The demo did not get as far as it should."""


def _where(log: Path) -> tuple[str, str]:
    """The address of the newsroom and a link that signs in, as the demo prints them."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        said = log.read_text()
        base = re.search(r"Newsroom +(http://\S+?)/\s", said)
        link = re.search(r"admin and editor +(http://\S+)\s", said)
        if base and link:
            return base[1], link[1]
        time.sleep(0.5)
    raise NothingCame("The demo did not say where it is.")


def _mails(folder: Path) -> dict[str, Path]:
    """One mail of each language, once both have arrived."""
    deadline = time.monotonic() + PATIENCE
    found: dict[str, Path] = {}
    while time.monotonic() < deadline:
        for path in sorted(folder.glob("*.eml")):
            head = path.read_bytes().partition(b"\r\n\r\n")[0]
            found.setdefault("fa" if b"fanoos.example" in head else "en", path)
        if len(found) == 2:
            return found
        time.sleep(1)
    raise NothingCame(f"Only {sorted(found)} arrived within {PATIENCE:.0f} s.")


def _take(browser: Browser, *, base: str, link: str, mails: dict[str, Path]) -> None:
    page = browser.new_page(viewport={"width": 1200, "height": 820}, device_scale_factor=1.5)
    _sign_in(page, link)
    page.goto(f"{base}/")
    page.wait_for_load_state("networkidle")
    page.screenshot(path=HERE / "newsroom.png")
    _composer(page, base)
    for name, language, width, height in (
        ("mail-wide", "en", WIDE, 1000),
        ("mail-narrow", "en", NARROW, 760),
        ("mail-rtl", "fa", WIDE, 1000),
    ):
        mail = browser.new_page(viewport={"width": width, "height": height}, device_scale_factor=1.5)
        mail.set_content(_html(mails[language]), wait_until="networkidle")
        mail.screenshot(path=HERE / f"{name}.png")
        mail.close()


def _sign_in(page: Page, link: str) -> None:
    page.goto(link)
    page.locator("main form button").first.click()
    page.wait_for_load_state("networkidle")


def _composer(page: Page, base: str) -> None:
    """The draft that waits for the editor."""
    page.goto(f"{base}/")
    links = page.locator("main a[href^='/issues/']").evaluate_all("all => all.map(a => a.getAttribute('href'))")
    drafts = [int(found[1]) for link in links if (found := re.fullmatch(r"/issues/(\d+)/", link))]
    page.set_viewport_size({"width": 1200, "height": 1240})
    page.goto(f"{base}/issues/{max(drafts)}/")
    page.wait_for_load_state("networkidle")
    page.screenshot(path=HERE / "composer.png")


def _html(path: Path) -> str:
    message = message_from_bytes(path.read_bytes(), policy=policy.default)
    part = message.get_body(preferencelist=("html",))
    assert part is not None
    return str(part.get_content())


if __name__ == "__main__":
    sys.exit(main())
