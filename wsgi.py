"""The front door for other WSGI servers, as `wsgi:app`. `jejak serve` needs none: `lrs/server.py`.

On SQLite one process may serve; it may have threads. The database must be migrated before.
"""

from lrs.app import create_app

app = create_app()
