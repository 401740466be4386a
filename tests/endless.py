"""A child that does not end, or asks for all memory; for the tests of `lrs/bounded.py`."""

import os

from lrs.bounded import child


def work(content: bytes) -> list[str]:
    if content == b"environ":
        return sorted(os.environ)
    grown = []
    while True:
        if content == b"grow":
            grown.append(bytes(1 << 24))


if __name__ == "__main__":
    child(work)
