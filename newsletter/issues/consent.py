"""What somebody consents to when approving an issue: exact bytes, a sender, an audience rule and a time."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from newsletter.issues import seen_digest
from newsletter.issues.edition import Edition


class Rendered(Protocol):
    """What is read of `rendering.results.Rendered`."""

    @property
    def language(self) -> str: ...
    @property
    def subject(self) -> str: ...
    @property
    def html(self) -> str: ...
    @property
    def text(self) -> str: ...
    @property
    def token_key(self) -> str: ...
    @property
    def format(self) -> str: ...
    @property
    def digest(self) -> str: ...


class Finding(Protocol):
    """What is read of `rendering.results.Finding`."""

    @property
    def code(self) -> str: ...
    @property
    def blocks(self) -> bool: ...
    @property
    def text(self) -> str: ...


@dataclass(frozen=True, kw_only=True)
class Consent:
    """What is consented to, as it is shown: the edition, its renditions, what preflight found, sender and audience."""

    edition: Edition
    rendered: Sequence[Rendered]
    findings: Sequence[Finding]
    audience: Mapping[str, Any]
    """The audience rule, not its members."""
    sender: Mapping[str, Any]

    @property
    def seen(self) -> str:
        """Digest of what a page shows: the approver's form sends it back."""
        renditions = [rendition.digest for rendition in self.rendered]
        return seen_digest.digest(renditions=renditions, sender=self.sender, audience=self.audience)

    @property
    def note(self) -> str:
        """Short digests of each part, which a page carries beside ``seen`` to say later what changed."""
        return seen_digest.note(self.edition, sender=self.sender, audience=self.audience)


def digest_of(
    *,
    renditions: Sequence[str],
    sender: Mapping[str, Any],
    audience: Mapping[str, Any],
    send_at: datetime | None,
    publication: str,
) -> str:
    """SHA-256 over what is consented to: the renditions' digests, the sender, the audience rule and the time."""
    consent = {
        "renditions": sorted(renditions),
        "sender": dict(sender),
        "audience": dict(audience),
        "time": send_at.astimezone(UTC).isoformat() if send_at else f"next slot of {publication}",
    }
    return hashlib.sha256(json.dumps(consent, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
