"""What the demonstration agency is made of: names, units, trainings, work.

Data for `lrs/demo/agency.py`. All people, hosts and offices are invented.
"""

from dataclasses import dataclass

HOST = "pemda.example.go.id"
MOODLE = f"https://lms.{HOST}"
ACADEMY = f"https://belajar.{HOST}"
TICKETS = f"https://tiket.{HOST}"
LETTERS = f"https://naskah.{HOST}"
DIARY = f"https://kinerja.{HOST}"
#: Home page of the accounts whose name is the NIP: what single sign-on hands to the academy.
SIGN_ON = f"https://asn.{HOST}/nip"
#: Home page of programmes and behaviours.
TRAINING = f"https://diklat.{HOST}"

#: What each workplace system calls itself in `context.platform`.
PLATFORMS = {TICKETS: "SILATIK", LETTERS: "SIMNASKAH", DIARY: "E-KINERJA"}

APPLIED = "https://w3id.org/xapi/dod-isd/verbs/applied"
PERFORMED = "https://w3id.org/xapi/dod-isd/verbs/performed"
SUBMIT = "http://activitystrea.ms/schema/1.0/submit"
RESOLVE = "http://activitystrea.ms/schema/1.0/resolve"
DOCUMENT = "http://id.tincanapi.com/activitytype/document"
ISSUE = "http://activitystrea.ms/schema/1.0/issue"
PERFORMANCE = "http://adlnet.gov/expapi/activities/performance"

#: Verb and type by which a workplace system says that work was done.
SPEECH = {
    TICKETS: (RESOLVE, "menyelesaikan", ISSUE),
    LETTERS: (SUBMIT, "mengajukan", DOCUMENT),
    DIARY: (PERFORMED, "melaksanakan", PERFORMANCE),
}


@dataclass(frozen=True, slots=True)
class Skill:
    """A behaviour as the agency words it, with the traces that it leaves in a system.

    `folder` is the part of the system where such work is kept, `work` titles of such work.
    """

    text: str
    value: str
    system: str
    folder: str
    work: tuple[str, ...]
    scale: str = "autonomy"


@dataclass(frozen=True, slots=True)
class Topic:
    """A training of the agency. `lms` is moodle, cmi5, adl or both (moodle, then adl).

    `audience`: all, cpns (newly appointed), leaders, heads. `days` is how long a run lasts,
    `runs` how many there are in two years.
    """

    slug: str
    title: str
    kind: str
    jp: int
    depth: str
    lms: str
    audience: str
    days: int
    runs: int
    skills: tuple[Skill, ...]
    modules: tuple[str, ...]


