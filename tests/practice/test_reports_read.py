"""What a report says of itself, read from the text of its pages."""

import time
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from lrs.practice import reports_read as reports
from lrs.practice.reports_read import Proposal

AUTHOR, MENTOR, COACH = "199001012015011001", "198502022010012002", "197003031995031003"

TITLE_PAGE = """
                         LAPORAN AKTUALISASI
              OPTIMALISASI ANTRIAN PASIEN MELALUI
              APLIKASI SIANTRI DI PUSKESMAS MAWAR

                              Disusun oleh:
              Nama        : Sari Dewi, S.KM.
              NIP         : 19900101 201501 1 001
              Jabatan     : Ahli Pertama - Administrator Kesehatan
              Unit Kerja  : Puskesmas Mawar, Dinas Kesehatan

         PELATIHAN DASAR CPNS GOLONGAN III ANGKATAN XII
              BADAN KEPEGAWAIAN DAN PENGEMBANGAN SDM
                            TAHUN 2026
"""
SIDE_BY_SIDE = """
                          LEMBAR PENGESAHAN
              LAPORAN AKTUALISASI

     Telah diseminarkan pada tanggal 10 April 2026

     Kota Mawar, 12 April 2026

     Coach,                                  Mentor,


     Dr. Ani Lestari, M.Si.                  Budi Santoso, S.E.
     NIP. 19700303 199503 1 003              NIP. 19850202 201001 2 002
"""
STACKED = """
                          HALAMAN PERSETUJUAN

     Judul     : Optimalisasi Antrian Pasien Melalui
                 Aplikasi Siantri
     Nama      : Sari Dewi, S.KM.
     NIP       : 199001012015011001

     Menyetujui,
     Mentor
     (Budi Santoso, S.E.)
     NIP 198502022010012002

     Coach
     Dr. Ani Lestari, M.Si.
     NIP 197003031995031003
"""
FIELDS = """
                     AKSI PERUBAHAN
     PERCEPATAN LAYANAN PERIZINAN

     Nama           : Sari Dewi
     NIP            : 199001012015011001
     Mentor
     Nama           : Budi Santoso, S.E.
     NIP            : 198502022010012002
     Coach          : Dr. Ani Lestari, M.Si. (NIP. 197003031995031003)
     PELATIHAN KEPEMIMPINAN PENGAWAS ANGKATAN 4 TAHUN 2026
"""


def told(proposal: Proposal) -> dict[str, str]:
    return {each.what: proposal.value(each.what) for each in proposal.findings}


def test_a_title_page_tells_whose_report_it_is_and_of_what() -> None:
    proposal = reports.read([TITLE_PAGE])
    assert told(proposal) == {
        "kind": "laporan aktualisasi",
        "title": "OPTIMALISASI ANTRIAN PASIEN MELALUI APLIKASI SIANTRI DI PUSKESMAS MAWAR",
        "name": "Sari Dewi, S.KM.",
        "number": AUTHOR,
        "position": "Ahli Pertama - Administrator Kesehatan",
        "unit": "Puskesmas Mawar, Dinas Kesehatan",
        "programme": "PELATIHAN DASAR CPNS GOLONGAN III ANGKATAN XII",
        "cohort": "Angkatan XII",
    }
    assert {each.page for each in proposal.findings} == {1}
    assert proposal.approval is None


def test_who_signs_side_by_side_is_told_by_the_place_on_the_line() -> None:
    proposal = reports.read([TITLE_PAGE, "KATA PENGANTAR\nPuji syukur", SIDE_BY_SIDE])
    assert proposal.approval == 3
    assert proposal.value("mentor_number") == MENTOR
    assert proposal.value("mentor") == "Budi Santoso, S.E."
    assert proposal.value("coach_number") == COACH
    assert proposal.value("coach") == "Dr. Ani Lestari, M.Si."
    assert proposal.day("approved") == date(2026, 4, 12)
    found = proposal.best("mentor_number")
    assert found is not None
    assert (found.page, found.line) == (3, "NIP. 19850202 201001 2 002")


