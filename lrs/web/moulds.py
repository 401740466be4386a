"""The sentences that other rooms compose, each as a mould with its values left open.

A room below the pages knows one language, and puts what it found into its sentence: a number, a
heading, an IRI. `lrs/web/sentences.py` knows such a sentence again by the mould and says it in the
reader's language. Sentences without values need no mould; they are in the catalogue as they are.
`tests/guards/test_sentences.py` holds that nothing is composed elsewhere that is in neither.
"""

from typing import Final

from lrs.i18n import N_

PHRASES: Final = (
    # Why a provider of sign-in said nothing (lrs/auth/oidc.py)
    N_("it answered %(status)s"),
    N_("it did not answer in time"),
    N_("it is not there"),
    N_("it answers too slowly"),
    N_("its answer is too large"),
    N_("its answer is not JSON"),
    N_("its answer is not a JSON object"),
    N_("its answer cannot be read: %(kind)s"),
    # Phrases that stand within others (schemas/fields.py, schemas/statements.py)
    N_("an absolute IRI such as https://example.com/thing"),
    N_("an absolute URI in ASCII such as https://id.example.com/someone"),
    N_("a mailto IRI with one address, such as mailto:someone@example.com"),
    N_("the SHA-1 of a mailto IRI in 40 hexadecimal digits"),
    N_("a UUID such as 6e8bc430-9c3a-4ed9-bbb5-e8b1a1a1a1a1"),
    N_("a date and time of ISO 8601 such as 2026-03-01T09:30:00.000Z"),
    N_("a duration of ISO 8601 by designators such as PT1H30M or PT59.14S"),
    N_("a language tag of RFC 5646 such as id or en-GB"),
    N_("a SHA-2 hash in 56, 64, 96 or 128 hexadecimal digits"),
    N_("an Internet media type such as application/pdf"),
    N_("a number, without quotes"),
    N_("a whole number of octets, not below 0"),
    N_("true or false, without quotes"),
    N_("a string"),
    N_("an empty string"),
    N_("a number"),
    N_("an array"),
    N_("an object"),
    N_("another text"),
    N_("an object with id"),
    N_("an object with homePage and name"),
    N_("an object with scaled, raw, min, max"),
    N_("an object with parent, grouping, category, other"),
    N_("an object that describes one attachment"),
    N_("an object: an activity, agent, group, StatementRef or SubStatement"),
    N_("an object: an activity, agent, group or StatementRef"),
    N_('an object with "objectType": "StatementRef" and id'),
    N_("an agent"),
    N_("a group"),
    N_("an agent or group, as an object"),
    N_("an agent or identified group, as an object"),
    N_('a group, with "objectType": "Group"'),
    N_("an activity"),
    N_("an array of activities"),
    N_("a contextAgent"),
    N_("a contextGroup"),
    N_("one of %(texts)s"),
    N_("an array of one or more, each of them %(each)s"),
    N_("an array, each of them %(each)s"),
    N_("it has no scheme (what stands before the first colon, as https)"),
    N_("nothing follows its scheme"),
    N_("character %(place)s (%(sign)s) must be escaped as %(escaped)s"),
    N_("a space"),
    N_("a percent sign must begin an escape such as %20, or be written %25"),
    N_("it has more than one #; escape the later ones as %23"),
    N_("square brackets must be escaped as %5B and %5D"),
    N_("it does not begin with mailto: in small letters"),
    N_("an offset of minus zero says nothing; write Z or +00:00"),
    N_("a capital T stands between date and time"),
    N_("weeks stand alone; count them as days"),
    N_("write it as %(other)s"),
    N_("write %(other)s"),
    N_('write "%(near)s" if that is what it is, or leave it out'),
    N_("leave it out, or move it into extensions"),
    N_('only a group has it: add "objectType": "Group"'),
    N_('if the object is an agent or group, add its "objectType"'),
    N_("if it describes the activity, move it into definition"),
    N_("it came with version 2.0; leave it out, or send the statement under 2.0"),
    N_("a SubStatement may not have it; leave it out"),
    N_("it is nested too deeply; at most %(most)s levels are read"),
    N_("the exponent of a number is too large to compare it exactly"),
    N_("it is not UTF-8 at byte %(place)s"),
    N_("it ends too early, or holds half of a surrogate pair"),
    N_("it holds more than %(most)s values; split what it says into several"),
    N_("it has %(count)s parts between dots, not 3"),
    N_("its header is not JSON: %(why)s"),
    N_("its header is not a JSON object"),
    N_("a part of it is not base64url without padding"),
    N_("it is not a list of certificates in base64"),
    N_("it holds more than %(most)s certificates"),
    N_("entry %(place)s is not a DER certificate in base64"),
    N_("certificate %(place)s was not issued by %(next)s"),
    N_("the first certificate holds no RSA key"),
    # Kinds of files (lrs/practice/files.py) and of columns (lrs/imports.py)
    N_("a PDF document"),
    N_("a JPEG picture"),
    N_("a PNG picture"),
    N_("a GIF picture"),
    N_("a WebP picture"),
    N_("a HEIC picture"),
    N_("a TIFF picture"),
    N_("a Word document"),
    N_("an Excel workbook"),
    N_("a PowerPoint presentation"),
    N_("an OpenDocument text"),
    N_("an OpenDocument spreadsheet"),
    N_("an OpenDocument presentation"),
    N_("an old Word document"),
    N_("an old Excel workbook"),
    N_("an old PowerPoint presentation"),
    N_("plain text"),
    N_("a CSV list"),
    N_("an MP4 video"),
    N_("a WebM video"),
    N_("an MP3 recording"),
    N_("an M4A recording"),
    N_("an Ogg recording"),
    N_("number (%(names)s, …) or mail (%(others)s, …)"),
    N_("course (%(names)s, …)"),
    # Kinds of events (schemas/adapters.py)
    N_("learning"),
    N_("work"),
)
"""What stands within sentences as a value of theirs, and is words too."""

