"""Programmes are taken along as one file, and several put in force from one, after a trial."""

import io
from collections.abc import Callable

from lrs import programmes
from tests.conftest import Cast
from tests.web.conftest import Browser, links

FILE = """programmes:
  - iri: https://diklat.example.go.id/prima
    title: Pelayanan Prima
    courses: ["https://lms.example.go.id/course/view.php?id=2"]
    behaviours:
      - {iri: "https://diklat.example.go.id/prima/1", text: Menjawab keluhan}
  - iri: https://diklat.example.go.id/arsip
    title: Pengelolaan Arsip
    courses: ["https://lms.example.go.id/course/view.php?id=3"]
    behaviours:
      - {iri: "https://diklat.example.go.id/arsip/1", text: Menata arsip}
"""


def test_several_are_tried_put_in_force_and_taken_along(
    cast: Cast, admin: Browser, signed_in: Callable[..., Browser]
) -> None:
    (way,) = links(admin.get("/programmes").html, "^/programmes/file$")
    admin.get(way)
    files = {"file": (io.BytesIO(FILE.encode()), "programmes.yaml")}
    tried = admin.send(way, files, do="try")
    assert "new Pelayanan Prima" in tried.text
    assert "This would propose 0 links" in tried.text
    with cast.database.read() as connection:
        assert programmes.in_force(connection, cast.tenant.id) == []
    page = admin.send(way, do="enter")  # what was tried stands in the field
    assert "In force. Cases follow within seconds." in page.text
    assert "Pengelolaan Arsip" in page.text
    kept = admin.client.get("/programmes/in-force").get_data(as_text=True)
    assert "title: Pelayanan Prima" in kept
    admin.get(way)
    again = admin.send(way, programmes=kept.replace("Menata arsip", "Menata berkas"), do="try")
    assert "changed Pengelolaan Arsip" in again.text
    assert "stands so already Pelayanan Prima" in again.text
    for address in (way, "/programmes/in-force"):
        assert signed_in("reviewer", login=f"r{len(address)}").get(address).status == 403


def test_what_is_wrong_is_said_with_its_place_and_nothing_is_entered(admin: Browser) -> None:
    admin.get("/programmes/file")
    wrong = admin.send("/programmes/file", programmes=FILE.replace("title: Pel", "titel: Pel"))
    assert wrong.status == 400
    assert "programmes[0].titel: There is no such member; did you mean 'title'?" in wrong.text
    twice = FILE.replace("id=3", "id=2")
    wrong = admin.send("/programmes/file", programmes=twice, do="enter")
    assert wrong.status == 400
    assert "No programme yet." in admin.get("/programmes").text