def test_signatures_are_set_in_the_middle_of_their_column_and_name_a_post() -> None:
    page = """
                               LEMBAR PENGESAHAN

                 Coach,                                    Mentor,
          Widyaiswara Ahli Madya                  Kepala Seksi Perizinan


         Dr. Ani Lestari, M.Si.                      Budi Santoso, S.E.
       NIP. 197003031995031003                    NIP. 198502022010012002

                                   Penguji,

                           Prof. Joko Susilo, M.Pd.
                           NIP. 197805052005011009
"""
    proposal = reports.read([page])
    assert (proposal.value("mentor"), proposal.value("mentor_number")) == (
        "Budi Santoso, S.E.",
        MENTOR,
    )
    assert (proposal.value("coach"), proposal.value("coach_number")) == (
        "Dr. Ani Lestari, M.Si.",
        COACH,
    )
    assert proposal.value("examiner") == "Prof. Joko Susilo, M.Pd."
    assert proposal.value("examiner_number") == "197805052005011009"


def test_a_page_made_to_keep_us_busy_does_not() -> None:
    page = "LEMBAR PENGESAHAN\nMentor\n" + f"Budi Santoso  {MENTOR}  " * 50_000
    pages = [page + "\n" + "\n".join([f"Budi  {MENTOR}"] * 20_000)] * 40
    began = time.monotonic()
    reports.read(pages)
    assert time.monotonic() - began < 20


def test_who_signs_one_below_the_other_is_told_too() -> None:
    proposal = reports.read([STACKED])
    assert told(proposal) == {
        "title": "Optimalisasi Antrian Pasien Melalui Aplikasi Siantri",
        "name": "Sari Dewi, S.KM.",
        "number": AUTHOR,
        "mentor": "Budi Santoso, S.E.",
        "mentor_number": MENTOR,
        "coach": "Dr. Ani Lestari, M.Si.",
        "coach_number": COACH,
    }


def test_fields_below_the_word_mentor_are_the_mentors() -> None:
    proposal = reports.read([FIELDS])
    assert proposal.value("number") == AUTHOR
    assert (proposal.value("mentor"), proposal.value("mentor_number")) == (
        "Budi Santoso, S.E.",
        MENTOR,
    )
    assert (proposal.value("coach"), proposal.value("coach_number")) == (
        "Dr. Ani Lestari, M.Si.",
        COACH,
    )
    assert proposal.value("kind") == "aksi perubahan"
    assert proposal.value("cohort") == "Angkatan 4 Tahun 2026"


def test_who_signs_without_a_number_is_less_sure() -> None:
    page = SIDE_BY_SIDE.replace(
        "     NIP. 19700303 199503 1 003              NIP. 19850202 201001 2 002\n", ""
    )
    proposal = reports.read([page])
    mentor, coach = proposal.best("mentor"), proposal.best("coach")
    assert mentor is not None
    assert coach is not None
    assert (mentor.value, mentor.confidence) == ("Budi Santoso, S.E.", 0.5)
    assert coach.value == "Dr. Ani Lestari, M.Si."
    assert proposal.value("mentor_number") == ""


def test_a_number_without_a_word_on_the_title_page_is_less_sure() -> None:
    page = f"LAPORAN AKTUALISASI\nPENATAAN ARSIP KANTOR CAMAT\nOleh\nSari Dewi, S.Sos.\n{AUTHOR}\n"
    found = reports.read([page]).best("number")
    assert found is not None
    assert (found.value, found.confidence) == (AUTHOR, 0.6)
    assert reports.read([page]).value("name") == "Sari Dewi, S.Sos."


def test_a_number_that_is_none_is_not_read() -> None:
    assert reports.read([TITLE_PAGE.replace("19900101", "19901301")]).value("number") == ""


def test_the_table_of_contents_is_no_page_of_approval() -> None:
    page = "DAFTAR ISI\nLEMBAR PENGESAHAN ............ ii\nBAB I ........... 1\n"
    assert reports.read([page]).approval is None


def test_a_scan_says_nothing() -> None:
    proposal = reports.read(["", " \n", "3"])
    assert (proposal.scanned, proposal.pages, proposal.findings) == (True, 3, ())


def test_the_period_of_habituation_is_read() -> None:
    proposal = reports.read(["Habituasi dilaksanakan 2 Maret s.d. 4 April 2026 di kantor."])
    assert (proposal.day("begun"), proposal.day("ended")) == (date(2026, 3, 2), date(2026, 4, 4))


@given(
    st.lists(
        st.text(alphabet="Nama NIP:.,Mentor Coach\n0123456789 LEMBARPENGESAHAN", max_size=400),
        max_size=4,
    )
)
def test_whatever_is_written_is_answered(pages: list[str]) -> None:
    assert reports.read(pages).pages == len(pages)
