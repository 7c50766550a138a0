"""Which provider takes the mail of a domain: told by its name, or by its mail hosts where they are known. Pure."""

import hashlib
import hmac
from collections.abc import Iterable, Mapping

DOMAINS: Mapping[str, tuple[str, ...]] = {
    "gmail": ("gmail.com", "googlemail.com"),
    "microsoft": ("outlook.*", "hotmail.*", "live.*", "msn.com", "windowslive.com", "passport.com"),
    "yahoo": ("yahoo.*", "ymail.com", "rocketmail.com", "aol.*", "aim.com", "myyahoo.com", "netscape.net"),
    "icloud": ("icloud.com", "me.com", "mac.com"),
    "gmx": ("gmx.*", "web.de", "mail.com", "email.de"),
    "proton": ("proton.me", "protonmail.com", "protonmail.ch", "pm.me"),
    "mailru": ("mail.ru", "inbox.ru", "list.ru", "bk.ru", "internet.ru"),
    "yandex": ("yandex.*", "ya.ru"),
    "telekom": ("t-online.de", "magenta.de"),
    "orange": ("orange.fr", "wanadoo.fr"),
    "free": ("free.fr",),
    "laposte": ("laposte.net",),
    "libero": ("libero.it", "virgilio.it", "iol.it", "inwind.it", "giallo.it", "blu.it"),
    "comcast": ("comcast.net",),
    "zoho": ("zoho.com", "zohomail.com", "zoho.eu"),
    "fastmail": ("fastmail.com", "fastmail.fm", "messagingengine.com"),
    "qq": ("qq.com", "foxmail.com", "vip.qq.com"),
    "netease": ("163.com", "126.com", "yeah.net"),
    "naver": ("naver.com",),
    "seznam": ("seznam.cz", "email.cz", "post.cz"),
    "rediff": ("rediffmail.com",),
}
"""Domains of free mail, `.*` for any ending in one or two parts (yahoo.co.uk)."""

HOSTS: Mapping[str, tuple[str, ...]] = {
    "gmail": ("google.com", "googlemail.com", "smtp.goog"),
    "microsoft": ("protection.outlook.com", "olc.protection.outlook.com", "hotmail.com", "mx.microsoft"),
    "yahoo": ("yahoodns.net", "mail.yahoo.co.jp", "aol.com"),
    "icloud": ("mail.icloud.com", "mail.me.com"),
    "gmx": ("gmx.net", "web.de", "mail.com", "kundenserver.de", "ionos.com", "ionos.de", "1and1.com"),
    "proton": ("protonmail.ch",),
    "mailru": ("mail.ru",),
    "yandex": ("yandex.ru", "yandex.net"),
    "telekom": ("t-online.de",),
    "orange": ("orange.fr", "wanadoo.fr"),
    "free": ("free.fr",),
    "laposte": ("laposte.net",),
    "libero": ("libero.it", "italiaonline.it"),
    "comcast": ("comcast.net",),
    "zoho": ("zoho.com", "zoho.eu", "zoho.in", "zohomail.com"),
    "fastmail": ("messagingengine.com",),
    "qq": ("qq.com",),
    "netease": ("163.com", "126.com", "netease.com", "qiye.163.com"),
    "naver": ("naver.com",),
    "seznam": ("seznam.cz",),
    "rediff": ("rediffmail.com",),
    "mimecast": ("mimecast.com", "mimecast.co.za", "mimecast-offshore.com"),
    "proofpoint": ("pphosted.com", "ppe-hosted.com", "ppops.net"),
    "barracuda": ("barracudanetworks.com",),
    "cisco": ("iphmx.com",),
    "messagelabs": ("messagelabs.com",),
    "ovh": ("ovh.net",),
    "gandi": ("gandi.net",),
    "rackspace": ("emailsrvr.com",),
    "amazon": ("amazonaws.com", "awsapps.com"),
    "cloudflare": ("mx.cloudflare.net",),
    "strato": ("rzone.de",),
    "hostinger": ("hostinger.com",),
    "godaddy": ("secureserver.net",),
    "namecheap": ("privateemail.com", "registrar-servers.com"),
    "migadu": ("migadu.com",),
}
"""Ends of the names of mail hosts. All the companies of such a provider are slowed down together."""

PROVIDERS = frozenset(DOMAINS) | frozenset(HOSTS)


def provider_of(domain: str, mx_hosts: Iterable[str] = ()) -> str:
    """The provider's name; empty when we know none. Mail hosts, best first, say more than the domain's name."""
    for host in mx_hosts:
        labels = _labels(host)
        for first in range(len(labels)):
            found = _HOSTS.get(".".join(labels[first:]))
            if found:
                return found
    return _by_name(".".join(_labels(domain)))


def group_of(domain: str, mx_hosts: Iterable[str] = (), *, key: bytes) -> str:
    """The name under which a domain is limited: its provider's, or a short keyed hash where it has none.

    Never the domain of a reader itself: a small domain could name a person.
    """
    return provider_of(domain, mx_hosts) or f"d-{domain_hash(domain, key=key)[:10]}"


def domain_hash(domain: str, *, key: bytes) -> str:
    """Names a domain in tables without saying it."""
    clean = ".".join(_labels(domain)).encode()
    return hmac.new(key, b"domain group\0" + clean, hashlib.sha256).hexdigest()[:32]


def _labels(name: str) -> list[str]:
    return name.strip().rstrip(".").lower().split(".")


def _by_name(domain: str) -> str:
    exact = _NAMES.get(domain)
    if exact:
        return exact
    name, _, ending = domain.partition(".")
    # yahoo.fr and yahoo.co.uk, but not yahoo.example.org: a country's second level is short.
    parts = ending.split(".")
    short = len(parts) == 1 or (len(parts) == 2 and len(parts[0]) <= 3 and len(parts[1]) == 2)
    return _ANY_ENDING.get(name, "") if ending and short else ""


_NAMES = {name: group for group, names in DOMAINS.items() for name in names if not name.endswith(".*")}
_ANY_ENDING = {name[:-2]: group for group, names in DOMAINS.items() for name in names if name.endswith(".*")}
_HOSTS = {name: group for group, names in HOSTS.items() for name in names}
