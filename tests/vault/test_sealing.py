"""A sealed value opens in its place under its key, and nowhere else, and not when touched."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy_service.vault.errors import KeyNotHeld, SealBroken
from policy_service.vault.keys import Key, KeyRing, Purpose
from policy_service.vault.sealing import (
    ChainKeys,
    ChainOpener,
    Opener,
    Place,
    key_id_of,
    needs_rewrap,
    open_sealed,
    seal,
    unwrap,
    wrap,
)

PRACTICE_KEY = Key(bytes(range(32)))
FIELD_KEY = PRACTICE_KEY.derive(Purpose.FIELD)
HERE = Place("fern", "disclosure", "note", "17")
places = st.builds(Place, st.text(), st.text(), st.text(), st.text()).filter(
    lambda place: not any("\ud800" <= char <= "\udfff" for part in place for char in part)
)
# Sealed once under FIELD_KEY at HERE; opens for ever.
GOLDEN_SEALED = bytes.fromhex(
    "01c0b78256e70a6e6f04c8448e6d6323b78e45fb54801ca28205a15daecce0508f35e5a7f7301d33"
    "3b70f27d0c8d9f2cf405d348dfa44f24e8e440587adb006bd9aa3dd2e472c738aa2f7cfad00581a1"
    "f31ddc28c3aa12edf1a7c5fc9c6de2f8df02f530c5"
)


def test_a_value_sealed_by_the_first_release_still_opens():
    assert open_sealed(FIELD_KEY, GOLDEN_SEALED, HERE) == b"a note, sealed in 2026"


@given(st.binary(max_size=400), places)
def test_what_is_sealed_opens_in_its_place(plaintext, place):
    assert open_sealed(FIELD_KEY, seal(FIELD_KEY, plaintext, place), place) == plaintext


@given(st.binary(max_size=200), places, places)
def test_a_value_moved_to_another_place_does_not_open(plaintext, place, other):
    sealed = seal(FIELD_KEY, plaintext, place)
    if place != other:
        with pytest.raises(SealBroken, match="altered or moved"):
            open_sealed(FIELD_KEY, sealed, other)


@pytest.mark.parametrize("field", Place._fields)
def test_each_part_of_the_place_binds(field):
    sealed = seal(FIELD_KEY, b"note", HERE)
    with pytest.raises(SealBroken, match="altered or moved"):
        open_sealed(FIELD_KEY, sealed, HERE._replace(**{field: "other"}))


def test_parts_of_the_place_cannot_shift_into_each_other():
    sealed = seal(FIELD_KEY, b"note", ("ab", "c"))
    for other in (("a", "bc"), ("abc",), ("ab", "c", ""), ("", "ab", "c"), ("ab|c",)):
        with pytest.raises(SealBroken):
            open_sealed(FIELD_KEY, sealed, other)


def test_two_swapped_ciphertexts_are_both_refused():
    there = HERE._replace(row="18")
    one, two = seal(FIELD_KEY, b"one", HERE), seal(FIELD_KEY, b"two", there)
    assert open_sealed(FIELD_KEY, one, HERE) == b"one"  # control
    for sealed, place in ((two, HERE), (one, there)):
        with pytest.raises(SealBroken):
            open_sealed(FIELD_KEY, sealed, place)


def test_any_flipped_bit_is_refused():
    sealed = seal(FIELD_KEY, b"a note", HERE)
    for at in range(len(sealed)):
        for bit in range(8):
            broken = sealed[:at] + bytes([sealed[at] ^ 1 << bit]) + sealed[at + 1 :]
            with pytest.raises(SealBroken):
                open_sealed(FIELD_KEY, broken, HERE)


def test_a_value_cut_short_or_lengthened_is_refused():
    sealed = seal(FIELD_KEY, b"a note", HERE)
    for broken in (*(sealed[:length] for length in range(len(sealed))), sealed + b"\x00"):
        with pytest.raises(SealBroken):
            open_sealed(FIELD_KEY, broken, HERE)


def test_another_purpose_or_another_practice_key_does_not_open():
    sealed = seal(FIELD_KEY, b"note", HERE)
    for key in (PRACTICE_KEY.derive(Purpose.TIE), Key(bytes(32)).derive(Purpose.FIELD)):
        with pytest.raises(KeyNotHeld, match=FIELD_KEY.id.hex()):
            open_sealed(key, sealed, HERE)


def test_the_same_text_is_never_sealed_to_the_same_bytes():
    assert len({seal(FIELD_KEY, b"note", HERE) for _ in range(100)}) == 100


def test_the_length_does_not_tell_which_short_value_was_sealed():
    kinds = [b"friend", b"ex_partner", b"sibling", b"business_partner", b""]
    assert len({len(seal(FIELD_KEY, kind, HERE)) for kind in kinds}) == 1


@pytest.mark.parametrize(("length", "blocks"), [(0, 1), (63, 1), (64, 2), (127, 2), (128, 3)])
def test_the_layout_is_header_nonce_blocks_and_tag(length, blocks):
    sealed = seal(FIELD_KEY, bytes(length), HERE)
    assert len(sealed) == 1 + 8 + 12 + 64 * blocks + 16
    assert sealed[:1] == b"\x01"
    assert key_id_of(sealed) == sealed[1:9] == FIELD_KEY.id


@given(st.binary(max_size=130).map(lambda head: head + b"\x80\x00\x00"))
def test_plaintext_that_looks_like_padding_comes_back_whole(plaintext):
    assert open_sealed(FIELD_KEY, seal(FIELD_KEY, plaintext, HERE), HERE) == plaintext


def test_a_value_must_be_bound_to_a_place():
    with pytest.raises(SealBroken, match="bound to a place"):
        seal(FIELD_KEY, b"note", ())


KEK = Key(bytes([7]) * 32)
WRAPPED_AT = Place("fern", "practice_key", "wrapped", "fern")


def test_the_chain_of_keys_unwraps_from_kek_to_practice_to_person():
    practice, person = Key.generate(), Key.generate()
    wrapped_practice = wrap(practice, KEK, WRAPPED_AT)
    at = Place("fern", "person_key", "wrapped", "person 4")
    wrapped_person = wrap(person, practice, at)
    again = unwrap(wrapped_practice, KEK, WRAPPED_AT)
    assert again == practice
    assert unwrap(wrapped_person, again, at) == person


def test_a_wrapped_key_moved_to_another_person_does_not_unwrap():
    at, other = (
        Place("fern", "person_key", "wrapped", "4"),
        Place("fern", "person_key", "wrapped", "5"),
    )
    wrapped = wrap(Key.generate(), PRACTICE_KEY, at)
    unwrap(wrapped, PRACTICE_KEY, at)
    with pytest.raises(SealBroken, match="moved"):
        unwrap(wrapped, PRACTICE_KEY, other)


def test_a_sealed_field_cannot_be_taken_for_a_wrapped_key():
    sealed = seal(FIELD_KEY, bytes(32), WRAPPED_AT)
    with pytest.raises(KeyNotHeld):
        unwrap(sealed, PRACTICE_KEY, WRAPPED_AT)


def test_rotation_reads_old_wraps_writes_new_ones_and_says_which_remain():
    old, new, practice = KEK, Key.generate(), Key.generate()
    wrapped = wrap(practice, KeyRing(old), WRAPPED_AT)
    rotating = KeyRing(new, (old,))
    assert unwrap(wrapped, rotating, WRAPPED_AT) == practice
    assert needs_rewrap(wrapped, rotating)
    rewrapped = wrap(practice, rotating, WRAPPED_AT)
    assert not needs_rewrap(rewrapped, rotating)
    assert unwrap(rewrapped, KeyRing(new), WRAPPED_AT) == practice
    with pytest.raises(KeyNotHeld):
        unwrap(wrapped, KeyRing(new), WRAPPED_AT)


def test_sealed_fields_are_read_under_the_older_key_while_rotating():
    old, new = Key.generate(), Key.generate()
    sealed = seal(old.derive(Purpose.FIELD), b"note", HERE)
    keys = KeyRing(new, (old,)).derive(Purpose.FIELD)
    assert open_sealed(keys, sealed, HERE) == b"note"


def test_destroying_a_persons_key_makes_the_record_unreadable():
    person = Key.generate()
    sealed = seal(person.derive(Purpose.PERSON), b"record", HERE)
    with pytest.raises(KeyNotHeld):
        open_sealed([], sealed, HERE)
    with pytest.raises(KeyNotHeld):
        open_sealed(Key.generate().derive(Purpose.PERSON), sealed, HERE)


COLUMN = ("practice-a", "decision", "facts")


@given(plaintext=st.binary(max_size=200))
def test_an_opener_opens_what_was_sealed_in_its_column_and_row(plaintext):
    key = Key.generate().derive(Purpose.FIELD)
    sealed = seal(key, plaintext, (*COLUMN, "row-1"))
    assert Opener(key, COLUMN).open(sealed, "row-1") == plaintext


def test_an_opener_refuses_another_row_column_byte_and_key():
    key = Key.generate().derive(Purpose.FIELD)
    sealed = seal(key, b"facts", (*COLUMN, "row-1"))
    opener = Opener(key, COLUMN)
    with pytest.raises(SealBroken):
        opener.open(sealed, "row-2")
    with pytest.raises(SealBroken):
        Opener(key, ("practice-a", "decision", "body")).open(sealed, "row-1")
    with pytest.raises(SealBroken):
        opener.open(sealed[:-1] + bytes([sealed[-1] ^ 1]), "row-1")
    with pytest.raises(KeyNotHeld):
        Opener(Key.generate().derive(Purpose.FIELD), COLUMN).open(sealed, "row-1")


@given(st.binary(max_size=200))
def test_a_chain_opener_opens_what_each_person_sealed(plaintext):
    practice, person = Key(bytes(range(32))), Key.generate()
    wrapped = wrap(person, practice, ("elm", "person_key", "wrapped", "p1"))
    sealed = seal(person.derive(Purpose.PERSON), plaintext, ("elm", "person", "sealed", "p1"))
    assert _chain(practice).open(wrapped, sealed, "p1") == plaintext


def test_a_chain_opener_refuses_another_persons_row_key_or_value():
    practice, anna, bea = Key(bytes(range(32))), Key.generate(), Key.generate()
    wraps = {
        name: wrap(key, practice, ("elm", "person_key", "wrapped", name))
        for name, key in (("anna", anna), ("bea", bea))
    }
    sealed = seal(anna.derive(Purpose.PERSON), b"Anna", ("elm", "person", "sealed", "anna"))
    chain = _chain(practice)
    assert chain.open(wraps["anna"], sealed, "anna") == b"Anna"
    for wrapped, value, row in (
        (wraps["bea"], sealed, "anna"),
        (wraps["anna"], sealed, "bea"),
        (wraps["anna"], sealed[:-1], "anna"),
        (wraps["anna"], b"", "anna"),
        (wraps["bea"], sealed, "bea"),
    ):
        with pytest.raises(SealBroken):
            chain.open(wrapped, value, row)
    with pytest.raises(KeyNotHeld):
        _chain(Key.generate()).open(wraps["anna"], sealed, "anna")


def _chain(practice):
    wrapped = ("elm", "person_key", "wrapped")
    keys = ChainKeys(practice.derive(Purpose.WRAP), wrapped, Purpose.PERSON)
    return ChainOpener(keys, ("elm", "person", "sealed"))
