"""Tables of the front door: agreements, lots, outflow, partition, monitor and location."""

import pytest
from results import shown

import spreidplan as sp


def test_agreements_are_the_homes_of_the_plan(tiny):
    """All homes that are asked are those that the plan hands over; nothing is solved for it."""
    asked = sp.agreements(tiny)
    tables = shown(asked)
    assert tables["homes"]["asked"].sum() == float(tiny.data["new_homes"].sum())
    assert tables["values"].empty


def test_lots_hold_every_neighbourhood_once(tiny):
    """Two lots of three neighbourhoods."""
    tender = sp.lots(tiny, lots=2, band=0.9, draws=20)
    tables = shown(tender)
    assert sorted(tables["lots"]["lot"].unique()) == [1, 2]
    inside = sorted(area for lot in range(2) for area in tender.division.areas(lot))
    assert inside == sorted(tiny.problem.areas)


def test_partitions_are_scored_against_all_together(tiny):
    """Two municipalities can be together or apart."""
    tables = shown(sp.partition(tiny.problem.region, into=2))
    assert tables["partitions"]["partition"].iloc[0] == "pooled"
    assert set(tables["municipalities"]["pooled"]) == {1}


def test_clients_are_matched_to_homes(tiny, tmp_path):
    """A client who is ready gets a home of the plan, or is told why not."""
    ready = tmp_path / "ready.csv"
    ready.write_text("client,municipality,tier,ready\nc1,M1,home,2022-01-01\n", encoding="utf-8")
    desk = sp.match_outflow(tiny, ready)
    assert list(shown(desk)["clients"]["client"]) == ["c1"]


def test_counts_stand_beside_what_is_expected(tiny, tmp_path):
    """Without a history nothing is recorded; the count is in the table."""
    header = "quarter,measure,municipality,site,tier,profile,to_profile,exit,value,as_of\n"
    counts = tmp_path / "counts.csv"
    counts.write_text(header + "2022Q1,waiting,,,,,,,3,2022-03-31\n", encoding="utf-8")
    monitor = sp.monitor(tiny, counts, draws=20)
    tables = shown(monitor)
    assert tables["whole"]["counted"].sum() == 3
    assert sorted(path.name for path in tmp_path.iterdir()) == ["counts.csv"]
    with pytest.raises(sp.InputError, match="no counts"):
        sp.monitor(tiny)


def test_a_location_is_proven(tiny):
    """One site for everybody, with the people whom it serves."""
    located = sp.locate(tiny.problem.region, aim="travel", sites=1)
    tables = shown(located)
    assert len(tables["sites"]) == 1
    assert tables["assignment"]["people"].sum() == pytest.approx(float(tables["sites"]["people"].sum()))
    assert located.answer.status == "proven"
