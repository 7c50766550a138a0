"""The DNS record of a DKIM key (RFC 6376 §3.6.1): what to publish, and what to make of what is published. Pure."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

_STRING = 255
"""RFC 1035 §3.3: the longest string of a TXT record; a record has several."""


@dataclass(frozen=True, kw_only=True)
class Record:
    """What must be published for a key."""

    domain: str
    selector: str
    algorithm: str
    """rsa or ed25519."""
    public: bytes
    """The key as p= carries it, before base64."""

    @property
    def name(self) -> str:
        return f"{self.selector}._domainkey.{self.domain}"

    @property
    def text(self) -> str:
        """The value as a single text: what most DNS providers' forms want."""
        return f"v=DKIM1; k={self.algorithm}; p={base64.b64encode(self.public).decode()}"

    @property
    def strings(self) -> list[str]:
        return [self.text[at : at + _STRING] for at in range(0, len(self.text), _STRING)]

    @property
    def zone_line(self) -> str:
        """The record as a zone file has it."""
        strings = " ".join(f'"{string}"' for string in self.strings)
        return f"{self.name}. 3600 IN TXT ( {strings} )"


class Published(StrEnum):
    """What DNS says about a key."""

    EQUAL = "published"
    MISSING = "missing"
    DIFFERENT = "different"
    UNKNOWN = "not known"
    """DNS did not answer."""


@dataclass(frozen=True, kw_only=True)
class RecordCheck:
    """What DNS says, and what to do about it; nothing where it is as it should be."""

    published: Published
    advice: str = ""


def compare(record: Record, texts: Sequence[str]) -> RecordCheck:
    """What the TXT records found at `record.name` mean for receivers."""
    found = [tags for tags in map(_tags, texts) if "p" in tags]
    if not found:
        return RecordCheck(published=Published.MISSING, advice=f"Publish the TXT record {record.name}.")
    if len(found) > 1:
        return _different(f"There are {len(found)} records at {record.name}: keep one, or receivers take none.")
    wrong = _wrong(record, found[0])
    if wrong:
        return _different(f"{wrong} Publish what `newsletter dkim show {record.domain}` prints, whole.")
    if "y" in found[0].get("t", "").split(":"):
        # RFC 6376 §3.6.1: not to be treated otherwise than unsigned mail.
        return _different("The record says t=y (testing): receivers take the mail for unsigned. Remove that.")
    return RecordCheck(published=Published.EQUAL)


def _wrong(record: Record, tags: dict[str, str]) -> str:
    if tags.get("v", "DKIM1") != "DKIM1":
        return f"The record says v={tags['v']}, not v=DKIM1."
    if not tags["p"]:
        return "The record has an empty p=: the key is revoked."
    if tags.get("k", "rsa") != record.algorithm:
        return f"The record is for another kind of key (k={tags.get('k', 'rsa')})."
    if tags["p"] != base64.b64encode(record.public).decode():
        return "The record holds another key, or a part of it."
    if "sha256" not in tags.get("h", "sha256").split(":") or not {"*", "email"} & set(tags.get("s", "*").split(":")):
        return "The record's h= or s= forbids the key for our mail."
    return ""


def _different(advice: str) -> RecordCheck:
    return RecordCheck(published=Published.DIFFERENT, advice=advice)


def _tags(text: str) -> dict[str, str]:
    pairs = (part.partition("=") for part in text.split(";") if part.strip())
    return {name.strip(): "".join(value.split()) for name, _, value in pairs}
