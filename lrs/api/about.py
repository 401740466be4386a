"""The About resource: which versions are spoken here (Communication 2.8). Open to everybody."""

from lrs.api.wire import Answer, Resource, json_answer
from lrs.context import Context
from lrs.xapi.versions import SUPPORTED


def get(_context: Context) -> Answer:
    """The latest patch of each line of the standard."""
    return json_answer({"version": [version.text for version in SUPPORTED]})


RESOURCE = Resource("/about", open=get)
