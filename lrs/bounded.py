"""Reading files that strangers made in a process of its own, with little time and memory.

A file can be made so that a sound parser never ends, or asks for all the memory there is. So what
is parsed by a library is parsed in a child that the system stops, that has none of our settings
in its environment, and that answers JSON. `run` asks for it; a module that does such work ends
with

    if __name__ == "__main__":
        child(work)
"""

import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any, Final

import msgspec

if sys.platform != "win32":  # there, time alone is bounded
    import resource

#: Seconds of work, and bytes of memory, unless the caller says otherwise.
SECONDS: Final = 20
MEMORY: Final = 1 << 30

#: Ended by a signal: SIGXCPU, and SIGKILL if that was not enough.
_TIMED_OUT = (-24, -9)

_KEPT = ("PATH", "PYTHONPATH", "PYTHONHOME", "LANG", "LC_ALL", "SYSTEMROOT", "TZ")


class Failed(Exception):
    """The child gave no answer; `why` is `time`, `memory`, or what it said itself."""

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(why)


def run(module: str, content: bytes, *, seconds: int = SECONDS, memory: int = MEMORY) -> Any:
    """What a module's child makes of this content. Raises `Failed`."""
    environ = {name: os.environ[name] for name in _KEPT if name in os.environ}
    try:
        done = subprocess.run(
            [sys.executable, "-P", "-W", "ignore", "-m", module, str(seconds), str(memory)],
            input=content,
            capture_output=True,
            timeout=seconds + 10,
            env=environ,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise Failed("time") from None
    if done.returncode in _TIMED_OUT:
        raise Failed("time")
    if done.returncode < 0 or b"MemoryError" in done.stderr:
        raise Failed("memory")  # how a child ends that gets none is chance
    if done.returncode:
        raise RuntimeError(f"{module} ended with {done.returncode}: {done.stderr[-500:]!r}")
    answer = msgspec.json.decode(done.stdout)
    if "error" in answer:
        raise Failed(answer["error"])
    return answer["found"]


def child(work: Callable[[bytes], Any]) -> None:
    """Do the work of a child: bounds first, then what came, then the answer.

    `work` raises `Failed` for what it can name; anything else is a broken file.
    """
    _bound(*(int(word) for word in sys.argv[1:3]))
    try:
        answer = {"found": work(sys.stdin.buffer.read())}
    except Failed as failed:
        answer = {"error": failed.why}
    except (MemoryError, RecursionError):
        answer = {"error": "memory"}
    except Exception as error:  # a parser of strangers' files may raise anything
        answer = {"error": f"broken: {type(error).__name__}: {error}"[:200]}
    sys.stdout.buffer.write(msgspec.json.encode(answer))


def _bound(seconds: int, memory: int) -> None:
    if sys.platform == "win32":
        return
    for what, most in (
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(what)
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(what, (most, most))
