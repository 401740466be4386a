"""Another process that writes into the log: `python -m tests.promises.writer URL TENANT BATCHES`.

Some of its transactions are slow between their stamp and their commit. Prints a line when it is
about to begin, so that a test need not guess.
"""

import random
import sys
import time
from contextlib import closing

from lrs import intake
from lrs.store import accounts, engine
from tests import conftest, make
from tests.promises import parts


def main(url: str, tenant: str, batches: int) -> None:
    with closing(engine.connect(url)) as database:
        with database.read() as connection:
            there = accounts.tenant(connection, tenant)
            cast = conftest.Cast(database, there, accounts.source(connection, there, "lms"))
        who = parts.principal(cast)
        print("ready", flush=True)
        for number in range(batches):
            sent = [make.statement() for _ in range(random.randint(1, 4))]
            batch = parts.examined(who, sent)
            pause = 0.05 if number % 10 == 5 else 0

            def work(connection: object, batch: intake.Batch = batch, pause: float = pause) -> None:
                intake.store(connection, batch)  # type: ignore[arg-type]
                time.sleep(pause)

            database.write(work)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
