"""One tree of errors. Every error says what went wrong, with which value, and how to mend it.

    JianweiError
    ├── SettingsError      a setting is missing or has a wrong value
    ├── BadInput           an argument or a request is wrong            (exit status 2, HTTP 422)
    ├── NotFound           unknown to this reader                       (exit status 1, HTTP 404)
    ├── NotPermitted       the action is not allowed for this reader    (exit status 1, HTTP 403)
    ├── ReadError          a file or a response cannot be read
    │   ├── Oversized      it passes a limit of size, pages or time
    │   └── Unreadable     it is damaged, empty or of an unknown format
    ├── FetchError         a source could not be fetched (challenge, robots, address, status)
    ├── StoreError         the store refused or is damaged
    ├── IndexError_        an index is locked, missing or of another generation
    ├── ModelError         an embedding or language model failed
    └── NotBuilt           a part that is not built yet says so plainly
"""

from __future__ import annotations


class JianweiError(Exception):
    """Base of all errors: `what` happened, to which `value`, and the `mend`."""

    def __init__(self, what: str, value: object = "", mend: str = "") -> None:
        self.what, self.value, self.mend = what, str(value), mend
        super().__init__("; ".join(part for part in (what, self.value, mend) if part))

    def record(self) -> dict[str, str]:
        """The error as `{"what", "value", "mend"}`, the form of batch lines and of problem+json."""
        return {"what": self.what, "value": self.value, "mend": self.mend}


class SettingsError(JianweiError):
    """A setting is missing or has a wrong value."""


class BadInput(JianweiError):
    """An argument or a request is wrong."""


class NotFound(JianweiError):
    """Unknown to this reader (what is above the ceiling reads the same way)."""


class NotPermitted(JianweiError):
    """The action is not allowed for this reader."""


class ReadError(JianweiError):
    """A file or a response cannot be read."""


class Oversized(ReadError):
    """A limit of size, pages or time was passed."""


class Unreadable(ReadError):
    """Damaged, empty, or of an unknown format."""


class FetchError(JianweiError):
    """A source could not be fetched."""


class StoreError(JianweiError):
    """The store refused or is damaged."""


class IndexError_(JianweiError):
    """An index is locked, missing or of another generation."""


class ModelError(JianweiError):
    """An embedding or language model failed."""


class NotBuilt(JianweiError):
    """A part that is not built yet."""