TOPICS = (
    Topic(
        "latsar",
        "Pelatihan Dasar CPNS",
        "latsar",
        647,
        "full",
        "moodle",
        "cpns",
        75,
        4,
        (
            Skill(
                "Menyelesaikan isu unit kerja dengan gagasan kreatif dari rancangan aktualisasi",
                "Adaptif",
                LETTERS,
                "aktualisasi",
                (
                    "Laporan aktualisasi: gagasan kreatif penataan ruang tunggu",
                    "Laporan aktualisasi: gagasan kreatif pengingat jadwal imunisasi",
                    "Laporan aktualisasi: gagasan kreatif lembar kendali berkas",
                ),
            ),
            Skill(
                "Melayani warga dengan ramah, cekatan, solutif sesuai nilai BerAKHLAK",
                "Berorientasi Pelayanan",
                TICKETS,
                "layanan-warga",
                (
                    "Layanan warga tuntas di loket satu",
                    "Layanan warga lansia didampingi sampai tuntas",
                ),
                "consistency",
            ),
        ),
        (
            "Agenda 1: Sikap Perilaku Bela Negara",
            "Agenda 2: Nilai Dasar ASN",
            "Agenda 3: Smart ASN",
        ),
    ),
    Topic(
        "pkp",
        "Pelatihan Kepemimpinan Pengawas",
        "pkp",
        905,
        "full",
        "moodle",
        "leaders",
        60,
        2,
        (
            Skill(
                "Menjalankan tonggak aksi perubahan kinerja pelayanan di unit kerja",
                "Adaptif",
                LETTERS,
                "aksi-perubahan",
                (
                    "Laporan tonggak aksi perubahan: antrean daring",
                    "Laporan tonggak aksi perubahan: dasbor stok barang",
                    "Laporan tonggak aksi perubahan: layanan jemput berkas",
                ),
            ),
            Skill(
                "Membimbing staf lewat coaching terjadwal",
                "Kompeten",
                DIARY,
                "coaching",
                ("Sesi coaching terjadwal dengan staf", "Coaching staf: umpan balik bulanan"),
            ),
        ),
        ("Diagnosa Organisasi", "Kepemimpinan Pelayanan", "Manajemen Mutu"),
    ),
    Topic(
        "pka",
        "Pelatihan Kepemimpinan Administrator",
        "pka",
        951,
        "full",
        "moodle",
        "heads",
        60,
        2,
        (
            Skill(
                "Mengendalikan aksi perubahan organisasi bersama pemangku kepentingan",
                "Kolaboratif",
                LETTERS,
                "kendali-perubahan",
                (
                    "Berita acara pengendalian aksi perubahan organisasi dengan mitra",
                    "Nota kesepakatan pemangku kepentingan aksi perubahan organisasi",
                ),
            ),
        ),
        ("Kepemimpinan Kinerja", "Jejaring Kerja", "Akuntabilitas Kinerja"),
    ),
    Topic(
        "pelayanan-prima",
        "Diklat Pelayanan Prima",
        "service",
        30,
        "full",
        "both",
        "all",
        10,
        8,
        (
            Skill(
                "Menuntaskan pengaduan warga dalam batas waktu standar pelayanan",
                "Berorientasi Pelayanan",
                TICKETS,
                "pengaduan",
                (
                    "Pengaduan warga: antrean terlalu lama, dituntaskan",
                    "Pengaduan warga: biaya tidak jelas, dituntaskan",
                    "Pengaduan warga: berkas hilang, dituntaskan",
                ),
            ),
            Skill(
                "Menyampaikan maklumat layanan di loket",
                "Berorientasi Pelayanan",
                LETTERS,
                "maklumat",
                ("Maklumat layanan loket diperbarui", "Maklumat layanan loket untuk disabilitas"),
            ),
        ),
        ("Dasar Pelayanan Prima", "Menangani Keluhan", "Komunikasi di Loket"),
    ),
    Topic(
        "sim-puskesmas",
        "Pelatihan SIM Puskesmas",
        "technical",
        40,
        "full",
        "moodle",
        "all",
        7,
        5,
        (
            Skill(
                "Merekam kunjungan pasien lengkap di SIM Puskesmas pada hari yang sama",
                "Akuntabel",
                TICKETS,
                "simpus",
                (
                    "Rekam kunjungan pasien SIM Puskesmas lengkap hari ini",
                    "Perbaikan rekam kunjungan pasien ganda di SIM Puskesmas",
                ),
            ),
            Skill(
                "Mengirim laporan LB1 bulanan dari SIM Puskesmas tepat waktu",
                "Akuntabel",
                LETTERS,
                "lb1",
                ("Laporan LB1 bulanan dari SIM Puskesmas", "Laporan LB1 triwulan: tindak lanjut"),
            ),
        ),
        ("Pengenalan SIM Puskesmas", "Pendaftaran dan Poli", "Laporan Bulanan"),
    ),
    Topic(
        "pengadaan",
        "Pelatihan Pengadaan Barang dan Jasa Tingkat Dasar",
        "technical",
        50,
        "full",
        "moodle",
        "all",
        12,
        5,
        (
            Skill(
                "Menyusun harga perkiraan sendiri dari paling sedikit dua sumber",
                "Akuntabel",
                LETTERS,
                "hps",
                (
                    "Kertas kerja harga perkiraan sendiri pengadaan meja",
                    "Kertas kerja harga perkiraan sendiri pengadaan laptop",
                ),
            ),
            Skill(
                "Memilih penyedia lewat e-katalog dengan pembanding",
                "Akuntabel",
                DIARY,
                "katalog",
                ("Pembandingan penyedia e-katalog alat tulis", "Pembandingan penyedia e-katalog"),
            ),
        ),
        ("Regulasi Pengadaan", "Harga Perkiraan Sendiri", "Kontrak"),
    ),
    Topic(
        "sop",
        "Bimtek Penyusunan Standar Operasional Prosedur",
        "technical",
        20,
        "full",
        "moodle",
        "all",
        5,
        6,
        (
            Skill(
                "Menyusun standar operasional prosedur dengan diagram alir",
                "Kompeten",
                LETTERS,
                "sop",
                (
                    "Standar operasional prosedur surat masuk, dengan diagram alir",
                    "Standar operasional prosedur izin usaha, dengan diagram alir",
                    "Standar operasional prosedur kas kecil, dengan diagram alir",
                ),
            ),
        ),
        ("Konsep SOP", "Diagram Alir", "Evaluasi SOP"),
    ),
    Topic(
        "manajemen-waktu",
        "Manajemen Waktu",
        "technical",
        8,
        "light",
        "moodle",
        "all",
        4,
        6,
        (
            Skill(
                "Menyusun rencana kerja mingguan dan meninjaunya tiap Jumat",
                "Kompeten",
                DIARY,
                "rencana-mingguan",
                ("Rencana kerja mingguan ditinjau Jumat", "Tinjauan Jumat rencana kerja mingguan"),
            ),
        ),
        ("Matriks Prioritas", "Rencana Mingguan"),
    ),
    Topic(
        "arsip",
        "Pengelolaan Arsip Dinamis",
        "technical",
        24,
        "full",
        "cmi5",
        "all",
        8,
        5,
        (
            Skill(
                "Memberkaskan arsip aktif menurut kode klasifikasi",
                "Akuntabel",
                LETTERS,
                "arsip-aktif",
                (
                    "Daftar arsip aktif menurut kode klasifikasi, bagian umum",
                    "Daftar arsip aktif menurut kode klasifikasi, bagian keuangan",
                ),
            ),
            Skill(
                "Menyusutkan arsip inaktif dengan jadwal retensi",
                "Akuntabel",
                LETTERS,
                "retensi",
                ("Usul penyusutan arsip inaktif sesuai jadwal retensi",),
            ),
        ),
        ("Klasifikasi", "Pemberkasan", "Penyusutan"),
    ),
    Topic(
        "keamanan-informasi",
        "Keamanan Informasi Dasar",
        "technical",
        6,
        "light",
        "cmi5",
        "all",
        3,
        6,
        (
            Skill(
                "Melaporkan surel phishing ke tim tanggap insiden",
                "Loyal",
                TICKETS,
                "insiden-siber",
                ("Laporan surel phishing mengatasnamakan bank", "Laporan surel phishing tagihan"),
            ),
        ),
        ("Kata Sandi", "Phishing"),
    ),
    Topic(
        "sp4n-lapor",
        "Pengelolaan Pengaduan SP4N-LAPOR",
        "service",
        16,
        "full",
        "adl",
        "all",
        4,
        5,
        (
            Skill(
                "Menindaklanjuti laporan SP4N dengan jawaban yang dapat diperiksa pelapor",
                "Berorientasi Pelayanan",
                TICKETS,
                "sp4n",
                (
                    "Laporan SP4N jalan berlubang: jawaban dengan foto",
                    "Laporan SP4N lampu jalan padam: jawaban dengan jadwal",
                ),
            ),
        ),
        ("Alur LAPOR", "Menulis Jawaban"),
    ),
    Topic(
        "webinar-berakhlak",
        "Webinar Nilai Dasar BerAKHLAK",
        "webinar",
        3,
        "light",
        "adl",
        "all",
        1,
        6,
        (
            Skill(
                "Memberi apresiasi kepada rekan atas perilaku nilai dasar",
                "Harmonis",
                DIARY,
                "apresiasi",
                ("Apresiasi rekan: perilaku nilai dasar bulan ini",),
                "consistency",
            ),
        ),
        ("Sesi Paparan",),
    ),
)

