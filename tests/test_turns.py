"""Threads of a web process take turns: one works as long as it is quick, and nobody is kept."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

import pytest

from lrs.turns import SOON, Turns

PATIENCE = 20.0


class Request:
    """A request that does some work and notes how many were worked on at that moment."""

    at_once = 0
    most = 0

    def __init__(self, work: Callable[[], object] = lambda: None) -> None:
        self.work = work
        self.done = threading.Event()

    def service(self) -> None:
        Request.at_once += 1
        Request.most = max(Request.most, Request.at_once)
        try:
            self.work()
        finally:
            Request.at_once -= 1
            self.done.set()

    def cancel(self) -> None:
        self.done.set()


class Door:
    """Where requests come in: nothing does, and who polls waits until it is woken."""

    def __init__(self) -> None:
        self.woken = threading.Event()
        self.polling = self.most = 0

    def poll(self) -> None:
        self.polling += 1
        self.most = max(self.most, self.polling)
        self.woken.wait(PATIENCE)
        self.woken.clear()
        self.polling -= 1


@pytest.fixture
def door() -> Door:
    return Door()


@contextmanager
def begun(door: Door, at_once: int) -> Iterator[Turns]:
    Request.at_once = Request.most = 0
    made = Turns(4, at_once)
    made.begin(door.poll, door.woken.set)
    yield made
    made.shutdown(timeout=PATIENCE)
    assert not made.threads
    assert door.most <= 1  # two that read from one connection would each have half


@pytest.fixture
def turns(door: Door) -> Iterator[Turns]:
    with begun(door, at_once=1) as made:
        yield made


def send(turns: Turns, *works: Callable[[], object]) -> list[Request]:
    sent = [Request(work) for work in works]
    for each in sent:
        turns.add_task(each)
    return sent


def test_quick_requests_are_worked_on_one_at_a_time(turns: Turns) -> None:
    def look() -> None:  # as SQLite does: another thread may go on at each row
        for _ in range(20):
            time.sleep(0)

    sent = send(turns, *[look] * 200)
    assert all(each.done.wait(PATIENCE) for each in sent)
    assert Request.most == 1


def test_who_is_long_about_a_request_keeps_the_next_waiting_a_moment_only(turns: Turns) -> None:
    answer = threading.Event()
    long, quick = send(turns, answer.wait, lambda: None)
    assert not quick.done.wait(5 * SOON)  # nobody looked yet
    turns.watch()
    assert quick.done.wait(PATIENCE)
    assert not long.done.is_set()
    answer.set()
    assert long.done.wait(PATIENCE)


def test_as_many_may_be_long_as_there_are_threads(turns: Turns) -> None:
    answer = threading.Event()
    held = send(turns, *[answer.wait] * 3)
    (quick,) = send(turns, lambda: None)
    until = time.monotonic() + PATIENCE
    while not quick.done.is_set() and time.monotonic() < until:
        turns.watch()
    assert quick.done.is_set()
    assert not any(each.done.is_set() for each in held)
    answer.set()
    assert all(each.done.wait(PATIENCE) for each in held)


def test_who_is_about_to_wait_lets_another_begin_at_once(turns: Turns) -> None:
    answer = threading.Event()

    def write() -> None:
        turns.leave()
        answer.wait()

    writer, reader = send(turns, write, lambda: None)
    assert reader.done.wait(PATIENCE)
    assert not writer.done.is_set()
    answer.set()
    assert writer.done.wait(PATIENCE)
    assert Request.most == 2


def test_a_thread_that_is_not_at_work_has_nothing_to_leave(turns: Turns) -> None:
    answer = threading.Event()
    first, second = send(turns, answer.wait, lambda: None)
    turns.leave()
    assert not second.done.wait(5 * SOON)
    answer.set()
    assert first.done.wait(PATIENCE)
    assert second.done.wait(PATIENCE)


def test_who_waited_goes_on_in_turn_before_what_is_new(turns: Turns) -> None:
    """Eight senders wait for one flush to the disk; then each has an answer to give."""
    waiting: list[tuple[int, int, Callable[[], None]]] = []
    told: list[object] = []
    at_once = most = 0

    def write(number: int) -> None:
        nonlocal at_once, most
        written = threading.Lock()
        written.acquire()
        turns.leave()
        waiting.append((number, threading.get_ident(), written.release))
        written.acquire()
        at_once += 1
        most = max(most, at_once)
        for _ in range(20):
            time.sleep(0)
        told.append(number)
        at_once -= 1

    holds, answer = threading.Event(), threading.Event()
    sent = send(turns, *(partial(write, number) for number in range(3)))
    assert eventually(lambda: len(waiting) == 3)
    sent += send(turns, lambda: holds.set() or answer.wait())
    assert holds.wait(PATIENCE)
    sent += send(turns, lambda: told.append("new"))
    for _, thread, wake in waiting:
        turns.go_on(thread, wake)
    assert told == []
    answer.set()
    assert all(each.done.wait(PATIENCE) for each in sent)
    assert told == [*(number for number, _, _ in waiting), "new"]
    assert most == 1


def test_who_has_a_turn_or_takes_none_goes_on_at_once(turns: Turns) -> None:
    own, other, answer = threading.Event(), threading.Event(), threading.Event()

    def write() -> None:
        turns.go_on(threading.get_ident(), own.set)
        answer.wait()

    (one,) = send(turns, write)
    assert own.wait(PATIENCE)
    turns.go_on(threading.get_ident(), other.set)
    assert other.is_set()
    answer.set()
    assert one.done.wait(PATIENCE)


def test_who_went_on_and_is_long_about_it_keeps_nobody_waiting(turns: Turns) -> None:
    """Also where all was quiet, and who watches slept."""
    waits, written, answer = threading.Event(), threading.Event(), threading.Event()
    thread = 0

    def write() -> None:
        nonlocal thread
        thread = threading.get_ident()
        turns.leave()
        waits.set()
        written.wait()
        answer.wait()

    (writer,) = send(turns, write)
    assert waits.wait(PATIENCE)
    for _ in range(3):
        turns.watch(0)
    over = threading.Event()

    def watch() -> None:
        while not over.is_set():
            turns.watch(PATIENCE)

    watching = threading.Thread(target=watch)
    watching.start()
    turns.go_on(thread, written.set)
    (quick,) = send(turns, lambda: None)
    assert quick.done.wait(PATIENCE / 2)
    assert not writer.done.is_set()
    answer.set()
    assert writer.done.wait(PATIENCE)
    over.set()
    turns.call()
    watching.join(PATIENCE)


def test_a_request_that_fails_takes_no_other_with_it(turns: Turns) -> None:
    def fail() -> None:
        raise ValueError("on purpose")

    failed, next_one = send(turns, fail, lambda: None)
    assert failed.done.wait(PATIENCE)
    assert next_one.done.wait(PATIENCE)


def test_who_watches_sleeps_until_somebody_works(turns: Turns) -> None:
    sleeps, answer = threading.Event(), threading.Event()

    def watch() -> None:
        for _ in range(3):
            turns.watch(0)  # nobody works, nor did since it last looked
        sleeps.set()
        turns.watch(PATIENCE)
        woken.set()

    woken = threading.Event()
    watcher = threading.Thread(target=watch)
    watcher.start()
    assert sleeps.wait(PATIENCE)
    assert not woken.wait(5 * SOON)
    (one,) = send(turns, answer.wait)
    assert woken.wait(PATIENCE)
    answer.set()
    assert one.done.wait(PATIENCE)
    watcher.join(PATIENCE)


def test_who_watches_can_be_called(turns: Turns) -> None:
    """In a signal handler, too, and more often than the pipe has room."""
    for _ in range(70_000):
        turns.call()
    began = time.monotonic()
    for _ in range(3):
        turns.watch(PATIENCE)
    assert time.monotonic() - began < PATIENCE


def test_several_work_at_once_where_the_database_is_far(door: Door) -> None:
    meet = threading.Barrier(2)
    with begun(door, at_once=2) as turns:
        sent = send(turns, *[partial(meet.wait, PATIENCE)] * 8)
        assert all(each.done.wait(PATIENCE) for each in sent)
        assert Request.most == 2


def test_somebody_always_looks_what_comes(turns: Turns, door: Door) -> None:
    """Also while others wait for their database, and after they came back."""
    answer = threading.Event()

    def write() -> None:
        turns.leave()
        answer.wait()

    send(turns, write, write)
    assert eventually(lambda: door.polling == 1)
    answer.set()
    (one,) = send(turns, lambda: None)
    assert one.done.wait(PATIENCE)
    assert eventually(lambda: door.polling == 1)


def eventually(what: Callable[[], bool]) -> bool:
    until = time.monotonic() + PATIENCE
    while not what() and time.monotonic() < until:
        time.sleep(0.001)
    return what()


def test_what_waits_when_the_server_ends_is_told(turns: Turns) -> None:
    answer = threading.Event()
    first, waiting = send(turns, answer.wait, lambda: None)
    threading.Timer(10 * SOON, answer.set).start()
    turns.shutdown(timeout=PATIENCE)
    assert first.done.is_set()
    assert waiting.done.is_set()
