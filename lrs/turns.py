"""Which thread of a web process works: one at a time, as long as it is quick.

Python lets another thread go on wherever one may wait, and each row that SQLite is asked for is
such a place. Of eight threads that read at once each waits for the other seven, row by row, and a
page takes four times as long as by one alone. So whoever is at work goes on with what came next.
Others begin beside it only where it is about to wait, or is long about one request.
"""

import threading
import time
from typing import Any, Final

from waitress.task import ThreadedTaskDispatcher

#: How long a request is waited for before another begins beside it, seconds: a little longer than
#: a batch of fifty statements takes.
SOON: Final = 0.01

#: How long there is nothing to look after where nothing waits, seconds.
QUIET: Final = 5.0


class Turns(ThreadedTaskDispatcher):
    """Hands requests to threads by turns. `watch` is called by who takes requests in, at least as
    often as it says; `leave` by a thread that is about to wait."""

    def __init__(self, threads: int) -> None:
        super().__init__()
        self._at_work: int | None = None
        self._since = 0.0
        self.set_thread_count(threads)

    def handler_thread(self, thread_no: int) -> None:
        while (task := self._next(thread_no)) is not None:
            try:
                task.service()
            except BaseException:  # as the threads of waitress do: the next request is another's
                self.logger.exception("Exception when servicing %r", task)

    def _next(self, thread_no: int) -> Any:
        me = threading.get_ident()
        with self.lock:
            if self._at_work == me:
                self._at_work = None
            while self.stop_count == 0:
                if self.queue and self._at_work is None:
                    self._at_work, self._since = me, time.monotonic()
                    return self.queue.popleft()
                self.active_count -= 1
                self.queue_cv.wait()
                self.active_count += 1
            self.active_count -= 1
            self.stop_count -= 1
            self.threads.discard(thread_no)
            self.thread_exit_cv.notify()
            return None

    def add_task(self, task: Any) -> None:
        with self.lock:
            self.queue.append(task)
            if self._at_work is None:
                self.queue_cv.notify()

    def leave(self) -> None:
        """Let another thread work, where this one is at work: it is about to wait."""
        with self.lock:
            if self._at_work == threading.get_ident():
                self._let_another()

    def watch(self) -> float:
        """Let another thread work where the one at work is long about it; in how many seconds to
        look again at the latest."""
        with self.lock:
            if not self.queue:
                return QUIET
            if self._at_work is not None and time.monotonic() - self._since >= SOON:
                self._let_another()
            return SOON

    def _let_another(self) -> None:
        self._at_work = None
        if self.queue:
            self.queue_cv.notify()
