"""The front door for any WSGI server: `granian --interface wsgi wsgi:app`, gunicorn, uWSGI.

`jejak serve` does the same and more: see `lrs/server.py`.
"""

from lrs.app import create_app

app = create_app()
