"""Clocks and their alarms."""

import threading
import time

from onehop_kinova_driver import MonotonicClock, VirtualClock


def test_virtual_time_passes_only_when_told_to():
    clock = VirtualClock(5.0)
    clock.sleep_until(4.0)
    assert clock.now() == 5.0
    clock.advance(0.5)
    clock.sleep_until(6.0)
    assert clock.now() == 6.0


def test_virtual_alarms_go_off_once_each_at_its_time():
    clock, seen = VirtualClock(), []
    late = clock.alarm(lambda: seen.append(("late", clock.now())))
    early = clock.alarm(lambda: seen.append(("early", clock.now())))
    late.set(2.0)
    early.set(1.0)
    clock.sleep_until(3.0)
    assert seen == [("early", 1.0), ("late", 2.0)]
    late.set(4.0)
    late.set(None)
    early.set(4.0)
    early.close()
    early.set(4.5)
    clock.sleep_until(5.0)
    assert len(seen) == 2


def test_real_alarm_goes_off_and_can_be_put_off():
    clock, seen, done = MonotonicClock(), [], threading.Event()

    def action():
        seen.append(time.monotonic())
        done.set()

    alarm = clock.alarm(action)
    start = clock.now()
    alarm.set(start + 0.02)
    alarm.set(start + 0.1)
    assert done.wait(10)
    assert seen[0] >= start + 0.1
    alarm.set(clock.now() + 0.01)
    alarm.close()
    time.sleep(0.05)
    assert len(seen) == 1


def test_sleeping_is_to_an_absolute_time():
    clock = MonotonicClock()
    goal = clock.now() + 0.02
    clock.sleep_until(goal)
    assert clock.now() >= goal
    clock.sleep_until(goal - 10)
    assert clock.now() < goal + 5
