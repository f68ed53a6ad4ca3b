"""The ledger: rows from create to release, what they cost, what is left open; and the store it stands on."""

from __future__ import annotations

from pathlib import Path

import pytest

from ucloud_emulator.ledger import Ledger
from ucloud_emulator.records import Firewall
from ucloud_emulator.store import Store

HOUR = 3600.0


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [1000.0]
    monkeypatch.setattr("ucloud_emulator.ledger.time.time", lambda: now[0])
    return now


def test_a_row_costs_its_price_for_as_long_as_it_is_open(tmp_path: Path, clock: list[float]) -> None:
    ledger = Ledger(Store(tmp_path / "s"))
    ledger.open("uhost-1", "uhost", "n", "p", "r", price=2.0)
    clock[0] += HOUR / 2
    assert [row.cost for row in ledger.rows()] == [1.0]
    ledger.close("uhost-1")
    clock[0] += 10 * HOUR
    assert [(row.cost, row.released) for row in ledger.rows()] == [(1.0, 1000.0 + HOUR / 2)]
    assert ledger.rows(open_only=True) == []


def test_a_new_price_counts_from_then_on(tmp_path: Path, clock: list[float]) -> None:
    ledger = Ledger(Store(tmp_path / "s"))
    ledger.open("eip-1", "eip", "n", "p", "r", price=1.0)
    clock[0] += HOUR
    ledger.reprice("eip-1", 5.0)
    clock[0] += HOUR
    assert [(row.cost, row.price) for row in ledger.rows()] == [(6.0, 5.0)]


def test_a_release_counts_once(tmp_path: Path, clock: list[float]) -> None:
    ledger = Ledger(Store(tmp_path / "s"))
    ledger.open("eip-1", "eip", "n", "p", "r", price=1.0)
    clock[0] += HOUR
    ledger.close("eip-1")
    clock[0] += HOUR
    ledger.close("eip-1")
    assert ledger.rows()[0].cost == 1.0


def test_key_pairs_and_firewalls_are_kept_but_not_billed(tmp_path: Path) -> None:
    ledger = Ledger(Store(tmp_path / "s"))
    for kind in ("keypair", "firewall", "uhost"):
        ledger.open(kind, kind, "n", "p", "r")
    assert [row.billable for row in ledger.rows()] == [False, False, True]


def test_store_and_ledger_are_there_again_after_a_restart(tmp_path: Path) -> None:
    store = Store(tmp_path / "s")
    firewall = Firewall(
        id="firewall-1", project="p", region="r", name="名", created=1, type="user defined", rules=("a", "b")
    )
    store.put(firewall)
    Ledger(store).open("firewall-1", "firewall", "名", "p", "r")
    store.close()
    again = Store(tmp_path / "s")
    assert again.get(Firewall, "firewall-1") == firewall
    assert [row.id for row in Ledger(again).rows()] == ["firewall-1"]


def test_what_is_changed_after_it_was_removed_stays_removed(tmp_path: Path) -> None:
    store = Store(tmp_path / "s")
    assert store.change(Firewall, "firewall-none", name="n") is None
    assert store.all(Firewall) == []
