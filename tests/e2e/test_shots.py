from policy_service.domain.principals import Role
from policy_service.domain.ties import TIE_KINDS
from tests.cast import person, TOMAS
from tests.console.office import *
from policy_service.services.disclosures import DisclosureForm, disclose


def test_shots(site):
    w = site.world
    add_login(w, "olga", Role.COMPLIANCE, Role.ADMIN)
    add_login(w, "paul", Role.APPROVER)
    add_login(w, "alma", Role.CLINICIAN, clinician_id=w.ids["alma"])
    with w.writing() as c:
        disclose(c, DisclosureForm(w.ids["ben"], "ex_partner", EX))
        disclose(
            c,
            DisclosureForm(
                w.ids["ben"],
                "FRND",
                person("Ines", "Falk", "1970-02-02", phones=("+1 512 555 0177",)),
            ),
        )
    open_case(w)
    case = open_case(w, "ben", EX)
    check(w, "ben", person("Ines", "Falck", "1970-02-02", phones=("+1 512 555 0177",)))
    p = site.sign_in("olga@example.org")
    import os

    def shot(path, name):
        p.goto(site.url + path)
        p.screenshot(path=f"/tmp/shots/{name}.png", full_page=True)

    os.makedirs("/tmp/shots", exist_ok=True)
    shot("/console/cases", "queue")
    shot(f"/console/cases/{case}", "case")
    shot("/console/audit", "audit")
    shot("/console/identity", "identity")
    shot("/console/accounts", "accounts")
    shot("/console/duties", "duties")
    p = site.sign_in("alma@example.org")
    shot("/console/me", "own")
    shot("/console/me/disclose", "disclose")
    p = site.visitor()
    shot("/console/login", "login")
