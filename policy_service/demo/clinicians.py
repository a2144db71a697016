"""The clinicians of the demo practice: invented people in several states and licences.

Every one of them but Walter Prine attested today that there is nothing more to disclose.
"""

from __future__ import annotations

NEVER_ATTESTED = "CSP-07"

ROSTER = """\
external_id;given_name;family_name;birth_date;sex;phones;licences;memberships
CSP-01;Marisol;Vegara;1974-03-18;female;512-555-0161;US-TX LPC 2008-06;ACA
CSP-02;Owen;Harlandson;1969-11-02;male;512-555-0162;US-TX LMFT 2001-09;AAMFT
CSP-03;Priyanka;Nairobi-Shah;1982-07-25;female;614-555-0163;US-OH LPCC 2012-01;ACA
CSP-04;Celestine;Duboisson;1979-01-30;female;305-555-0164;US-FL LMHC 2010-04;
CSP-05;Henrik;Solbergson;1966-05-09;male;415-555-0165;US-CA PSYCHOLOGIST 1996-10;APA
CSP-06;Tamsin;Okoyemi;1985-12-12;female;512-555-0166;US-TX LCSW 2013-03;NASW
CSP-07;Walter;Prineham;1958-08-21;male;512-555-0167;US-TX LPC 1990-05;
CSP-08;Noor;Haddadin;1988-02-14;female;614-555-0168;US-OH LISW 2016-07;NASW
CSP-09;Gideon;Marshfield;1993-09-05;male;512-555-0169;US-TX LPC Associate 2024-02;ACA
CSP-10;Lucia;Ferrantino;1971-06-27;female;512-555-0170;US-TX LMFT 2000|US-TX LPC 2004;AAMFT|ACA
"""
"""In the form of docs/roster.md: the demo is imported the way a practice's own files are."""

WITH_CASELOAD = tuple(f"CSP-{number:02d}" for number in range(1, 11))
