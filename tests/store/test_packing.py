"""What is kept of a statement, and that it is what came."""

import hashlib
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from lrs.store import packing
from lrs.store.packing import pack, unpack
from tests.senders import moodle

BODY = b'{"id":"e9f38b9d-7125-44f6-9b5d-03687919a32c","verb":{"id":"http://adlnet.gov/v"}}'

#: What the dictionary is, for good: another one could not read what was packed with it.
DICTIONARY = "855aaad1fb91351e25ea811760f0a20a4cc1de13e4be49f3156b46602c97791f"


def test_the_dictionary_is_the_one_statements_were_packed_with() -> None:
    held = Path(packing.__file__).with_name("dictionary_1.zdict").read_bytes()
    assert hashlib.sha256(held).hexdigest() == DICTIONARY


def test_what_was_packed_by_the_first_release_that_did_is_still_read() -> None:
    packed = bytes.fromhex("28b52ffd2101518d00002076227d7d037c000e255016129fb747d9")
    assert unpack(packed) == BODY


@given(st.binary(min_size=1))
def test_any_bytes_come_back_as_they_were(body: bytes) -> None:
    assert unpack(pack(body)) == body


def test_what_a_moodle_sends_takes_a_fifth_of_its_bytes_at_most() -> None:
    sent = moodle.lines("statements_username.jsonl")
    packed = [pack(each) for each in sent]
    assert [unpack(each) for each in packed] == sent
    assert sum(map(len, packed)) < sum(map(len, sent)) / 5


def test_what_was_kept_as_it_came_is_read_as_it_stands() -> None:
    assert unpack(BODY) is BODY


def test_of_a_statement_that_was_erased_nothing_is_kept() -> None:
    assert pack(b"") == unpack(b"") == b""


def test_what_was_never_packed_is_told_and_not_answered() -> None:
    with pytest.raises(zstandard.ZstdError):
        unpack(b"\x28\xb5\x2f\xfd nothing that was packed")


def test_many_threads_pack_and_unpack_at_once() -> None:
    sent = moodle.lines("statements_username.jsonl")[:300]
    wrong: list[bytes] = []

    def work() -> None:
        for _ in range(3):
            wrong.extend(each for each in sent if unpack(pack(each)) != each)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert not wrong


def test_another_program_reads_it_with_the_dictionary_beside_it() -> None:
    """A frame of zstd like any other: what is kept can be read without us."""
    command = (
        "import sys, zstandard as z; from pathlib import Path; d = Path(sys.argv[1]).read_bytes();"
        "sys.stdout.buffer.write(z.ZstdDecompressor(dict_data=z.ZstdCompressionDict(d))"
        ".decompress(sys.stdin.buffer.read()))"
    )
    place = Path(packing.__file__).with_name("dictionary_1.zdict")
    told = subprocess.run(
        [sys.executable, "-c", command, place], input=pack(BODY), capture_output=True, check=True
    )
    assert told.stdout == BODY
