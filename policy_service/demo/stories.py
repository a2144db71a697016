"""The told stories of the demo practice: a dozen and more, each ending otherwise.

Every person, address, number and handle is invented; telephone numbers are of the range reserved
for fiction. A test tells all of them and checks the ending each names.
"""

from __future__ import annotations

from dataclasses import replace

from policy_service.demo.story_form import (
    Beyond,
    Care,
    Ending,
    Happening,
    Link,
    Story,
    Tie,
)
from policy_service.domain.accounts import AccountKind
from policy_service.domain.outcomes import Outcome
from policy_service.domain.people import (
    Address,
    Handle,
    PersonName,
    PersonRecord,
    RelatedPerson,
    RelatedRole,
)
from policy_service.domain.principals import ActingRole
from policy_service.domain.standings import Advice, Standing

TEXAS_LPC, MFT, OHIO, FLORIDA, PSYCHOLOGIST = "CSP-01", "CSP-02", "CSP-03", "CSP-04", "CSP-05"
SOCIAL_WORKER, NEVER_ATTESTED, OHIO_SOCIAL_WORKER = "CSP-06", "CSP-07", "CSP-08"


def _person(name: str, birth_date: str, sex: str, phone: str) -> PersonRecord:
    given, _, family = name.partition(" ")
    return PersonRecord(
        names=(PersonName(given, family),),
        birth_date=birth_date,
        sex=sex,
        phones=(phone,),
        emails=(f"{given}.{family}@example.net".lower(),),
    )


BROTHER = _person("Anselm Nairobi-Shah", "1986-04-03", "male", "614-555-0171")
SISTER = _person("Yasmin Haddadin", "1985-10-19", "female", "614-555-0172")
SISTERS_EX = _person("Corwin Tremblaye", "1983-01-27", "male", "614-555-0173")
EX_PARTNER = replace(
    _person("Rafael Quintanar", "1972-08-09", "male", "512-555-0174"),
    addresses=(Address("88", "Juniper Hollow", "", "Austin", "78745", "TX"),),
)
RETURNING = _person("Delphine Aubrac", "1981-05-16", "female", "512-555-0175")
RETURNING_APA = _person("Iolanthe Breckner", "1977-12-01", "female", "415-555-0176")
RETURNING_NASW = _person("Casimir Wolanski", "1990-03-22", "male", "512-555-0177")
FACEBOOK_FRIEND = _person("Jorunn Ostervik", "1995-07-07", "female", "512-555-0178")
FOLLOWER = _person("Leopold Anstey", "1987-09-13", "male", "512-555-0179")
GIVER = _person("Philippa Dunmore", "1949-02-28", "female", "512-555-0180")
STRANGER_ONE = _person("Emeka Nwachukwu", "1992-06-06", "male", "512-555-0181")
STRANGER_TWO = _person("Saskia Vandermolen", "1984-11-11", "female", "512-555-0182")
EX_MAIDEN = PersonRecord(names=(PersonName("Margarete", "Lindqvist"),), birth_date="1968")
EX_TODAY = PersonRecord(
    names=(PersonName("Margarete", "Lindqvist"),),
    birth_date="1968-10-04",
    sex="female",
    emails=("m.lindqvist@example.net",),
)
HARMED = _person("Bronwen Castellane", "1998-04-24", "female", "512-555-0183")
CRISIS = _person("Thaddeus Merriwether", "1976-01-15", "male", "305-555-0184")
NEIGHBOURLY = _person("Ottoline Graves", "1963-08-30", "female", "305-555-0185")
FLORIDIAN = _person("Balthazar Quill", "1989-05-05", "male", "305-555-0186")
GUARDIAN = _person("Ingeborg Falkenrath", "1980-02-02", "female", "614-555-0187")
MINOR = replace(
    _person("Tobias Falkenrath", "2013-09-09", "male", "614-555-0188"),
    related=(
        RelatedPerson(
            PersonName("Ingeborg", "Falkenrath"),
            "MTH",
            RelatedRole.GUARDIAN,
            birth_date="1980-02-02",
            phone="614-555-0187",
        ),
    ),
)
TELLER = _person("Rosalind Achterberg", "1991-12-20", "female", "614-555-0189")

