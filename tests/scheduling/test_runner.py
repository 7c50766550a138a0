"""The runner wakes us in time, one call at a time, and stops cleanly."""

import threading
from datetime import UTC, datetime, timedelta

import pytest

from newsletter.scheduling.runner import Runner

pytestmark = pytest.mark.django_db(transaction=True)
PATIENCE = 20
"""Seconds after which a test gives up; nothing here is about speed."""


def test_it_ticks_at_once_with_the_time_in_utc_and_again() -> None:
    moments: list[datetime] = []
    twice = threading.Event()

    def tick(now: datetime) -> None:
        moments.append(now)
        if len(moments) >= 2:
            twice.set()

    runner = Runner(tick=tick, next_time=lambda now: None, every_seconds=0.1)
    runner.start()
    assert twice.wait(PATIENCE)
    runner.stop()
    assert all(moment.tzinfo is UTC for moment in moments)


def test_it_wakes_for_the_next_known_time_without_waiting_for_the_next_round() -> None:
    woken = threading.Event()
    moments: list[datetime] = []
    soon = datetime.now(UTC) + timedelta(seconds=0.3)

    def tick(now: datetime) -> None:
        moments.append(now)
        if now >= soon:
            woken.set()

    runner = Runner(tick=tick, next_time=lambda now: soon if now < soon else None, every_seconds=600)
    # Only what lies within one round is woken for: here the round is long.
    runner.start()
    assert woken.wait(PATIENCE)
    runner.stop()
    assert len(moments) == 2


def test_a_tick_that_fails_is_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    calls: list[datetime] = []
    again = threading.Event()

    def tick(now: datetime) -> None:
        calls.append(now)
        if len(calls) == 1:
            raise RuntimeError("the database went away")
        again.set()

    runner = Runner(tick=tick, next_time=lambda now: None, every_seconds=0.1)
    runner.start()
    assert again.wait(PATIENCE)
    runner.stop()
    assert "the database went away" in caplog.text


def test_it_goes_on_when_the_clock_is_set_back() -> None:
    """To the scheduler, its next tick is an hour away then."""
    ticks: list[datetime] = []
    ticked, stop = threading.Event(), threading.Event()

    def tick(now: datetime) -> None:
        ticks.append(now)
        ticked.set()

    runner = Runner(tick=tick, next_time=lambda now: None, every_seconds=0.2)
    running = threading.Thread(target=runner.run, args=(stop,))
    running.start()
    try:
        assert ticked.wait(PATIENCE)
        runner._scheduler.modify_job("tick", next_run_time=datetime.now(UTC) + timedelta(hours=1))
        ticked.clear()
        assert ticked.wait(PATIENCE)
    finally:
        stop.set()
        running.join(PATIENCE)
    assert not running.is_alive()


def test_stopping_waits_for_the_tick_under_way() -> None:
    begun, may_end, ended = threading.Event(), threading.Event(), threading.Event()

    def tick(now: datetime) -> None:
        begun.set()
        may_end.wait(PATIENCE)
        ended.set()

    stop = threading.Event()
    runner = Runner(tick=tick, next_time=lambda now: None, every_seconds=600)
    thread = threading.Thread(target=runner.run, args=(stop,))
    thread.start()
    assert begun.wait(PATIENCE)
    stop.set()
    may_end.set()
    thread.join(PATIENCE)
    assert ended.is_set()
    assert not thread.is_alive()


def test_ticks_never_run_side_by_side() -> None:
    inside = threading.Lock()
    overlaps: list[bool] = []
    enough = threading.Event()

    def tick(now: datetime) -> None:
        overlaps.append(not inside.acquire(blocking=False))
        if not overlaps[-1]:
            enough.wait(0.05)
            inside.release()
        if len(overlaps) >= 6:
            enough.set()

    runner = Runner(tick=tick, next_time=lambda now: now + timedelta(milliseconds=1), every_seconds=0.05)
    runner.start()
    assert enough.wait(PATIENCE)
    runner.stop()
    assert not any(overlaps)


def test_it_can_be_stopped_at_any_instant_and_ticks_no_more() -> None:
    """Neither the scheduler's own thread dies of a job that was replaced meanwhile, nor does the stop wait for ever."""
    for number in range(40):
        ticks: list[datetime] = []
        moved = threading.Event()

        def tick(now: datetime, ticks: list[datetime] = ticks, moved: threading.Event = moved) -> None:
            ticks.append(now)
            if len(ticks) > 1:
                moved.set()

        runner = Runner(tick=tick, next_time=lambda now: now + timedelta(milliseconds=1), every_seconds=0.05)
        runner.start()
        assert moved.wait(PATIENCE)
        threading.Event().wait(number / 4_000)
        runner.stop()
        before = len(ticks)
        threading.Event().wait(0.003)
        assert len(ticks) == before
