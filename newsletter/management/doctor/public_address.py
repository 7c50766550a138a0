"""Whether the address that readers' links lead to is this server."""

import ssl
import urllib.error
import urllib.request

from newsletter.conf import Config
from newsletter.management.doctor.diagnosis import Diagnosis, failed, first_line, ok, to_do

HTTP_SECONDS = 10.0


def check(settings: Config) -> Diagnosis:
    """Readers' links lead here: the address answers, over https, and this server does."""
    name = "Public address"
    url = settings.base_url
    if settings.is_loopback:
        return to_do(
            name,
            f"{url} works on this machine only, so links in mail would lead nowhere. "
            "Set NEWSLETTER_BASE_URL=https://news.example.org, with your own name.",
        )
    if not url.startswith("https://"):
        return failed(name, f"{url} is not https. Get a certificate and write https:// in NEWSLETTER_BASE_URL.")
    return _answers(name, url)


def _answers(name: str, url: str) -> Diagnosis:
    try:
        with urllib.request.urlopen(f"{url}/healthz", timeout=HTTP_SECONDS) as answer:  # noqa: S310  (https alone)
            status, body = int(answer.status), answer.read(200).decode("ascii", "replace").strip()
    except urllib.error.HTTPError as error:
        return failed(name, f"{url} answers, but with {error.code}: it is not this server. Check the proxy's rules.")
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", error)
        if isinstance(reason, ssl.SSLError):
            return failed(name, f"{url} has no valid certificate: {first_line(reason)}. Renew it.")
        return failed(
            name,
            f"{url} does not answer from here: {first_line(reason)}. Is `newsletter run` running, "
            "does the name lead to this machine, and does the proxy pass requests on?",
        )
    if status != 200 or body != "ok":
        return failed(name, f"Something else answers at {url}. Check where the name leads.")
    return ok(name, f"{url} answers.")
