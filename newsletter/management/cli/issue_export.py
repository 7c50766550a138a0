"""An issue as a reader gets it, written to files: the page, the text, and the message as it goes over the wire."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from newsletter import conf, pipeline
from newsletter.delivery.message import issue_template
from newsletter.delivery.message.sender import Sender
from newsletter.delivery.models import Release
from newsletter.errors import InvalidInput, NotFound
from newsletter.issues import queries
from newsletter.issues import services as issues
from newsletter.issues.models import Approval, Issue
from newsletter.rendering import personalise
from newsletter.rendering.results import Rendered, frozen
from subscribers import api as subscribers

SAMPLE = subscribers.Recipient(
    subscriber=0,
    address="reader@example.org",
    name="",
    token="sample",  # noqa: S106 (no secret: it opens nothing)
    barred=None,
)
"""A reader that does not exist: the link in its mail leads to the page that every wrong link leads to."""


@dataclass(frozen=True, kw_only=True)
class Export:
    """What was written."""

    files: tuple[Path, Path, Path]
    """issue.html, issue.txt, issue.eml."""
    approved: bool
    """True: made of the approved bytes; False: of the issue as it is now."""
    barred: str | None
    """Why this reader would not get the issue; None if they would."""


def write(issue: Issue, *, out: Path, now: datetime, address: str = "") -> Export:
    """Write issue.html, issue.txt and issue.eml into ``out``. Raises NotFound for an address that is not known."""
    config = conf.config()
    approval = queries.approval_in_force(issue)
    rendered = _approved(approval) if approval else pipeline.preview(issue, now=now)
    sender: dict[str, Any] = approval.sender if approval else issues.sender_of(issue)
    rule = approval.audience if approval else subscribers.audience_of_list(issue.publication.list_id)
    release = Release.objects.filter(pk=issue.pk).first()
    reader = _reader(address, rule) if address else SAMPLE
    template = issue_template.compile_issue(
        rendered=rendered,
        issue_id=issue.pk,
        sender=Sender(**sender),
        base_url=config.base_url,
        message_key=config.message_key,
        # The worker dates every message at the release's cut-off.
        date=(release.cut_off if release else now).astimezone(issues.zone_of(issue.publication.time_zone)),
    )
    message = template.message(
        subscriber=reader.subscriber, address=reader.address, name=reader.name, token=reader.token
    )
    values = personalise.values_for(
        name=reader.name, unsubscribe_url=subscribers.links_for(reader.token, base_url=config.base_url).one_click
    )
    contents = (
        ("issue.html", rendered.tokens.fill_html(rendered.html, values).encode()),
        ("issue.txt", rendered.tokens.fill_text(rendered.text, values).encode()),
        ("issue.eml", message.data),
    )
    return Export(files=_files(out, contents), approved=approval is not None, barred=reader.barred)


def _approved(approval: Approval) -> Rendered:
    rendition = queries.mail_of(approval)
    if rendition is None:
        raise NotFound("This issue was approved without content. Approve it again.")
    return frozen(rendition)


def _reader(address: str, rule: dict[str, Any]) -> subscribers.Recipient:
    try:
        subscriber = subscribers.find(address)
    except subscribers.SubscribersError as error:
        raise InvalidInput(str(error), field="--for") from error
    known = subscribers.recipients(rule, [subscriber]) if subscriber is not None else {}
    if subscriber is None or subscriber not in known:
        raise NotFound("This address is not on the newsletter's list. Leave out --for to see a sample reader's mail.")
    return known[subscriber]


def _files(out: Path, contents: tuple[tuple[str, bytes], ...]) -> tuple[Path, Path, Path]:
    try:
        out.mkdir(parents=True, exist_ok=True)
        paths = [out / name for name, _ in contents]
        for path, (_, data) in zip(paths, contents, strict=True):
            path.write_bytes(data)
    except OSError as error:
        raise InvalidInput(f"The files cannot be written to {out}: {error.strerror}.", field="--out") from error
    return paths[0], paths[1], paths[2]
