"""`relay_20ms_smtplib`, `django_loop`, `django_loop_rsa`, `django_newsletter`: the worker against what others use."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from benchmarks.delivery import figures, relay, rivals, sinks, source, worker
from benchmarks.delivery.effort import STORIES, Effort
from benchmarks.delivery.figures import Row
from benchmarks.delivery.installation import Installation


def over_the_relay(here: Installation, effort: Effort, scratch: Path) -> Row:
    """Ratio of rates over the same relay of 20 ms: worker over smtplib, each with ten kept connections."""
    # The others are connected when their clock begins to run; we connect under way, and anew after a hundred.
    messages, few = effort.messages(4_000), effort.messages(300)
    name = here.readers(messages)
    sample, others = here.sample(name=name, stories=STORIES), rivals.installed(scratch)
    with sinks.fast_sink(scratch) as sink, relay.far_away(scratch, to=sink.port) as port:
        rounds = figures.in_turns(
            effort.repetitions,
            lambda: others.rate("smtplib", port, few, sample),
            lambda: worker.deliver(here, name=name, stories=STORIES, port=port).rate,
            lambda: others.rate("aiosmtplib", port, few, sample),
            lambda: source.rate(port=port, messages=few, message=sample),
        )
    ratio = figures.ratios(rounds, above=1, below=0)
    return Row(
        key="relay_20ms_smtplib",
        definition="worker / smtplib, messages a second over a relay of 20 ms, ten kept connections each",
        value=ratio.median,
        wanted="≥ 3.7",
        shown=str(ratio),
        notes=(
            figures.rates(rounds, ("smtplib", "worker", "aiosmtplib", "smtp-source")),
            f"worker / aiosmtplib {figures.ratios(rounds, above=1, below=2)}",
            f"worker / smtp-source {figures.ratios(rounds, above=1, below=3)}",
            f"smtplib against itself {figures.against_itself(rounds, 0)}",
        ),
    )


def on_the_same_digest(here: Installation, effort: Effort, scratch: Path) -> Iterator[Row]:
    """Ratios of rates into the fast sink: the worker over a plain Django loop, and over django-newsletter.

    Into smtp-sink as well, for the notes: it takes no more than some 5,000 messages a second from anybody, so that
    whoever is compared there is compared with it.
    """
    messages, loops, submitted = effort.messages(3_000), effort.messages(500), effort.messages(300)
    name, others = here.readers(messages), rivals.installed(scratch)
    sample = here.sample(name=name, stories=STORIES)
    size, digest = source.size_of(sample), rivals.digest_of(here, name=name, stories=STORIES, scratch=scratch)
    with sinks.fast_sink(scratch) as fast, sinks.smtp_sink(scratch) as usual:
        rounds = figures.in_turns(
            effort.repetitions,
            *[
                rate
                for port in (fast.port, usual.port)
                for rate in (
                    partial(others.rate, "django", port, loops, digest, size),
                    lambda port=port: worker.deliver(here, name=name, stories=STORIES, port=port).rate,
                    lambda port=port: others.rate("django_newsletter", port, submitted, digest, size, others.emptied()),
                )
            ],
            partial(others.rate, "smtplib", fast.port, messages, sample),
            partial(others.rate, "aiosmtplib", fast.port, messages, sample),
        )
    names = ("Django loop", "worker", "django-newsletter")
    loop, submit = figures.ratios(rounds, above=1, below=0), figures.ratios(rounds, above=1, below=2)
    yield Row(
        key="django_loop",
        definition="worker / a loop of EmailMultiAlternatives over one kept connection, messages a second, fast sink",
        value=loop.median,
        wanted="≥ 10",
        shown=str(loop),
        notes=(
            figures.rates(rounds, (*names, *[f"{one} into smtp-sink" for one in names], "smtplib", "aiosmtplib")),
            f"into smtp-sink {figures.ratios(rounds, above=4, below=3)}",
            f"worker / smtplib {figures.ratios(rounds, above=1, below=6)}, ten processes, one message prepared for all",
            f"worker / aiosmtplib {figures.ratios(rounds, above=1, below=7)}, ten connections, likewise",
            f"Django loop against itself {figures.against_itself(rounds, 0)}",
        ),
    )
    yield Row(
        key="django_newsletter",
        definition="worker / django-newsletter's Submission.submit(), messages a second, fast sink",
        value=submit.median,
        wanted="≥ 25",
        shown=str(submit),
        notes=(
            f"into smtp-sink {figures.ratios(rounds, above=4, below=5)}",
            f"django-newsletter against itself {figures.against_itself(rounds, 2)}",
        ),
    )


def signed(here: Installation, effort: Effort, scratch: Path) -> Row:
    """Ratio of rates into smtp-sink, both signing with RSA-2048: the worker over a Django loop with dkimpy."""
    messages, loops = effort.messages(2_000), effort.messages(200)
    name, others, key = here.readers(messages), rivals.installed(scratch), rivals.rsa_key(scratch)
    size = source.size_of(here.sample(name=name, stories=STORIES))
    digest = rivals.digest_of(here, name=name, stories=STORIES, scratch=scratch)
    with sinks.smtp_sink(scratch) as sink:
        rounds = figures.in_turns(
            effort.repetitions,
            lambda: others.rate("django", sink.port, loops, digest, size, key),
            lambda: worker.deliver(here, name=name, stories=STORIES, port=sink.port).rate,
        )
    ratio = figures.ratios(rounds, above=1, below=0)
    return Row(
        key="django_loop_rsa",
        definition="worker signing RSA-2048 / the Django loop signing with dkimpy, messages a second, smtp-sink",
        value=ratio.median,
        wanted="≥ 4.5",
        shown=str(ratio),
        notes=(
            figures.rates(rounds, ("Django loop with dkimpy", "worker")),
            f"Django loop with dkimpy against itself {figures.against_itself(rounds, 0)}",
        ),
    )
