"""What providers of mail do with addresses: which reach the same mailbox, and which domains are many people's. Pure.

For counting alone, never for finding: an address is stored and written to as it was given.
"""

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from tld import get_fld

from subscribers import addresses
from subscribers.addresses import Address

_ENDING = r"[a-z]{2,3}(?:\.[a-z]{2})?"


@dataclass(frozen=True, slots=True)
class _Provider:
    """Which addresses it delivers to the same mailbox. None of the libraries that know such rules has all of these."""

    domains: re.Pattern[str]
    main_domain: str = ""
    """The domain that stands for all of them, where the same name is the same person at each."""
    signs: Mapping[int, int | None] = field(default_factory=dict)
    """Characters of a name that it leaves out, or takes for others."""
    tags: str = "+"
    """What a tag behind the name begins with."""


_PROVIDERS = (
    # support.google.com/mail/answer/7436150 and /10313
    _Provider(re.compile(r"gmail\.com|googlemail\.com"), main_domain="gmail.com", signs=str.maketrans("", "", ".")),
    # support.apple.com/118230
    _Provider(re.compile(r"icloud\.com|me\.com|mac\.com"), main_domain="icloud.com"),
    # `removeEmailAlias` in github.com/ProtonMail/WebClients
    _Provider(
        re.compile(r"proton\.me|protonmail\.com|protonmail\.ch|pm\.me"),
        main_domain="proton.me",
        signs=str.maketrans("", "", ".-_"),
    ),
    # yandex.com/support/domain/additional/mailbox-alias.xml; Yandex ID takes a dot in a name for a hyphen
    _Provider(
        re.compile(rf"yandex\.{_ENDING}|ya\.ru|narod\.ru"), main_domain="yandex.ru", signs=str.maketrans("-", ".")
    ),
    # help.yahoo.com/kb/SLN28815.html: of `name-anything`, `name` is one person's; no account has a hyphen
    _Provider(re.compile(rf"yahoo\.{_ENDING}|ymail\.com|rocketmail\.com|myyahoo\.com"), tags="+-"),
)
_ANY_PROVIDER = _Provider(re.compile(""))
# fastmail.help/hc/articles/360060591053: anything@name.fastmail.com is name+anything@fastmail.com; and
# fastmail.com/blog/two-address-resolving-additions: a name's underscore is a hyphen there.
_FASTMAIL = re.compile(rf"(?:.+\.)?([^.]+)\.(fastmail\.{_ENDING})")
# Besides those, providers with so many people that letters to some say nothing of the others.
_LARGE = re.compile(rf"(?:outlook|hotmail|live|aol|gmx|fastmail)\.{_ENDING}")
_NAMED_SO = """
    msn.com mail.com aim.com zoho.com hey.com tutanota.com tuta.io mailbox.org rediffmail.com
    web.de t-online.de freenet.de arcor.de posteo.de email.de bluewin.ch aon.at chello.at
    orange.fr wanadoo.fr free.fr sfr.fr neuf.fr bbox.fr laposte.net telenet.be skynet.be proximus.be
    libero.it virgilio.it alice.it tin.it tiscali.it ziggo.nl kpnmail.nl planet.nl hetnet.nl home.nl xs4all.nl
    seznam.cz email.cz post.cz centrum.cz wp.pl o2.pl onet.pl op.pl interia.pl gazeta.pl
    mail.ru bk.ru inbox.ru list.ru internet.ru rambler.ru ukr.net i.ua
    btinternet.com sky.com virginmedia.com ntlworld.com talktalk.net bigpond.com
    shaw.ca rogers.com sympatico.ca telus.net uol.com.br bol.com.br terra.com.br
    comcast.net verizon.net att.net sbcglobal.net bellsouth.net cox.net charter.net
    qq.com foxmail.com 163.com 126.com yeah.net sina.com sohu.com naver.com daum.net hanmail.net
    docomo.ne.jp ezweb.ne.jp softbank.ne.jp chmail.ir
    privaterelay.appleid.com duck.com mozmail.com riseup.net earthlink.net juno.com vodafone.de tutamail.com
    startmail.com disroot.org
"""
_LARGE_TOO = frozenset(_NAMED_SO.split())


def mailbox(address: Address, *, key: bytes) -> str:
    """A key that is the same for every spelling of an address that is likely to reach the same mailbox.

    Except that names with a tag, which count together, count apart from the name without: where a tag is a part of the
    name, mail to `name+x` reaches nobody, and a stranger who asks for it uses up nothing of its owner's. Signs that a
    provider leaves out count for nothing: there each spelling reaches the owner.
    """
    local, domain = address.local.lower(), address.domain
    if named := _FASTMAIL.fullmatch(domain):
        local, domain = f"{named[1].replace('-', '_')}+{local}", named[2]
    provider = next((known for known in _PROVIDERS if known.domains.fullmatch(domain)), _ANY_PROVIDER)
    # What a name begins with is no tag of it.
    untagged = local[:1] + re.split(f"[{re.escape(provider.tags)}]", local[1:], maxsplit=1)[0]
    name = untagged.translate(provider.signs)
    tagged = "tagged:" if untagged != local else ""
    return hmac.new(
        key, f"mailbox:{tagged}{name}@{provider.main_domain or domain}".encode(), hashlib.sha256
    ).hexdigest()


def owned(domain: str) -> str | None:
    """What somebody has registered of the domain, with all below it; None where it is a large provider's.

    By the Public Suffix List that comes with the library: `dept.firm.co.uk` is of `firm.co.uk`. The list writes
    `公司.cn`, where an address has `xn--55qx5d.cn`.
    """
    domain = addresses.shown(domain)
    registered = get_fld(f"https://{domain}", fail_silently=True) or ".".join(domain.split(".")[-2:])
    patterns = (_LARGE, *(provider.domains for provider in _PROVIDERS))
    is_large = {domain, registered} & _LARGE_TOO or any(pattern.fullmatch(registered) for pattern in patterns)
    return None if is_large else registered
