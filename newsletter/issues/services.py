"""Everything that is done with publications and issues, in one place to call."""

from newsletter.issues.approval_checks import AnotherDay, Blocked, MailChanged, check_time
from newsletter.issues.approvals import approve, ready_to_release, schedule, unschedule
from newsletter.issues.care import set_care
from newsletter.issues.changes import Change, changes_since_approval
from newsletter.issues.consent import Consent
from newsletter.issues.editing import (
    add_entry,
    create_issue,
    edit_entry,
    edit_issue,
    move_entry,
    remove_entry,
)
from newsletter.issues.freezing import edition_of, sender_of
from newsletter.issues.publications import (
    PublicationSettings,
    check_settings,
    create_publication,
    edit_publication,
    settings_of,
    zone_of,
)
from newsletter.issues.seen_digest import differences, is_only_dated_otherwise
from newsletter.issues.transitions import ChangedMeanwhile, in_words, move

__all__ = [
    "AnotherDay",
    "Blocked",
    "Change",
    "ChangedMeanwhile",
    "Consent",
    "MailChanged",
    "PublicationSettings",
    "add_entry",
    "approve",
    "changes_since_approval",
    "check_settings",
    "check_time",
    "create_issue",
    "create_publication",
    "differences",
    "edit_entry",
    "edit_issue",
    "edit_publication",
    "edition_of",
    "in_words",
    "is_only_dated_otherwise",
    "move",
    "move_entry",
    "ready_to_release",
    "remove_entry",
    "schedule",
    "sender_of",
    "set_care",
    "settings_of",
    "unschedule",
    "zone_of",
]
