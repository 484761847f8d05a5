"""The field matrix: which role sees, opens and changes which field of a member's file.

``fields.csv`` has a line for each field and a column for each role, and one for the member
themselves (``oneself``). A cell has letters: ``r`` is shown; ``m`` is shown masked or coarse;
``o`` may be opened for a purpose that the audit keeps; ``w`` may be changed; ``-`` nothing. What
somebody may do with a file is what their roles may whose jurisdiction holds that person.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from api.access.authority import AuthorityError, authority
from api.access.errors import FieldsNotAllowedError
from data.accounts.grants import ROLES
from data.records.finding import codes_within
from data.store.scope import Scope

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sqlalchemy.orm import Session

    from api.access.actor import Access

FILE: Final = Path(__file__).with_name("fields.csv")
ONESELF: Final = "oneself"
COLUMNS: Final = (ONESELF, *ROLES)
_LETTERS: Final = frozenset("rmow")


@dataclass(frozen=True, slots=True)
class Rights:
    """What may be done with each field of a file; field → letters."""

    letters: Mapping[str, frozenset[str]]

    def sees(self, field: str) -> bool:
        """Return whether a field is shown, be it masked."""
        return bool(self.letters[field] & {"r", "m"})

    def require(self, letter: str, fields: Iterable[str]) -> None:
        """Refuse fields that may not be opened (``o``), changed (``w``) or seen (``r``).

        Raises
        ------
        FieldsNotAllowedError
        """
        wanted = {letter, "m"} if letter == "r" else {letter}
        refused = sorted(name for name in fields if not self.letters[name] & wanted)
        if refused:
            raise FieldsNotAllowedError(refused)

    @property
    def hidden(self) -> tuple[str, ...]:
        """The fields that are not shown at all."""
        return tuple(name for name in self.letters if not self.sees(name))


@cache
def field_matrix() -> Mapping[str, Mapping[str, frozenset[str]]]:
    """Read the matrix, once: field → column → letters.

    Raises
    ------
    AuthorityError
        Naming the first line that cannot be used.
    """
    matrix: dict[str, dict[str, frozenset[str]]] = {}
    with FILE.open(encoding="utf-8", newline="") as file:
        for number, line in enumerate(csv.DictReader(file), start=2):
            field = line.pop("field")
            cells = {column: frozenset(text) - {"-"} for column, text in line.items()}
            if field in matrix or tuple(sorted(cells)) != tuple(sorted(COLUMNS)):
                raise AuthorityError(f"{FILE.name}:{number}: expected each field and role once.")
            if wrong := [text for text in line.values() if frozenset(text) - _LETTERS - {"-"}]:
                raise AuthorityError(f"{FILE.name}:{number}: expected letters rmow, got {wrong}.")
            matrix[field] = cells
    return matrix


@cache
def rights_of(columns: frozenset[str]) -> Rights:
    """Return the rights of roles taken together."""
    matrix = field_matrix()
    return Rights(
        {
            field: frozenset().union(*(cells[column] for column in columns))
            for field, cells in matrix.items()
        }
    )


def search_rights(access: Access) -> Rights:
    """Return by which fields somebody may search: those that each of their roles shows."""
    all_of_them = [rights_of(frozenset({role})) for role in sorted(access.roles)]
    return Rights(
        {
            field: frozenset("r" if all(one.sees(field) for one in all_of_them) else "")
            for field in field_matrix()
        }
    )


def rights_over(
    session: Session, access: Access, codes: Iterable[str], *, together: bool = False
) -> dict[str, Rights]:
    """Return the rights over each person of a list, by the roles whose scope holds them.

    Parameters
    ----------
    together : bool
        The list is of a team that the reader may see: all their roles count for everybody in it.
    """
    wanted = list(codes)
    known = access.roles if together else frozenset()
    columns: dict[str, set[str]] = {code: set(known) for code in wanted}
    for column, scope in _scopes(access):
        for code in codes_within(session, scope, wanted):
            columns[code].add(column)
    return {code: rights_of(frozenset(found)) for code, found in columns.items()}


def _scopes(access: Access) -> list[tuple[str, Scope]]:
    """Return the scope of each role that has the action, and one's own file."""
    actor, matrix, on = access.actor, authority(), access.scope.on
    found = [
        (
            role,
            matrix.scope(
                access.action, [one for one in actor.grants if one.role == role], actor.person_id
            ),
        )
        for role in sorted(access.roles)
    ]
    if actor.person_id is not None:
        found.append((ONESELF, Scope(person=actor.person_id)))
    return [(column, scope if on is None else scope.dated(on)) for column, scope in found]
