"""What senders say of a deed is said in the reader's words where the verb is known."""

import pytest

from lrs import i18n
from lrs.papers import wording

ADL = "http://adlnet.gov/expapi/verbs/"


@pytest.mark.parametrize(
    ("verb", "indonesian", "english"),
    [
        ({"id": f"{ADL}completed"}, "lulus", "completed"),
        ({"id": f"{ADL}completed", "display": {"en": "Completed"}}, "lulus", "Completed"),
        ({"id": f"{ADL}completed", "display": {"id-ID": "tuntas"}}, "tuntas", "completed"),
        ({"id": "http://id.tincanapi.com/verb/viewed", "display": {}}, "membuka", "opened"),
        ({"id": "https://x.example/v#menyemai", "display": {"en": "sows"}}, "sows", "sows"),
        ({"id": "https://x.example/v/menyemai/"}, "menyemai", "menyemai"),
        ({"id": f"{ADL}failed", "display": "broken"}, "tidak lulus", "failed"),
    ],
)
def test_a_verb_is_said_in_the_language_of_the_reader(
    verb: dict[str, object], indonesian: str, english: str
) -> None:
    with i18n.speaking("id"):
        assert wording.verb(verb) == indonesian
    with i18n.speaking("en"):
        assert wording.verb(verb) == english