STORIES: tuple[Story, ...] = (
    Story(
        "brother",
        "Her brother books with Priyanka in Ohio: not barred, but it needs thinking on paper.",
        OHIO,
        BROTHER,
        Ending(Outcome.DELIBERATE, Outcome.DELIBERATE, rule="us-oh-cswmft."),
        location="US-OH",
        tie=Tie("BRO", BROTHER),
    ),
    Story(
        "sisters-ex-husband",
        "The former husband of Noor's sister asks for her: two steps away, and still a question.",
        OHIO_SOCIAL_WORKER,
        SISTERS_EX,
        Ending(Outcome.DELIBERATE, Outcome.DELIBERATE, rule="baseline.ties."),
        location="US-OH",
        tie=Tie("SIS", SISTER, beyond=Beyond("FMRSPS", SISTERS_EX, is_ended=True)),
    ),
    Story(
        "ex-partner",
        "Rafael and Marisol parted years ago; now he is on her intake list.",
        TEXAS_LPC,
        EX_PARTNER,
        Ending(Outcome.PROHIBIT, Outcome.PROHIBIT, rule="aca.", not_waivable=True),
        tie=Tie("ex_partner", EX_PARTNER, since=190, until=150),
    ),
    Story(
        "friend-returns-texas",
        "Delphine ended care, became Marisol's friend, and wants to come back: Texas says no.",
        TEXAS_LPC,
        RETURNING,
        Ending(Outcome.PROHIBIT, Outcome.PROHIBIT, rule="us-tx-lpc.681-38d"),
        purpose="re_enrolment",
        care=Care(began=70, ended=50),
        tie=Tie("FRND", RETURNING, since=20),
    ),
    Story(
        "friend-returns-psychologist",
        "The same return to a psychologist in California: to be deliberated, not barred.",
        PSYCHOLOGIST,
        RETURNING_APA,
        Ending(Outcome.DELIBERATE, Outcome.DELIBERATE, rule="apa.3-05a", complete=False),
        purpose="re_enrolment",
        location="US-CA",
        care=Care(began=80, ended=60),
        tie=Tie("FRND", RETURNING_APA, since=24),
    ),
    Story(
        "friend-returns-social-worker",
        "The same return to a social worker: her code asks who could be harmed.",
        SOCIAL_WORKER,
        RETURNING_NASW,
        Ending(Outcome.DELIBERATE, Outcome.DELIBERATE, rule="nasw.1-06c", complete=False),
        purpose="re_enrolment",
        care=Care(began=64, ended=40),
        tie=Tie("FRND", RETURNING_NASW, since=18),
    ),
    Story(
        "personal-account",
        "Owen's private profile is friends with a client he sees every week.",
        MFT,
        replace(FACEBOOK_FRIEND, handles=(Handle("facebook", "jorunn.ostervik"),)),
        Ending(Outcome.DELIBERATE, Outcome.DELIBERATE, rule="baseline.accounts."),
        purpose="session",
        care=Care(began=9),
        link=Link(AccountKind.PERSONAL, "facebook", "owen.h.private", "jorunn.ostervik"),
    ),
    Story(
        "professional-account",
        "A client follows Owen's practice page: recorded with advice, and no case.",
        MFT,
        replace(FOLLOWER, handles=(Handle("linkedin", "leopold-anstey"),)),
        Ending(Outcome.ADVISE, Outcome.ADVISE, Standing.NONE, rule="baseline.accounts."),
        purpose="session",
        care=Care(began=9),
        link=Link(AccountKind.PROFESSIONAL, "linkedin", "harlandson-therapy", "leopold-anstey"),
    ),
    Story(
        "gifts-add-up",
        "A scarf, then a fountain pen: together Philippa's gifts pass the fifty dollars of Texas.",
        TEXAS_LPC,
        GIVER,
        Ending(Outcome.PROHIBIT, Outcome.PROHIBIT, rule="us-tx-lpc.681-38d.gifts"),
        purpose="event",
        care=Care(began=14),
        events=(
            Happening("gift", "client_to_clinician", 4, 3500),
            Happening("gift", "client_to_clinician", 0, 2500),
        ),
    ),
    Story(
        "never-attested",
        "Walter never said whether he knows anybody: the answer is incomplete and says it.",
        NEVER_ATTESTED,
        STRANGER_ONE,
        Ending(Outcome.ADVISE, Outcome.PROHIBIT, Standing.NONE, complete=False),
    ),
    Story(
        "stranger",
        "Marisol attested, the client is a stranger: no rule matches, and the answer is complete.",
        TEXAS_LPC,
        STRANGER_TWO,
        Ending(Outcome.NO_FINDING, Outcome.NO_FINDING, Standing.NONE),
    ),
    Story(
        "perhaps-the-ex",
        "Someone with the name and birth year of Owen's former partner: who is she?",
        MFT,
        EX_TODAY,
        Ending(Outcome.DELIBERATE, Outcome.PROHIBIT, rule="baseline.intimacy.", complete=False),
        tie=Tie("ex_partner", EX_MAIDEN, since=320, until=300),
    ),
    Story(
        "sexual-contact",
        "Sexual contact with a client in care is reported: prohibited, and nobody can lift it.",
        MFT,
        HARMED,
        Ending(
            Outcome.PROHIBIT, Outcome.PROHIBIT, rule="baseline.intimacy.event", not_waivable=True
        ),
        purpose="event",
        care=Care(began=12),
        events=(Happening("sexual_contact", "mutual", 1, stated_by="client"),),
    ),
    Story(
        "emergency",
        "An old friend of Celestine's in a crisis at night: proceed, and the question is queued.",
        FLORIDA,
        CRISIS,
        Ending(Outcome.DELIBERATE, Outcome.DELIBERATE, advice=Advice.PROCEED),
        purpose="emergency",
        location="US-FL",
        tie=Tie("FRND", CRISIS, since=200),
        asked_by=ActingRole.INTAKE,
    ),
    Story(
        "accepted-with-conditions",
        "Ottoline and Celestine own a shop together; an officer thought it over and said how.",
        FLORIDA,
        NEIGHBOURLY,
        Ending(
            Outcome.DELIBERATE,
            Outcome.DELIBERATE,
            Standing.ACCEPTED_WITH_CONDITIONS,
            rule="baseline.ties.",
        ),
        location="US-FL",
        tie=Tie("business_partner", NEIGHBOURLY, since=30),
        is_accepted=True,
    ),
    Story(
        "no-pack",
        "New York has no pack here yet: nothing found, and the answer says who was not asked.",
        FLORIDA,
        FLORIDIAN,
        Ending(Outcome.NO_FINDING, Outcome.NO_FINDING, Standing.NONE, complete=False),
        location="US-NY",
    ),
    Story(
        "guardian-is-a-friend",
        "The boy is a stranger; his mother and guardian is Priyanka's friend.",
        OHIO,
        MINOR,
        Ending(Outcome.DELIBERATE, Outcome.DELIBERATE, rule="baseline.ties."),
        location="US-OH",
        tie=Tie("FRND", GUARDIAN, since=60),
    ),
    Story(
        "reported-misconduct",
        "Rosalind tells of misconduct by an earlier therapist: to be recorded and followed up.",
        OHIO_SOCIAL_WORKER,
        TELLER,
        Ending(
            Outcome.MONITOR,
            Outcome.MONITOR,
            Standing.NONE,
            rule="baseline.events.reported",
            complete=False,
        ),
        purpose="event",
        location="US-OH",
        care=Care(began=3),
        events=(
            Happening("reported_prior_misconduct", "client_to_clinician", 0, stated_by="client"),
        ),
    ),
)
BY_NAME = {story.name: story for story in STORIES}