#: Work that is nobody's application of anything, by system: folder, title.
ROUTINE = {
    TICKETS: (
        ("sarana", "Printer lantai dua macet"),
        ("sarana", "Pendingin ruangan rapat tidak menyala"),
        ("jaringan", "Kabel jaringan ruang arsip putus"),
        ("akun", "Atur ulang sandi absensi"),
        ("akun", "Akun surel baru untuk pegawai magang"),
        ("kendaraan", "Permintaan mobil dinas ke bandara"),
    ),
    LETTERS: (
        ("surat", "Undangan rapat koordinasi triwulan"),
        ("surat", "Surat tugas perjalanan dinas"),
        ("cuti", "Permohonan cuti tahunan"),
        ("nota", "Nota dinas permintaan alat tulis kantor"),
        ("keuangan", "Daftar honor narasumber"),
        ("surat", "Ucapan duka cita keluarga besar"),
    ),
    DIARY: (
        ("harian", "Apel pagi"),
        ("harian", "Menerima tamu dari kecamatan"),
        ("harian", "Mengikuti senam bersama"),
        ("harian", "Menghadiri rapat anggaran"),
        ("harian", "Mengantar surat ke kantor bupati"),
        ("harian", "Menyiapkan konsumsi kegiatan"),
    ),
}

