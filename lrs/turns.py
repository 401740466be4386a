"""Which thread of a web process works: so many at a time as gain by it, as long as each is quick.

Python lets another thread go on wherever one may wait: at each row that SQLite is asked for, at
each word with a database server. Of eight threads that are at it at once each waits for the other
seven, and all take several times as long. So whoever has a turn takes in what came, works on it,
sends the answers, and so on. Another has a turn only where that one is about to wait, or is long
about one request.
"""

import os
import select
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any, Final

from waitress.task import ThreadedTaskDispatcher

#: How long a request is waited for before another begins beside it, seconds: a little longer than
#: a batch of fifty statements takes.
SOON: Final = 0.01

#: How long there is nothing to look after where nobody works and nothing comes, seconds.
QUIET: Final = 5.0


class Turns(ThreadedTaskDispatcher):
    """Threads that take requests in and work on them, `at_once` of them at a time.

    `poll` waits for requests and adds them by `add_task`, `wake` makes it return; `leave` is
    called by a thread that is about to wait, `go_on` by who has it wait no longer. `watch` is
    called again and again by one that does nothing else.
    """

    def __init__(self, threads: int, at_once: int = 1) -> None:
        super().__init__()
        self._threads, self._at_once = threads, at_once
        #: Who works on a request, and since when; who polls; how many were begun.
        self._at_work: dict[int, float] = {}
        self._polls: int | None = None
        self._begun = self._seen = 0
        #: Which threads are ours; and which of them waited and may go on, with what wakes each.
        self._ours: set[int] = set()
        self._back: deque[tuple[int, Callable[[], None]]] = deque()
        #: Whether `watch` sleeps until it is called by a byte.
        self._asleep = False
        self._ear, self._mouth = os.pipe()
        os.set_blocking(self._mouth, False)
        os.set_blocking(self._ear, False)

    def begin(self, poll: Callable[[], None], wake: Callable[[], None]) -> None:
        """Start the threads."""
        self._poll, self._wake = poll, wake
        self.set_thread_count(self._threads)

    def handler_thread(self, thread_no: int) -> None:
        self._ours.add(threading.get_ident())
        while (work := self._next(thread_no)) is not None:
            try:
                work()
            except BaseException:  # as the threads of waitress do: the next request is another's
                self.logger.exception("Exception when servicing %r", work)

    def _next(self, thread_no: int) -> Callable[[], Any] | None:
        """What this thread is to do, once it has a turn; None: to end."""
        me = threading.get_ident()
        with self.lock:
            self._at_work.pop(me, None)
            if self._polls == me:
                self._polls = None
            self._call_back()
            while self.stop_count == 0:
                if self._free() and self.queue:
                    return self._work(me)
                if self._free() and self._polls is None:
                    self._polls = me
                    return self._poll
                self.active_count -= 1
                self.queue_cv.wait()
                self.active_count += 1
            self.active_count -= 1
            self.stop_count -= 1
            self.threads.discard(thread_no)
            self.thread_exit_cv.notify()
            return None

    def _work(self, me: int) -> Callable[[], Any]:
        self._take(me)
        task = self.queue.popleft()
        self._call_another()
        service: Callable[[], Any] = task.service
        return service

    def _take(self, thread: int) -> None:
        """Give a turn to this thread, under the eyes of who watches."""
        self._at_work[thread] = time.monotonic()
        self._begun += 1
        if self._asleep:
            self._asleep = False
            self.call()

    def _free(self) -> bool:
        return len(self._at_work) + (self._polls is not None) < self._at_once

    def _call_back(self) -> None:
        # Beside who polls, too: that one sleeps until something comes.
        while self._back and len(self._at_work) < self._at_once:
            thread, wake = self._back.popleft()
            self._take(thread)
            wake()

    def _call_another(self) -> None:
        self._call_back()
        if self._free() and (self.queue or self._polls is None):
            self.queue_cv.notify()

    def add_task(self, task: Any) -> None:
        with self.lock:
            self.queue.append(task)
            self._call_another()
            polls = self._polls
        if polls not in (None, threading.get_ident()):
            self._wake()

    def leave(self) -> None:
        """Let another thread have the turn, where this one has it: it is about to wait."""
        with self.lock:
            if self._at_work.pop(threading.get_ident(), None) is not None:
                self._call_another()

    def go_on(self, thread: int, wake: Callable[[], None]) -> None:
        """Have a thread that waits go on, by `wake`, once it has a turn: before what is new gets
        one. All that wait for one write, woken at once, would wait for each other at every step.

        `wake` only wakes. A thread that has a turn, or that takes none, goes on at once.
        """
        with self.lock:
            if thread in self._ours and thread not in self._at_work:
                self._back.append((thread, wake))
                self._call_back()
            else:
                wake()

    def watch(self, longest: float = QUIET) -> None:
        """Let others have the turns of those that are long about a request; then sleep a moment,
        or where nobody works at most so many seconds, until somebody does or `call` is called."""
        now = time.monotonic()
        with self.lock:
            for thread, since in list(self._at_work.items()):
                if now - since >= SOON:
                    del self._at_work[thread]
                    self._call_another()
            self._asleep = not self._at_work and self._begun == self._seen
            self._seen = self._begun
            longest = longest if self._asleep else SOON
        if select.select([self._ear], [], [], longest)[0]:
            os.read(self._ear, 64)

    def call(self) -> None:
        """Have `watch` return. May be called in a signal handler."""
        try:
            os.write(self._mouth, b".")
        except BlockingIOError:
            pass  # it has not yet read that it is called

    def shutdown(self, cancel_pending: bool = True, timeout: float = 5) -> bool:
        self.set_thread_count(0)
        self._wake()
        done: bool = super().shutdown(cancel_pending, timeout)
        return done
