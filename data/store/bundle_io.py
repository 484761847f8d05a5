"""Scenarios into the database and back, without loss.

``load_scenario(store_scenario(…))`` equals the scenario in every value, type and order, and a
bundle written from the database has the `bundle_sha256` of what `write_bundle` makes of the
original: the original's own hash where that was written by us, else that of its canonical form
(columns in the contract's order, then unknown ones; numbers and times in their shortest form; CSV).
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from data.bundle import bundle_sha256, read_bundle, write_bundle
from data.store.bundle_extras import Extras, read_extras
from data.store.scenario_reading import load_extras, load_scenario
from data.store.scenario_writing import store_scenario

if TYPE_CHECKING:
    from datetime import datetime

    from data.store.engine import Store
    from dispatch.scenario import Scenario


@dataclass(frozen=True, slots=True)
class BundleRecord:
    """A bundle as it is stored.

    Attributes
    ----------
    scenario : Scenario
        Its problem.
    extras : dict of str to DataFrame
        What only this bundle knows, as texts (`data.store.bundle_extras`).
    sha256 : str
        Hash of its canonical form: what a plan of it names.
    source_sha256 : str or None
        Hash of the files it was read from, if any.
    """

    scenario: Scenario
    extras: Extras
    sha256: str
    source_sha256: str | None = None


def read_record(directory: Path) -> BundleRecord:
    """Read a bundle's directory with everything that is to be stored of it."""
    return make_record(
        read_bundle(directory), read_extras(directory), source_sha256=bundle_sha256(directory)
    )


def make_record(
    scenario: Scenario, extras: Extras | None = None, *, source_sha256: str | None = None
) -> BundleRecord:
    """Put a scenario into its canonical form and hash that."""
    with tempfile.TemporaryDirectory() as folder:
        bundle = Path(folder) / "bundle"
        write_bundle(scenario, bundle, extras=extras)
        # Numbers and dates among the unknown values become the texts that a file holds.
        return BundleRecord(scenario, read_extras(bundle), bundle_sha256(bundle), source_sha256)


def import_bundle(
    store: Store, directory: Path, *, created_by: str, now: datetime, link_people: bool = False
) -> int:
    """Read a bundle's directory into the store, in one transaction; return the scenario's id."""
    record = read_record(directory)
    return store.submit(
        lambda session: store_scenario(
            session, record, created_by=created_by, now=now, link_people=link_people
        )
    )


def export_bundle(store: Store, scenario_id: int, directory: Path) -> None:
    """Write a stored scenario as a bundle, with its unknown columns and tables."""
    with store.read() as session:
        scenario = load_scenario(session, scenario_id)
        extras = load_extras(session, scenario_id)
    write_bundle(scenario, directory, extras=extras)
