"""Which key signs what: DKIM keys made, rotated, retired, and read again for the engine. Never unsigned by accident."""

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache

import dns.resolver
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
)
from django.db import IntegrityError, transaction

from newsletter.delivery import sealed_secrets
from newsletter.delivery.dkim import dns_check, signatures
from newsletter.delivery.dkim.dns_record import Published, Record, RecordCheck
from newsletter.delivery.message import headers
from newsletter.delivery.models import DkimDomain, DkimKey
from newsletter.errors import InvalidInput, NotAllowed, NotFound, UserError
from newsletter.staff import services as staff
from newsletter.translatable import Translatable as _

Algorithm = DkimKey.Algorithm
BOTH = (Algorithm.RSA, Algorithm.ED25519)
"""Not every receiver reads Ed25519 yet (RFC 8463 §1): it stands beside RSA."""

_RSA_BITS = 2048
"""Trust A1. A longer key fits no UDP answer and takes five times as long to sign with."""
_LONGEST_NAME = 253
"""RFC 1035 §2.3.4, without the last dot."""
_PURPOSE = b"dkim"


class SigningKeyUnavailable(UserError, LookupError):
    """Mail from ``domain`` must be signed and cannot be: nothing of it may go out (trust X1).

    ``selector``: of the key that cannot be read; empty where no key signs.
    """

    def __init__(self, message: str, *, domain: str, selector: str = "") -> None:
        super().__init__(message)
        self.domain = domain
        self.selector = selector


def signer_for(domain: str, *, message_key: bytes) -> signatures.Signer | None:
    """The signer for mail from ``domain``: with its own keys, else its nearest parent's (which DMARC aligns).

    None when neither was ever given keys. Raises SigningKeyUnavailable when mail must be signed and a key that must
    sign is missing, waits or cannot be read.
    """
    where = _nearest(domain)
    if where is None:
        return None
    chosen = signing(_in_use(where))
    if not chosen:
        raise SigningKeyUnavailable(
            _(
                "Mail from %(domain)s is not sent unsigned, and %(where)s has no DKIM key that signs. Nothing is "
                "lost. Run `newsletter dkim check %(where)s`, follow its advice, then resume.",
                domain=domain,
                where=where,
            ),
            domain=domain,
        )
    return _signer(tuple([(key.domain, key.selector, bytes(key.private)) for key in chosen]), message_key)


def domains() -> list[str]:
    """Domains whose mail goes out signed or not at all."""
    return list(DkimDomain.objects.order_by("domain").values_list("domain", flat=True))


def keys_of(domain: str = "") -> list[DkimKey]:
    """Every key of a domain, or of all, oldest first, the retired too. Raises InvalidInput."""
    keys = DkimKey.objects.order_by("domain", "pk")
    return list(keys.filter(domain=_domain(domain)) if domain else keys)


def signing(keys: Sequence[DkimKey]) -> list[DkimKey]:
    """The keys, of those of a domain, that sign now: of each algorithm the key that became active last."""
    active = [(key.active_from, key.pk, key) for key in keys if key.active_from is not None and key.retired_at is None]
    newest = {key.algorithm: key for _, _, key in sorted(active, key=lambda entry: entry[:2])}
    return [newest[algorithm] for algorithm in BOTH if algorithm in newest]


def record_of(key: DkimKey) -> Record:
    """The DNS record that must be published for the key."""
    return Record(domain=key.domain, selector=key.selector, algorithm=key.algorithm, public=bytes(key.public))


def create(
    domain: str,
    *,
    message_key: bytes,
    by: str,
    now: datetime,
    algorithms: Sequence[DkimKey.Algorithm] = BOTH,
    selector: str = "",
    rotate: bool = False,
) -> list[DkimKey]:
    """Make a key of each algorithm. A domain's first ones sign at once, later ones when `check` has seen their record.

    ``selector`` is completed by the algorithm where there are two. Raises InvalidInput, NotAllowed.
    """
    name = _domain(domain)
    live = _in_use(name)
    if {key.algorithm for key in live} & set(algorithms) and not rotate:
        raise NotAllowed(_("%(name)s already has DKIM keys; they were kept. To replace them, add --rotate.", name=name))
    base = selector.strip().lower() or f"{now:%Y%m%d}"
    made = []
    for algorithm in algorithms:
        full = f"{base}-{algorithm.value}" if len(algorithms) > 1 or not selector else base
        key = _made(name, full if selector else _free(name, full), algorithm, message_key, now=now)
        key.active_from = None if live else now
        made.append(key)
    try:
        with transaction.atomic():
            if not live:
                DkimDomain.objects.get_or_create(domain=name, defaults={"since": now})
            for key in made:
                key.save(force_insert=True)
                staff.record(actor=by, action="dkim.created", subject=f"dkim:{key}", now=now)
    except IntegrityError as error:
        raise NotAllowed(
            _(
                "The selector %(base)s was used for %(name)s before. Nothing was created; choose another.",
                base=base,
                name=name,
            )
        ) from error
    return made


def check(
    domain: str, *, resolver: dns.resolver.Resolver, by: str, now: datetime, sign_now: bool = False
) -> list[tuple[DkimKey, RecordCheck]]:
    """What DNS says about each key that is not retired. One that waited and is published signs from now on.

    ``sign_now``: those that wait sign even if DNS does not show them from here. Raises InvalidInput, NotFound.
    """
    keys = _in_use(_domain(domain))
    if not keys:
        raise NotFound(
            _("There are no DKIM keys for %(domain)s. Create them: newsletter dkim create %(domain)s", domain=domain)
        )
    found = []
    for key in keys:
        checked = dns_check.look_up(record_of(key), resolver=resolver)
        if key.active_from is None and (sign_now or checked.published is Published.EQUAL):
            _activate(key, by=by, now=now)
        found.append((key, checked))
    return found


