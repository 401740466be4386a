"""`jejak serve` with a worker that has no duties: the record store by itself, as its floors are."""

from lrs import worker
from lrs.cli.main import main

if __name__ == "__main__":
    worker.work = lambda _, told: told.wait()  # type: ignore[assignment, misc]
    main()
