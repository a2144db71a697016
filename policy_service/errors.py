"""Every way the service says no.

A class is a kind of problem: its slug, status and title never vary. `detail` speaks of this one
occurrence and `errors` of single fields. The doors turn these into RFC 9457 problem documents or
pages; nothing below the doors makes a response. Each slug has a page in docs/problems/.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar


@dataclass(frozen=True)
class FieldError:
    """One field that was refused: where (JSON pointer), why, and what is allowed there."""

    pointer: str
    detail: str
    allowed: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The member of a problem document's `errors`; `allowed` only where there is a list."""
        body: dict[str, Any] = {"pointer": self.pointer, "detail": self.detail}
        if self.allowed:
            body["allowed"] = list(self.allowed)
        return body


class ServiceError(Exception):
    """A refusal with a name. Raise a subclass; catch this one in a door."""

    slug: ClassVar[str]
    status: ClassVar[int]
    title: ClassVar[str]
    usual_detail: ClassVar[str]

    def __init__(self, detail: str | None = None, errors: Sequence[FieldError] = ()) -> None:
        self.detail = detail or self.usual_detail
        self.errors = tuple(errors)
        super().__init__(self.detail)

    @property
    def headers(self) -> Mapping[str, str]:
        """Response headers that HTTP asks for with this status."""
        return {}

    def to_json(self) -> dict[str, Any]:
        """The problem document without `type` and `instance`, which only a door knows."""
        body: dict[str, Any] = {"title": self.title, "status": self.status, "detail": self.detail}
        if self.errors:
            body["errors"] = [error.to_json() for error in self.errors]
        return body


class Malformed(ServiceError):
    """The body is not what its content type says: no field can be named."""

    slug = "malformed"
    status = 400
    title = "The request cannot be read"
    usual_detail = "The request body is not well-formed JSON."


class Unauthenticated(ServiceError):
    """One text for every reason, so that a caller cannot tell a wrong key from an expired one.

    Of a signed token more is told, where it gives nothing of ours away (design/interop-auth.md).
    """

    slug = "unauthenticated"
    status = 401
    title = "Sign in first"
    usual_detail = "No valid credentials came with the request."

    @property
    def headers(self) -> Mapping[str, str]:
        """RFC 9110 §11.6.1: a 401 carries a challenge."""
        return {"WWW-Authenticate": 'Bearer realm="policy_service"'}


class NotAllowed(ServiceError):
    """Known caller, known thing, but not this caller's to do."""

    slug = "not-allowed"
    status = 403
    title = "Not allowed"
    usual_detail = "Your role does not allow this."


class NotFound(ServiceError):
    """Takes no detail: an id of another practice is byte-equal to an id that never existed."""

    slug = "not-found"
    status = 404
    title = "Not found"
    usual_detail = "There is nothing here under that address for you."

    def __init__(self) -> None:
        super().__init__()


class MethodNotAllowed(ServiceError):
    """The address exists and answers to other methods."""

    slug = "method-not-allowed"
    status = 405
    title = "Method not allowed"
    usual_detail = "This address does not answer to that method."

    def __init__(self, allowed: Sequence[str]) -> None:
        self.allowed_methods = tuple(sorted(allowed))
        super().__init__(f"Allowed here: {', '.join(self.allowed_methods)}.")

    @property
    def headers(self) -> Mapping[str, str]:
        """RFC 9110 §15.5.6: a 405 names the allowed methods."""
        return {"Allow": ", ".join(self.allowed_methods)}


class Conflict(ServiceError):
    """Something of that name is already there, or a twin of this request is still running."""

    slug = "conflict"
    status = 409
    title = "Conflicts with what is already stored"
    usual_detail = "The request conflicts with what is already stored."


class StateConflict(ServiceError):
    """The move is not legal from the present state."""

    slug = "state-conflict"
    status = 409
    title = "Not possible in the present state"
    usual_detail = "This step is not possible in the present state."


class Erased(NotFound):
    """It was there, and was erased with its person: nothing is known of them any more."""

    slug = "erased"
    status = 410
    title = "Erased"
    usual_detail = "The person was erased: nothing is known of them here. That is no clear answer."


