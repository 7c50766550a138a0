"""Every check of the installation, in order."""

from datetime import datetime

from newsletter.conf import Config
from newsletter.management.doctor import installation, machine, mail_servers, public_address, sending
from newsletter.management.doctor.diagnosis import Diagnosis, Health


def examine(settings: Config, *, now: datetime) -> list[Diagnosis]:
    """Run every check; those that need the tables are left out when the database is not usable."""
    database = installation.database()
    usable = database.health is Health.OK
    diagnoses = [
        database,
        installation.keys(settings.data_dir),
        installation.folders(settings.data_dir),
        installation.privacy_of_files(settings.data_dir),
        machine.disk(settings.data_dir),
        machine.clock(settings, now=now, ask_database=usable),
        *mail_servers.check(settings, ask_database=usable),
        public_address.check(settings),
    ]
    if usable:
        diagnoses += [sending.signatures(), sending.outbox(now=now), sending.hold(), sending.alarms()]
    return diagnoses
