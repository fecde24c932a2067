"""Who reads, and up to which security level. Every door makes a Reader; every query takes one."""

from __future__ import annotations

from dataclasses import dataclass

from corpus.errors import NotPermitted

CEILINGS = {"anonymous": 1, "enterprise": 1, "expert": 2, "official": 3, "operator": 4, "auditor": 4, "admin": 1}
"""Default ceiling (数据安全级别上限) of each role."""


@dataclass(frozen=True, slots=True)
class Reader:
    """A person or program with a role and a ceiling 1..4. `grants` are ids of 三级 documents granted by application."""

    user: str
    role: str
    ceiling: int
    grants: frozenset[str] = frozenset()

    def may_read(self, security: int, document_id: str = "") -> bool:
        return security <= self.ceiling or document_id in self.grants

    def require(self, *roles: str) -> None:
        """Raise NotPermitted unless the reader has one of `roles` (the local operator has all)."""
        if self.role != "local" and self.role not in roles:
            raise NotPermitted("this action needs another role", self.role, f"ask for one of: {', '.join(roles)}")


LOCAL = Reader("local", "local", 4)
ANONYMOUS = Reader("anonymous", "anonymous", CEILINGS["anonymous"])