MOULDS: Final = (
    # Who (lrs/people.py, lrs/whom.py, lrs/practice/people.py, lrs/units.py)
    N_("The number has %(digits)s digits; a NIP or NI PPPK has 18."),
    N_("%(kind)s is somebody else's already, and was left theirs"),
    N_("it was decided before that this %(kind)s is not theirs"),
    N_(
        "the register says that they left (%(why)s); for who came back, give the day in the"
        " column 'mulai'"
    ),
    N_("the list says %(told)s, the register %(known)s; look whether it is they"),
    N_("%(name)s was erased: they are taken in anew only if you say so."),
    N_("%(name)s was erased, and is taken in anew"),
    # What, and when (lrs/imports.py, lrs/practice/imported.py, lrs/people.py)
    N_("'%(text)s' is no day; write it as 2026-03-12, 12/03/2026 (day first) or 12 Maret 2026."),
    N_("'%(text)s' is no day; write it as 2026-01-31 or 31/01/2026."),
    N_("'%(text)s' is none of %(words)s."),
    N_("'%(text)s' is no number of hours."),
    N_("%(hours)s hours cannot be right."),
    N_("%(day)s lies in the future."),
    N_("%(day)s lies before %(first)s."),
    N_(
        "The row does not say on which day somebody %(what)s; give a column with the day, or"
        " one day for all."
    ),
    N_("'%(text)s' enters nothing"),
    N_("row %(number)s says again what row %(other)s says (%(kind)s, %(day)s)."),
    N_("row %(number)s says again what row %(other)s says."),
    N_(
        "the %(what)s entered before (%(there)s) stay; to change them, void the statement"
        " %(id)s and send another."
    ),
    N_("Taken from the title above the list: %(told)s"),
    N_(
        "The file has other sheets with lists, which were not read: %(sheets)s. Read each by"
        " its name"
    ),
    N_(
        "The programme %(title)s has no course yet; add %(course)s to its courses, so that"
        " these completions count for it."
    ),
    N_("What says nothing of a result was passed over: %(told)s."),
    # Evidence (lrs/imports_evidence.py)
    N_("'%(text)s' is not known here; write one of %(few)s."),
    N_("No programme is called %(text)s."),
    N_("No behaviour of a programme is '%(text)s'."),
    N_("More than one behaviour of a programme is '%(text)s'."),
    N_("'%(text)s' is no rating; write 3, 3/4 or 75%%."),
    N_("%(text)s is more than the scale has (%(most)s)."),
    N_("There is no file %(name)s beside the list."),
    # The file, and its columns (lrs/spreadsheets.py, and all of them)
    N_("The file cannot be read as a spreadsheet (%(why)s). Save it anew."),
    N_("Two columns are called %(names)s; give each its own heading."),
    N_("The list has no column for %(known)s. Its columns: %(there)s. Say which is meant."),
    N_(
        "The list has no column for %(known)s. Its columns: %(there)s. Above them stands:"
        " %(above)s."
    ),
    N_("The list has no column for %(known)s. Its columns: %(there)s."),
    N_("There is no column %(wrong)s; there are: %(there)s."),
    N_("There is no column %(wrong)s. Columns of the list: %(there)s. Words for them: %(words)s."),
    N_(
        "The list needs a column for the unit (%(unit)s) and one for its contact"
        " (%(contact)s) or its default superior (%(superior)s)."
    ),
    N_(
        "The list needs a column 'course' with the course's IRI or title, or one course for"
        " all rows; and one of nip, idnumber, email, id, username for who it is. Its columns:"
        " %(there)s."
    ),
    # Of statements that were refused (schemas/statements.py, lrs/xapi, lrs/intake.py)
    N_(
        "It is null, which is allowed only inside extensions; leave this member out, or send"
        " %(wanted)s."
    ),
    N_("It is required and missing; add %(wanted)s."),
    N_("It is %(kind)s; send %(wanted)s."),
    N_("It is %(kind)s; send %(wanted)s. Keep its values and drop its keys."),
    N_("It is not %(form)s: %(because)s."),
    N_("It is not %(form)s."),
    N_("The key is not %(form)s: %(because)s."),
    N_("The key is not %(form)s."),
    N_("It is empty; leave it out, or send %(wanted)s."),
    N_("There is no such member here; %(instead)s."),
    N_("It is %(kind)s; a statement is an object with actor, verb and object."),
    N_("It has %(count)s identifiers (%(names)s); keep exactly one."),
    N_("It is required and missing, since %(used)s is given; add one of %(several)s."),
    N_(
        "An interaction of type %(type)s has no %(member)s; leave it out, or choose the"
        " interactionType that has it."
    ),
    N_("It is not %(lines)s; leave it out, or send %(wanted)s."),
    N_("this is not JSON: %(why)s"),
    N_("%(why)s statements, or attach it as a file"),
    N_("it is %(said)s, but the request names statementId %(id)s"),
    N_("%(id)s stands twice in this batch"),
    N_("A different statement with the id %(id)s is stored already; they differ here"),
    N_("no signature needs more than %(most)s bytes, this has more."),
    N_(
        "this signature has sha2 %(sha2)s and no part carries those bytes. Send the signature"
        " itself as a part of a multipart/mixed request."
    ),
    N_(
        "this attachment has no fileUrl, and no part carries bytes of sha2 %(sha2)s. Send"
        " them as a part of a multipart/mixed request, or give a fileUrl."
    ),
    N_(
        "A part with the hash %(hash)s belongs to no attachment of any statement. Describe it"
        " in `attachments`, or leave it out."
    ),
    N_(
        "the attachment says %(said)s, the Content-Type of its part says %(other)s. Make them"
        " the same."
    ),
    N_(
        "the attachment says %(said)s, the Content-Length of its part says %(other)s. Make"
        " them the same."
    ),
    N_(
        "a body of type %(kind)s is not read here. Send statements with attachments as"
        " multipart/mixed, others as application/json."
    ),
    N_(
        "its boundary %(boundary)s is not one. RFC 2046 allows 1 to 70 letters, digits and"
        " '()+_,-./:=? signs."
    ),
    N_(
        "the body cannot be read after part %(count)s: %(why)s. Lines of a multipart body end"
        " in CR LF."
    ),
    N_(
        "the boundary --%(boundary)s does not begin any line of the body. Begin each part"
        " with the boundary that the Content-Type header names; lines end in CR LF."
    ),
    N_(
        "the body stops before its closing line --%(boundary)s--, in or after part %(count)s."
        " It was cut off on the way; send it again whole."
    ),
    N_("part %(count)s: %(why)s"),
    N_("no more than %(most)s are read. Send fewer at a time."),
    N_("it has the header %(name)s twice. Send it once."),
    N_("its header %(name)s has control characters. Leave them out."),
    N_("its Content-Type is %(kind)s. The first part holds the statements, as application/json."),
    N_("statements encoded as %(encoding)s are not read. Send binary."),
    N_("its Content-Transfer-Encoding is %(encoding)s. Send the raw bytes, as binary."),
    N_(
        "its X-Experience-API-Hash %(hash)s is no SHA-2 in hexadecimal (64 digits for"
        " SHA-256, 96 for SHA-384, 128 for SHA-512)."
    ),
    N_(
        "its Content-Length is %(announced)s, and it has %(length)s bytes. It was cut or"
        " changed on the way, or counted wrongly."
    ),
    N_(
        "its X-Experience-API-Hash is %(hash)s, but its %(length)s bytes hash to %(found)s."
        " Hash the bytes as they are sent, without the line end before the boundary."
    ),
    N_("a signature is of type application/octet-stream, this says %(kind)s."),
    N_("the signature is no JWS in compact form: %(why)s."),
    N_("the JWS is signed with %(algorithm)s. Sign with RS256, RS384 or RS512."),
    N_("the JWS needs extensions not known here: %(crit)s."),
    N_("the payload of the JWS is not one JSON statement: %(why)s."),
    N_(
        "the payload of the JWS is not this statement: they differ at %(where)s. Sign the"
        " statement as it is sent, before the signature is added to its attachments."
    ),
    N_("x5c in the header of the JWS cannot be used: %(why)s."),
    N_("%(names)s finds nothing to mend in number %(number)s"),
    N_("Number %(number)s is %(state)s."),
    N_("%(what)s is larger than %(limit)s, the limit set by %(setting)s."),
    # Why an adapter has nothing to say, and whose statements it reads (plugins/, lrs/adapters.py)
    N_("it broke: %(error)s"),
    # How the database fares (lrs/store/health.py)
    N_("does not answer: %(why)s"),
    N_("at %(there)s, the newest"),
    N_("at %(there)s, not %(wanted)s; run `jejak migrate`"),
    N_("at %(there)s, newer than this program, which knows %(wanted)s"),
    N_("are refused: %(why)s"),
    N_("the database's is %(apart)s s from ours; set both by NTP"),
    N_("within %(slack)s s of the database's"),
    N_("%(name)s is %(value)s: a power cut would lose what was acknowledged; set it to %(good)s"),
    N_(
        "max_allowed_packet is %(allowed)s; for values of %(largest)s bytes, which the"
        " settings let in, it should be at least %(needed)s"
    ),
    N_("max_allowed_packet is %(allowed)s"),
    N_("%(free)s MiB free in %(folder)s"),
    # Who signs in through a provider (lrs/auth/openid.py, lrs/auth/oidc.py)
    N_("the sign-in provider could not be asked (%(why)s)."),
    N_("the sign-in provider names no https address for %(name)s."),
    N_("the provider did not take the code (%(why)s)."),
    N_("the provider's keys cannot be had (%(why)s)."),
    N_("the ID token is not sound: %(wrong)s."),
    N_("the provider does not say who you are (%(why)s)."),
    N_("the token's time %(name)s is not a number."),
    # What people hand in, decide and answer (lrs/casework.py, lrs/practice, lrs/followup.py)
    N_("It must be one of %(words)s."),
    N_("The value must be a whole number from 0 to %(most)s."),
    N_("There is no such form about a person: %(form)s."),
    N_("Form %(form)s is about a case; name it."),
    N_("A link that is %(state)s cannot take the move %(move)s."),
    N_("A second opinion is one of %(words)s."),
    N_(
        "The file has %(size)s; at most %(most)s are taken. Make pictures smaller, or hand in"
        " only the pages that matter."
    ),
    N_("It is %(kind)s. Taken are: %(kinds)s."),
    N_("What it is cannot be told. Taken are: %(kinds)s."),
    N_("The file is said to be %(said)s, but is %(found)s. Give it its right ending."),
    N_("Form %(form)s asks nothing of single behaviours."),
    N_("Form %(form)s has no field '%(name)s' here; leave it out."),
    N_("Choose one of: %(words)s."),
    N_("Choose among: %(words)s."),
    N_("At most %(most)s characters; hand in what is longer as evidence."),
    N_("Name %(count)s colleagues, or as many as there are."),
    N_("%(title)s is not followed up: its depth is none."),
    # Who (lrs/people.py, lrs/units.py, lrs/identities.py, lrs/imports*.py)
    N_("That identifier is confirmed to mean the person %(other)s."),
    N_("The person %(who)s was merged into another before."),
    N_("There is no sheet %(only)s; there are: %(there)s."),
    N_("line %(line)s cannot be read: %(why)s"),
    N_("Nobody in the register is %(name)s; say whose account it is."),
    # Programmes, as they are written (schemas/programmes.py, lrs/programmes.py)
    N_("There is nothing of that name; write '%(name)s'."),
    N_("Name the programme of the rules; there are %(words)s."),
    N_("The programme expects no behaviour %(iri)s."),
    N_("Two are called %(name)s; give each its own name."),
    N_("The course %(course)s is of two cohorts: %(owners)s."),
    N_("Two programmes have the IRI %(iri)s."),
    N_(
        "The course %(course)s is of two programmes: %(one)s and %(other)s. A completion"
        " belongs to one."
    ),
    N_(
        "The course %(course)s is already of %(title)s (%(iri)s); take it out there first. A"
        " completion belongs to one programme."
    ),
    N_("Length must be between %(least)s and %(most)s."),
    N_("Shorter than minimum length %(least)s."),
    N_("Longer than maximum length %(most)s."),
    N_("Must be one of: %(words)s."),
    N_("Must be greater than or equal to %(least)s and less than or equal to %(most)s."),
    N_("Must be greater than or equal to %(least)s."),
    N_("Must be greater than %(least)s."),
    N_("Must be less than or equal to %(most)s."),
    # Accounts, sources and keys (schemas/accounts.py, lrs/store/accounts.py)
    N_("%(called)s must not begin or end with blanks or hold control characters."),
    N_("%(called)s must not be longer than %(most)s characters."),
    N_(
        "%(called)s is made of small letters a–z, digits and hyphens, at most 63, such as"
        " moodle-pusdiklat; %(text)s is not."
    ),
    N_("%(called)s must be a list of words."),
    N_("%(word)s is none of the %(called)s; there are: %(table)s."),
    N_("Give at least one of the %(called)s: %(table)s."),
    N_("%(called)s is one of %(table)s; %(value)s is not."),
    N_("The authority must be a JSON object that is an Agent, such as %(example)s."),
    N_("The authority must be JSON: %(wrong)s."),
    N_("%(name)s is true or false; %(value)s is not."),
    N_(
        "%(called)s must be an https address without query or fragment, such as"
        " https://login.example.org/realms/asn; %(text)s is not (http is accepted on this"
        " machine only)."
    ),
    N_("A password has %(least)s to %(most)s characters, of any kind."),
    N_(
        "The login is made of letters a–z, digits and . _ @ + -, such as siti.rahma or"
        " siti@example.go.id; %(text)s is not."
    ),
    N_("Give a mail address such as siti@example.go.id; %(text)s is none."),
    N_("There is already a user %(login)s."),
    N_("There is already a source %(name)s."),
    N_("There is already a source %(name)s of tenant %(tenant)s."),
    N_("%(name)s is the service itself, and its authority no other's."),
    N_("The key %(key)s is revoked."),
    N_("The source %(name)s has that authority."),
    # Reports as PDF (lrs/imports_reports.py, lrs/pdf.py)
    N_(
        "The PDF holds pictures of pages and no text, so nothing could be read; say by hand whose"
        " it is, or hand in the document it was printed from"
    ),
    N_("No page is a lembar pengesahan"),
    N_("Author and mentor are one person by their numbers, so no mentor is taken"),
    N_("This report was taken in before, as %(there)s"),
    N_("The PDF asks for a password of who wants to change it"),
    N_("The PDF holds scripts"),
    N_("The PDF holds other files"),
    N_("The file cannot be read as PDF; save or print it to PDF again."),
    N_("The PDF is locked with a password; save it without one."),
    N_("The PDF has no such page."),
    N_("Reading the PDF took too long, so it was left; print it to PDF again."),
    N_("Reading the PDF took too much memory, so it was left; print it to PDF again."),
    N_("The author is called %(told)s, without a number by which to know them"),
    N_("The mentor is called %(told)s, without a number by which to know them"),
    N_("The coach is called %(told)s, without a number by which to know them"),
    N_("Several people of the register have the author's number"),
    N_("Several people of the register have the mentor's number"),
    N_("Several people of the register have the coach's number"),
    N_("Nobody in the register has the author's number"),
    N_("Nobody in the register has the mentor's number"),
    N_("Nobody in the register has the coach's number"),
    N_("Who has the author's number was erased, and is in the register no more"),
    N_("Who has the mentor's number was erased, and is in the register no more"),
    N_("Who has the coach's number was erased, and is in the register no more"),
    N_("The mentor was erased: they are entered anew only if you say so."),
    N_("The report calls the author %(told)s, the register %(known)s; look who it is"),
    N_("The report calls the mentor %(told)s, the register %(known)s; look who it is"),
    N_("The report calls the coach %(told)s, the register %(known)s; look who it is"),
    # Figures, webhooks (lrs/reporting.py, lrs/webhooks.py)
    N_("%(id)s is taken apart by %(can)s, not by %(by)s"),
    N_("M5 looks at %(windows)s, not at %(window)s"),
    N_("%(id)s tells nothing by %(word)s; leave it out"),
    N_("There are %(events)s."),
    N_("There is already a tenant %(name)s."),
    N_("It must be one of %(names)s; who left is in the lists of people."),
    N_("Write it as ID=SOURCE; '%(pair)s' has no =."),
    N_("The issuer %(issuer)s with the audience %(audience)s is already trusted."),
    N_("The name %(host)s is not known."),
    N_(
        "%(host)s leads to %(address)s, which is not on the internet;"
        " JEJAK_WEBHOOK_TARGETS=any allows it."
    ),
    N_("This must be an IRI, such as %(example)s."),
    # Hooks, and what admins write as files (lrs/inbound.py, schemas/hooks.py, adapters.py)
    N_("the delivery has no list at %(path)s"),
    N_("'%(text)s' is no mail address"),
    N_("'%(text)s' is no IRI"),
    N_("the event has nothing that can be used at %(places)s"),
    N_("'%(text)s' is no number"),
    N_("'%(text)s' is no moment; send it as 2026-03-12T08:30:00+07:00"),
    N_("'%(text)s' is no day; send it as 2026-03-12"),
    N_("Something in the file must be put in quotation marks: %(why)s."),
    N_("'%(path)s' is no path; write one like tiket.status."),
    N_("'%(iri)s' is no IRI."),
    N_("'{%(place)s}' is no place of an event; write {tiket.nomor}."),
    N_("There is no such member; there are %(names)s."),
    N_("This is no YAML: look at line %(line)s, and mind the indentation."),
    N_("'%(text)s' is no place to look: write one of %(places)s, or the IRI of an extension."),
    N_("'%(iri)s' is no IRI; extensions are named by IRIs."),
    N_(
        "The value of %(iri)s is nothing that JSON can hold, such as a date; put it in"
        " quotation marks."
    ),
    N_("The rule fits every statement there is; say of which, by one of %(names)s."),
    N_("This is only for kinds of %(what)s (%(kinds)s), not for %(kind)s."),
)
"""Whole sentences, by the rooms that make them."""