#: What talks about a training and applies nothing of it: `{}` is the training's title.
TALK = (
    "Undangan sosialisasi {}",
    "Daftar hadir {}",
    "Surat tugas mengikuti {}",
    "Permintaan konsumsi {}",
)

#: How people begin what they write of their work.
OPENINGS = (
    "Hari ini saya",
    "Bersama tim kami mulai",
    "Atas arahan pimpinan, unit kami",
    "Sudah berjalan:",
)

OFFICES = {
    "Sekretariat Daerah": ("Bagian Umum", "Bagian Hukum", "Bagian Organisasi", "Bagian Protokol"),
    "Dinas Kesehatan": (
        "Puskesmas Melati",
        "Puskesmas Cempaka",
        "Puskesmas Kenanga",
        "Puskesmas Anggrek",
        "Bidang Pelayanan Kesehatan",
    ),
    "Dinas Kependudukan dan Pencatatan Sipil": ("Bidang Pendaftaran", "Bidang Pencatatan Sipil"),
    "Dinas Pekerjaan Umum": ("Bidang Bina Marga", "Bidang Sumber Daya Air", "Bidang Cipta Karya"),
    "Dinas Pendidikan": ("Bidang Sekolah Dasar", "Bidang Guru", "Bidang Sarana"),
    "Dinas Perizinan": ("Bidang Pelayanan", "Bidang Pengawasan"),
    "Dinas Perpustakaan dan Kearsipan": ("Bidang Arsip", "Bidang Layanan Pustaka"),
    "Badan Kepegawaian dan Pengembangan SDM": ("Bidang Mutasi", "Bidang Diklat"),
    "Badan Keuangan": ("Bidang Anggaran", "Bidang Aset", "Bidang Pendapatan"),
    "Kecamatan Utara": ("Kelurahan Sukamaju", "Kelurahan Sukasari"),
    "Kecamatan Selatan": ("Kelurahan Mekarjaya", "Kelurahan Mekarsari"),
}
AGENCY = "Pemerintah Kabupaten Contoh"

FIRST = (
    ("Budi", "1"),
    ("Siti", "2"),
    ("Agus", "1"),
    ("Dewi", "2"),
    ("Rizky", "1"),
    ("Nur'aini", "2"),
    ("Ahmad", "1"),
    ("Sri", "2"),
    ("Eko", "1"),
    ("Ratna", "2"),
    ("Hendra", "1"),
    ("Lestari", "2"),
    ("Yohanes", "1"),
    ("Maria", "2"),
    ("I Made", "1"),
    ("Ni Luh", "2"),
    ("Andi", "1"),
    ("Fitri", "2"),
    ("Joko", "1"),
    ("Wulan", "2"),
    ("Muhammad", "1"),
    ("Indah", "2"),
    ("Slamet", "1"),
    ("Yuliana", "2"),
)
LAST = (
    "Santoso",
    "Wijayanto",
    "Handayani",
    "Sudiarta",
    "Az-Zahra",
    "Gunawan",
    "Marlina",
    "Hidayat",
    "Siregar",
    "Nasution",
    "Pratama",
    "Kusuma",
    "Rahayu",
    "Saputra",
    "Simanjuntak",
    "Wibowo",
    "Permana",
    "Lubis",
    "Setiawan",
    "Puspitasari",
    "Tanjung",
    "Adnyana",
    "Maulana",
    "Suryani",
    "Hutapea",
    "Firmansyah",
    "Anggraini",
    "Kurniawan",
)

BARRIERS = ("funds", "team", "leaders", "stakeholders", "moved", "workload", "no_opportunity")