def retire(domain: str, selector: str, *, by: str, now: datetime, unsigned: bool = False) -> DkimKey:
    """Sign no more with it and forget its private half.

    ``unsigned``: even the last key that signs; mail of the domain then goes out unsigned, or signed by its parent's.

    Raises InvalidInput, NotFound, NotAllowed.
    """
    with transaction.atomic():
        keys = _in_use(_domain(domain))
        key = next((key for key in keys if key.selector == selector.strip().lower()), None)
        if key is None:
            raise NotFound(
                _(
                    "%(domain)s has no DKIM key %(selector)s that is in use. See `newsletter dkim show %(domain)s`.",
                    domain=domain,
                    selector=selector,
                )
            )
        rest = [other for other in keys if other.pk != key.pk]
        last = not signing(rest)
        if last and not unsigned:
            raise NotAllowed(
                _(
                    "%(selector)s is the last key that signs for %(domain)s; it was kept. Create another first "
                    "with `newsletter dkim create %(domain)s --rotate`, or add --unsigned to stop signing.",
                    selector=key.selector,
                    domain=key.domain,
                )
            )
        key.retired_at, key.private = now, b""
        key.save(update_fields=["retired_at", "private"])
        if last:
            DkimDomain.objects.filter(domain=key.domain).delete()
        staff.record(actor=by, action="dkim.retired", subject=f"dkim:{key}", now=now)
    return key


def _nearest(domain: str) -> str | None:
    """The domain itself or its closest parent, whichever must be signed; a top-level domain never."""
    labels = domain.lower().split(".")
    names = [".".join(labels[at:]) for at in range(max(len(labels) - 1, 1))]
    return max(DkimDomain.objects.filter(domain__in=names).values_list("domain", flat=True), key=len, default=None)


def _in_use(domain: str) -> list[DkimKey]:
    return list(DkimKey.objects.filter(domain=domain, retired_at__isnull=True).order_by("pk"))


@lru_cache(maxsize=32)
def _signer(sealed: tuple[tuple[str, str, bytes], ...], message_key: bytes) -> signatures.Signer:
    """A signer whose keys are decrypted and parsed once; keys that changed are other arguments."""
    return signatures.Signer(
        [
            signatures.Key(domain=domain, selector=selector, private=_opened(domain, selector, private, message_key))
            for domain, selector, private in sealed
        ]
    )


def _opened(domain: str, selector: str, sealed: bytes, message_key: bytes) -> RSAPrivateKey | Ed25519PrivateKey:
    context = f"{selector}._domainkey.{domain}".encode()
    try:
        plain = sealed_secrets.open_sealed(sealed, key=message_key, purpose=_PURPOSE, context=context)
        key = load_der_private_key(plain, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise _unreadable(domain, selector) from error
    if not isinstance(key, RSAPrivateKey | Ed25519PrivateKey):
        raise _unreadable(domain, selector)
    return key


def _unreadable(domain: str, selector: str) -> SigningKeyUnavailable:
    return SigningKeyUnavailable(
        _(
            "Mail from %(domain)s is not sent unsigned, and its DKIM key %(selector)s cannot be read. Nothing"
            " is lost. Restore keys/messages.key from your backup, or run `newsletter dkim create %(domain)s "
            "--rotate`, publish what it prints and run `newsletter dkim check %(domain)s`; then resume.",
            domain=domain,
            selector=selector,
        ),
        domain=domain,
        selector=selector,
    )


def _made(domain: str, selector: str, algorithm: DkimKey.Algorithm, message_key: bytes, *, now: datetime) -> DkimKey:
    key = DkimKey(domain=domain, selector=selector, algorithm=algorithm, created_at=now)
    if not headers.is_host(selector) or len(str(key)) > _LONGEST_NAME:
        raise InvalidInput(
            _("A selector may contain only letters, digits and hyphens, such as news2026."), field="selector"
        )
    private: RSAPrivateKey | Ed25519PrivateKey
    if algorithm is Algorithm.RSA:
        private = generate_private_key(public_exponent=65537, key_size=_RSA_BITS)
        key.public = private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    else:
        private = Ed25519PrivateKey.generate()
        key.public = private.public_key().public_bytes_raw()
    plain = private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    key.private = sealed_secrets.seal(plain, key=message_key, purpose=_PURPOSE, context=str(key).encode())
    return key


def _activate(key: DkimKey, *, by: str, now: datetime) -> None:
    with transaction.atomic():
        waiting = DkimKey.objects.filter(pk=key.pk, active_from__isnull=True, retired_at__isnull=True)
        if waiting.update(active_from=now):
            DkimDomain.objects.get_or_create(domain=key.domain, defaults={"since": now})
            staff.record(actor=by, action="dkim.activated", subject=f"dkim:{key}", now=now)
    key.refresh_from_db()


def _free(domain: str, selector: str) -> str:
    """The selector, numbered where it was used before: a receiver may remember the old record."""
    used = set(DkimKey.objects.filter(domain=domain).values_list("selector", flat=True))
    names = [selector, *(f"{selector}-{number}" for number in range(2, len(used) + 3))]
    return next(name for name in names if name not in used)


def _domain(text: str) -> str:
    try:
        domain = headers.with_a_label(f"x@{text.strip().rstrip('.')}").removeprefix("x@")
    except headers.InvalidHeader as error:
        raise InvalidInput(
            _("“%(text)s” is not a domain. Write it like example.org.", text=text), field="domain"
        ) from error
    if "." not in domain or not headers.is_host(domain):
        raise InvalidInput(_("“%(text)s” is not a domain. Write it like example.org.", text=text), field="domain")
    return domain
