"""Another process that writes into the log: `python -m tests.promises.writer URL TENANT BATCHES`.

Some of its transactions are slow between their stamp and their commit; with 0 for BATCHES it
stores one batch and never commits. Prints a line when it is about to begin, and when it is about
not to commit, so that a test need not guess.
"""

import random
import sys
import time
from contextlib import closing

from sqlalchemy import Connection

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
        if not batches:
            database.write(lambda connection: hang(connection, who))
        for number in range(batches):
            sent = [make.statement() for _ in range(random.randint(1, 4))]
            batch = parts.examined(who, sent)
            pause = 0.05 if number % 10 == 5 else 0

            def work(
                connection: Connection, batch: intake.Batch = batch, pause: float = pause
            ) -> None:
                intake.store(connection, batch)
                time.sleep(pause)

            database.write(work)


def hang(connection: Connection, who: accounts.Principal) -> None:
    sent = [make.statement(id=make.uuid4()) for _ in range(3)]
    sent.append(make.statement(object=make.reference(sent[0]["id"])))
    intake.store(connection, parts.examined(who, sent))
    print("stored", flush=True)
    time.sleep(60)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
