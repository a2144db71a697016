"""Persons as the REST door reads them."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load, validate, validates_schema

from policy_service.api.schemas.fields import Past, Strict, Text, Word
from policy_service.domain.people import (
    Address,
    Handle,
    NameKind,
    PersonName,
    PersonRecord,
    RelatedPerson,
    RelatedRole,
)
from policy_service.domain.relation_words import stated_relation
from policy_service.domain.ties import TIE_KINDS

_MOST = validate.Length(max=32)


class NameSchema(Strict):
    """One name a person bears or bore."""

    given = Text()
    family = Text()
    middle = Text()
    suffix = Text(longest=20)
    kind = Word(NameKind)

    @validates_schema
    def _names_somebody(self, parts: dict[str, Any], **_: Any) -> None:
        if not parts.keys() & {"given", "family"}:
            raise ValidationError("Give given, family or both.")

    @post_load
    def _make(self, parts: dict[str, Any], **_: Any) -> PersonName:
        return PersonName(**parts | {"kind": NameKind(parts.get("kind", NameKind.LEGAL))})


class AddressSchema(Strict):
    """A postal address in parts."""

    house = Text(longest=20)
    street = Text()
    unit = Text(longest=100)
    city = Text()
    postcode = Text(longest=20)
    state = Text(longest=40)

    @post_load
    def _make(self, parts: dict[str, Any], **_: Any) -> Address:
        return Address(**parts)


class HandleSchema(Strict):
    """An account name on a platform."""

    platform = Text(longest=30, required=True)
    handle = Text(longest=100, required=True)

    @post_load
    def _make(self, parts: dict[str, Any], **_: Any) -> Handle:
        return Handle(**parts)


class RelatedPersonSchema(Strict):
    """Someone the client names: an emergency contact, a partner, a guardian.

    `relation` is a word of the vocabulary, `relation_text` what somebody typed ("hermano"): words
    that are not known are kept as a relation to be asked about, never as none.
    """

    name = fields.Nested(NameSchema, required=True)
    relation = Word(sorted(TIE_KINDS))
    relation_text = Text(longest=100, load_only=True)
    role = Word(RelatedRole)
    birth_date = Past()
    phone = Text(longest=40)

    @validates_schema
    def _said_once(self, parts: dict[str, Any], **_: Any) -> None:
        if "relation" in parts and "relation_text" in parts:
            raise ValidationError("Give relation or relation_text, not both.", "relation_text")

    @post_load
    def _make(self, parts: dict[str, Any], **_: Any) -> RelatedPerson:
        typed = parts.pop("relation_text", None)
        if typed is not None:
            parts["relation"] = stated_relation(typed)
        return RelatedPerson(**parts | {"role": RelatedRole(parts.get("role", RelatedRole.OTHER))})


class PersonSchema(Strict):
    """Everything by which a person can be recognised; all optional but one name."""

    names = fields.List(
        fields.Nested(NameSchema), required=True, validate=validate.Length(min=1, max=32)
    )
    birth_date = Past()
    sex = Word(("female", "male", "other"))
    phones = fields.List(Text(longest=40), validate=_MOST)
    emails = fields.List(Text(longest=254), validate=_MOST)
    addresses = fields.List(fields.Nested(AddressSchema), validate=_MOST)
    handles = fields.List(fields.Nested(HandleSchema), validate=_MOST)
    company = Text()
    related = fields.List(fields.Nested(RelatedPersonSchema), validate=_MOST)

    @post_load
    def _make(self, parts: dict[str, Any], **_: Any) -> PersonRecord:
        made: dict[str, Any] = {
            name: tuple(part) if isinstance(part, list) else part for name, part in parts.items()
        }
        return PersonRecord(**made)


class WarningSchema(Schema):
    """A value that was kept and that recognition cannot use: a placeholder, or no such thing."""

    pointer = fields.String(required=True)
    detail = fields.String(required=True)
