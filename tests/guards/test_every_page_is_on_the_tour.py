"""Every page is looked at: by browsers, in both themes, at every width, and by strangers who must
not see it (`tests/tour.py`)."""

from functools import cache

from lrs.context import Context
from lrs.settings import Settings
from tests import tour
from tests.conftest import application

HOW = (
    "Give each an address that shows it in STOPS of tests/tour.py (what it shows is made in "
    "tests/furnished.py), or name in NO_PAGES why it is no page."
)


@cache
def answered_by_get() -> set[str]:
    """The endpoints at which people are answered: of the pages, and behind signed links."""
    app = application(Context(settings=Settings(), database=None))  # type: ignore[arg-type]
    return {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith(("web.", "signed.")) and "GET" in (rule.methods or ())
    }


def test_every_page_is_on_the_tour_or_named_as_no_page() -> None:
    missing = answered_by_get() - tour.STOPS.keys() - tour.NO_PAGES.keys()
    assert not missing, f"No browser looks at {', '.join(sorted(missing))}. {HOW}"


def test_the_tour_names_no_page_that_is_gone_and_none_twice() -> None:
    named = {each for each in (*tour.STOPS, *tour.NO_PAGES) if "." in each}
    assert named - answered_by_get() == set(), "These are served no more: drop them."
    assert tour.STOPS.keys() & tour.NO_PAGES.keys() == set()
