"""How a rule page says a fact, its words and its days. Sentences start without a capital letter."""

from __future__ import annotations

from collections.abc import Iterable
from string import Formatter

from policy_service.domain.facts import Between, Fact, FactType, Known, On, OneOf, Unknown
from policy_service.domain.vocabulary import VOCABULARY
from policy_service.policy.render import word_in_words

_IS = {
    "purpose": "the check is made for {}",
    "client_status": "to this clinician the person is a {} client",
    "service": "care is {}",
    "termination_reason": "the reason given for the end of care is {}",
    "practice_client_status": "to this practice the person is a {} client",
    "event_kind": "the event is of the kind {}",
    "event_direction": "who began it, or gave, is {}",
    "event_party": "it happened with {}",
    "event_amount": "the event is worth {}",
    "gift_total": "all gifts between the two are worth {}",
    "personal_connection": "the connection through a personal or mixed account is {}",
    "professional_connection": "the connection through a professional account is {}",
    "tie": "the clinician's tie is {}",
    "tie_degree": "the degree of kinship is {}",
    "tie_state": "the tie is {}",
    "tie_via": "the tie is to {}",
}
_YES_NO = {
    "clinician_knows_practice_client": (
        "the clinician does not know that the person is a client here",
        "the clinician knows that the person is a client here",
    ),
    "linked_clients": (
        "no two clients in this care are related or partners",
        "two clients in this care are related or partners",
    ),
    "loan_recorded": (
        "neither has lent the other anything",
        "one of the two has lent the other something",
    ),
    "dependence_or_deception": (
        "the client was neither dependent on the clinician nor deceived when contact began",
        "the client was dependent on the clinician, or deceived, when contact began",
    ),
    "intimacy_before_care": (
        "there was no sexual or romantic contact before care",
        "there was sexual or romantic contact before care",
    ),
    "intimacy_during_care": (
        "there was no sexual or romantic contact during care",
        "there was sexual or romantic contact during care",
    ),
    "intimacy_after_care": (
        "there was no sexual or romantic contact after care",
        "there was sexual or romantic contact after care",
    ),
}
_HAPPENED = {
    "as_of": "the check is made",
    "care_began_on": "care began",
    "last_professional_contact_on": "the last professional contact was",
    "relationship_ended_on": "the professional relationship ended",
    "terminated_on": "care was formally terminated",
    "event_on": "the event took place",
    "intimacy_after_care_began_on": "the contact after care began",
    "tie_began_on": "the tie began",
    "tie_ended_on": "the tie ended",
}
_CLIENTS = {
    "self": "the client",
    "partner": "the client's partner",
    "relative": "the client's relative",
    "guardian": "the client's guardian",
    "ex_partner": "the client's former partner",
    "friend": "the client's friend",
    "other": "someone further from the client",
}
_WORDS = {
    "service": {"beginning": "about to begin", "ongoing": "going on", "ended": "over"},
    "event_direction": {
        "clinician_to_client": "the clinician",
        "client_to_clinician": "the client",
        "mutual": "both",
    },
    "event_party": {
        "client": "the client",
        "partner_of_client": "the client's partner",
        "relative_of_client": "the client's relative",
        "guardian_of_client": "the client's guardian",
        "not_applicable": "nobody named",
    },
    "tie_via": _CLIENTS,
}


def value_in_words(fact: str, value: str | int) -> str:
    """One value of a fact: "the client's partner", "50.00 dollars"."""
    if isinstance(value, str):
        return _WORDS.get(fact, {}).get(value) or word_in_words(value)
    if VOCABULARY[fact].type is FactType.AMOUNT:
        return f"{value // 100}.{value % 100:02d} dollars"
    return str(value)


def words_in_words(fact: str, words: Iterable[str], last: str = "or") -> str:
    """Several words of a fact in the vocabulary's order: "friend, guardian or relative"."""
    order = VOCABULARY[fact].values
    said = [value_in_words(fact, word) for word in sorted(words, key=order.index)]
    return said[0] if len(said) == 1 else f"{', '.join(said[:-1])} {last} {said[-1]}"


def some_words(fact: str, words: frozenset[str]) -> str:
    """The words, or "anything but" those left out where that is much shorter."""
    rest = frozenset(VOCABULARY[fact].values) - words
    if rest and len(rest) * 3 < len(words):
        return f"anything but {words_in_words(fact, rest)}"
    return words_in_words(fact, words)


def is_any_of(fact: str, words: tuple[str, ...], *, but: bool = False) -> str:
    """ "the clinician's tie is friend or relative"; with `but`, anything but these."""
    if fact in _YES_NO and len(words) == 1 and words[0] in ("no", "yes"):
        return _YES_NO[fact][(words[0] == "yes") != but]
    said = words_in_words(fact, words)
    return is_so(fact, f"anything but {said}" if but else said)


def is_so(fact: str, demanded: str) -> str:
    """ "the degree of kinship is less than 3"; a fact without a phrase is said by its name."""
    if fact in _HAPPENED:
        return f"the day on which {_HAPPENED[fact]} is {demanded}"
    return _IS.get(fact, f"{word_in_words(fact)} is {{}}").format(demanded)


def happened(date_fact: str, when: str) -> str:
    """ "the tie began less than 2 years after care ended"."""
    return f"{_HAPPENED.get(date_fact, word_in_words(date_fact))} {when}"


def fact_in_words(name: str, fact: Fact) -> str:
    """What a test is given: a value, alternatives, an interval, or that and why it is unknown."""
    match fact:
        case Known(value):
            return value_in_words(name, value)
        case OneOf(words, _):
            return some_words(name, words)
        case Between(low, high, _):
            return f"between {value_in_words(name, low)} and {value_in_words(name, high)}"
        case On(when, _):
            return when.text
        case Unknown(why):
            return f"unknown ({word_in_words(why.value)})"


def because_in_words(template: str) -> str:
    """The sentence of a finding with the names of the facts it fills in, in angle brackets."""
    said = (
        (text, name and word_in_words(name)) for text, name, _, _ in Formatter().parse(template)
    )
    return "".join(f"{text}‹{name}›" if name else text for text, name in said)
