"""Make a dictionary for `lrs/store/packing.py`: `python -m tests.train_dictionary OUT`.

Of what a Moodle was recorded to send, and of the learning and practice records of a demonstration
agency, all as they are kept. Nobody in either is real. A dictionary that statements were packed
with is never made anew: give this one another name, and the next number for its id.
"""

import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import click
from zstandard import train_dictionary

from lrs.intake import Rejected
from lrs.store import engine
from lrs.store.engine import run
from lrs.store.packing import unpack
from lrs.xapi import lexical
from tests import databases
from tests.bench.targets import examined, principal
from tests.senders import moodle

#: Twice as much leaves 0.2 to 1.2 % of the statements' bytes less.
SIZE = 16 * 1024

#: How many statements of each kind it is made of, so that neither outweighs the other.
MOST = 2_500


@click.command()
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--number", default=1, show_default=True, help="The id of the dictionary.")
def main(out: Path, number: int) -> None:
    """Make a dictionary and write it to OUT."""
    draw = random.Random(number)
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        samples = []
        for kind in (recorded(Path(one)), *agency(Path(other))):
            every = list(kind)
            samples += draw.sample(every, min(MOST, len(every)))
    made = train_dictionary(SIZE, samples, dict_id=number, level=3)
    out.write_bytes(made.as_bytes())
    click.echo(f"{len(made.as_bytes()):,} bytes, of {len(samples):,} statements")


def recorded(folder: Path) -> Iterator[bytes]:
    """What Moodle sent, as it would be kept."""
    with databases.new("sqlite", folder) as url, closing(engine.connect(url)) as database:
        sender = principal(database, url)
        for name in moodle.STATEMENTS:
            for line in moodle.lines(f"{name}.jsonl"):
                with suppress(Rejected):  # the plugin sends some that are refused
                    (each,) = examined([line], sender).statements
                    yield each.body(lexical.render(time.time_ns() // 1000))


def agency(folder: Path) -> Iterator[list[bytes]]:
    """The learning records of a demonstration agency, and its practice records."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("JEJAK_")}
    environ["JEJAK_DATA_DIR"] = str(folder)
    for command in ("migrate", f"demo --people 200 --out {folder}/demo --fill"):
        subprocess.run([sys.executable, "-m", "lrs.cli", *command.split()], env=environ, check=True)
    url = f"sqlite:///{folder}/jejak.db"
    with closing(engine.connect(url)) as database, database.read() as connection:
        for kind in ("learning", "practice"):
            rows = run(
                connection,
                "SELECT body FROM statements WHERE body <> x'' AND store_id IN"
                " (SELECT id FROM stores WHERE kind = ?)",
                (kind,),
            )
            yield [unpack(row[0]) for row in rows]


if __name__ == "__main__":
    main()