class Unresolvable(ServiceError):
    """What a question is about can neither be read from the request nor be fetched (CDS Hooks 2.0:
    412); `errors` names each element."""

    slug = "unresolvable"
    status = 412
    title = "What the question is about cannot be found"
    usual_detail = "The patient, or every practitioner, is not known here and cannot be read."


class StaleVersion(ServiceError):
    """Someone else changed it since the caller read it (If-Match)."""

    slug = "stale-version"
    status = 412
    title = "Changed since you read it"
    usual_detail = "It was changed since you read it. Read it again, then decide."


class TooLarge(ServiceError):
    """The body is over the limit; nothing of it was read into storage."""

    slug = "too-large"
    status = 413
    title = "The request is too large"
    usual_detail = "The request body is larger than allowed."

    @classmethod
    def over(cls, limit: int) -> TooLarge:
        """Name the limit, in bytes."""
        return cls(f"The request body is larger than the {limit} bytes allowed here.")


class UnsupportedMediaType(ServiceError):
    """The content type is not one this address reads."""

    slug = "unsupported-media-type"
    status = 415
    title = "Unsupported content type"
    usual_detail = "This address does not read that content type."

    @classmethod
    def only(cls, *allowed: str) -> UnsupportedMediaType:
        """Name the content types that are read here."""
        return cls(f"Allowed content types here: {', '.join(allowed)}.")


class InvalidRequest(ServiceError):
    """Readable, but fields are missing or wrong; `errors` names each by JSON pointer."""

    slug = "invalid-request"
    status = 422
    title = "The request is not valid"
    usual_detail = "One or more fields are not valid. Nothing was stored."


class FileNotReadable(ServiceError):
    """No contact can be read from an uploaded file, or too many; nothing was stored."""

    slug = "file-not-readable"
    status = 422
    title = "No contacts can be read from the file"
    usual_detail = "No contacts can be read from the file. Nothing was stored."


class PackRefused(ServiceError):
    """A pack that may not be used; `errors` name the file and line, or the rule, of each fault."""

    slug = "pack-refused"
    status = 422
    title = "The pack is not valid"
    usual_detail = "The pack has a fault. It was not stored, and the packs in use stay."


class IdempotencyMismatch(ServiceError):
    """The key was used before with another body."""

    slug = "idempotency-mismatch"
    status = 422
    title = "Idempotency key used for another request"
    usual_detail = "That Idempotency-Key was already used with another body. Use a new key."


class _Later(ServiceError):
    """Worth trying again, after `retry_after` seconds."""

    def __init__(self, detail: str | None = None, retry_after: int = 1) -> None:
        self.retry_after = retry_after
        super().__init__(detail)

    @property
    def headers(self) -> Mapping[str, str]:
        """RFC 9110 §10.2.3, in whole seconds."""
        return {"Retry-After": str(self.retry_after)}


class TooManyRequests(_Later):
    """The caller's own limit is used up."""

    slug = "too-many-requests"
    status = 429
    title = "Too many requests"
    usual_detail = "The limit for this caller is used up for the moment."


class NotReady(_Later):
    """No record can be written now, therefore no answer is given (promise 2)."""

    slug = "not-ready"
    status = 503
    title = "Not ready"
    usual_detail = "The service cannot keep a record at the moment, so it gives no answer."


class LogContradicted(NotReady):
    """The audit log contradicts a head of it that is known outside: nothing may be appended."""

    slug = "log-contradicted"
    title = "The audit log went backwards or was changed"
    usual_detail = (
        "The audit log in the database contradicts the head that was published outside it. Nothing "
        "is recorded, and so no answer is given, until an officer has resolved it."
    )


class InternalError(ServiceError):
    """A fault of ours. It says nothing of what went wrong: that stands in the service's own log."""

    slug = "internal-error"
    status = 500
    title = "A fault of the service"
    usual_detail = "Something went wrong here. Nothing was stored by this request."


PROBLEMS: tuple[type[ServiceError], ...] = (
    Malformed,
    Unauthenticated,
    NotAllowed,
    NotFound,
    MethodNotAllowed,
    Conflict,
    StateConflict,
    Erased,
    Unresolvable,
    StaleVersion,
    TooLarge,
    UnsupportedMediaType,
    InvalidRequest,
    FileNotReadable,
    PackRefused,
    IdempotencyMismatch,
    TooManyRequests,
    NotReady,
    LogContradicted,
    InternalError,
)
