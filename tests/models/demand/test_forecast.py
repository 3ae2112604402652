"""The forecast: stock brought to neighbourhoods, what becomes of people, and steps that add up."""

import numpy as np
import pandas as pd
import pytest
from builders import tiny_region
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny import CLIENTS, SITES

from models.demand.forecast import STEPS, forecast
from models.demand.pathway import EXITS
from models.parameters.parameters import WAITING

FLOW = {
    "pathway.inflow.share": "0.1",
    "pathway.inflow.trend": "0.5",
    "pathway.transitions.bed.intensive.light": "0.2",
    "pathway.transitions.waiting.light.intensive": "0.3",
    "pathway.recovered.home.light": "0.25",
    "pathway.wlz.intensive": "0.1",
    "pathway.died.light": "0.05",
}


def test_a_count_by_origin_is_spread_over_its_municipality():
    """M1's six go to N1 and N2 by inhabitants of 15 and over, 8,000 and 4,800: 3.75 and 2.25. M2 is N3."""
    clients = forecast(tiny_region()).base_clients
    assert clients.sel(profile="intensive", tier="bed").to_series().to_dict() == pytest.approx(
        {"N1": 3.75, "N2": 2.25, "N3": 4.0}
    )


def test_a_registration_is_spread_over_the_whole_region():
    """Ten are registered at M1 for the region: by 8,000, 4,800 and 3,200 of 16,000 inhabitants over 15."""
    clients = "municipality,profile,tier,clients,year,form,basis\nM1,intensive,bed,10,2021,ZIN,registration\n"
    found = forecast(tiny_region(clients=clients)).base_clients
    assert found.sum(["profile", "tier"]).to_series().to_dict() == pytest.approx(
        {"N1": 5.0, "N2": 3.0, "N3": 2.0}
    )


def test_base_waiting_follows_from_registrations_and_places():
    """Ten are registered in beds of which eight can be lived in: two wait, and the one who waited already.

    The eight are shared out evenly: 80 % of everybody's 3.75, 2.25 and 4 live in a bed.
    """
    outlook = forecast(tiny_region(sites=SITES.replace("bed,10,0,10,12", "bed,10,2,10,12")))
    row = outlook.reconciliation.loc["bed"]
    assert row[["registered", "room", "housed", "waiting", "empty"]].tolist() == [10, 8, 8, 2, 0]
    assert outlook.base_clients.sel(profile="intensive", tier="bed").to_series().tolist() == pytest.approx(
        [3.0, 1.8, 3.2]
    )
    assert float(outlook.base_waiting.sum()) == pytest.approx(3)
    assert outlook.base_waiting.sel(profile="intensive").to_series().tolist() == pytest.approx(
        [0.75, 0.45, 0.8]
    )


def test_empty_places_are_counted():
    """Nine people in ten beds with an occupancy of 95 %: 9.5 can be lived in, half a place is empty."""
    outlook = forecast(
        tiny_region({"tiers.bed.occupancy": "0.95"}, clients=CLIENTS.replace("bed,6", "bed,5"))
    )
    assert outlook.reconciliation.loc["bed", ["room", "empty"]].tolist() == pytest.approx([9.5, 0.5])
    assert float(outlook.base_waiting.sum()) == pytest.approx(1)


def test_homes_are_one_pool():
    """Five people are registered at home in four homes: each has four fifths of a home, one of them waits."""
    outlook = forecast(tiny_region(clients=CLIENTS.replace("M1,light,home,2", "M1,light,home,3")))
    assert outlook.reconciliation.loc["home", ["registered", "housed", "waiting"]].tolist() == pytest.approx(
        [5, 4, 1]
    )
    assert float(outlook.base_clients.sel(tier="home").sum()) == pytest.approx(4)


def test_personal_budgets_stay_apart():
    """A client with a personal budget is in no place and no queue, whatever room there is."""
    clients = CLIENTS + "M1,intensive,bed,2,2021,PGB,origin,registration 2021\n"
    outlook, without = forecast(tiny_region(clients=clients)), forecast(tiny_region())
    assert float(outlook.personal_budget.sum()) == pytest.approx(2)
    pd.testing.assert_frame_equal(outlook.reconciliation, without.reconciliation)
    assert outlook.base_clients.equals(without.base_clients)


def test_inflow_is_a_share_of_the_stock_with_a_trend():
    """A tenth of 19 people, half more each year: 1.9 × 1.5 = 2.85 in 2022, then 4.275; half of a profile."""
    inflow = forecast(tiny_region(FLOW)).inflow
    assert inflow.sum("neighbourhood").sel(profile="light").to_series().tolist() == pytest.approx(
        [1.425, 2.1375]
    )
    assert inflow.sum(["neighbourhood", "profile"]).to_series().to_dict() == pytest.approx(
        {2022: 2.85, 2023: 4.275}
    )


def test_named_steps_of_the_first_year():
    """Ten intensive people in beds; nine light ones: four in group places, four at home, one waiting.

    new           19 × 0.1 = 1.9, half each: 0.95, and a trend of half of that: 0.475
    changed       10 × 0.2 = 2 of the intensive turn light; 0.3 of the one who waits turns intensive
    recovered     a quarter of the four at home = 1
    wlz           a tenth of the ten intensive = 1
    died          a twentieth of nine = 0.45
    """
    steps = forecast(tiny_region(FLOW)).steps
    first = steps[steps["year"] == 2022].pivot_table(index="step", columns="profile", values="clients")
    expected = {
        "new clients": (0.95, 0.95), "trend of the inflow": (0.475, 0.475), "recovered": (0.0, -1.0),
        "wlz": (-1.0, 0.0), "died": (0.0, -0.45), "changed profile": (-2.0 + 0.3, 2.0 - 0.3),
        "remainder": (0.0, 0.0),
    }  # fmt: skip
    for step, clients in expected.items():
        assert first.loc[step, ["intensive", "light"]].tolist() == pytest.approx(clients, abs=1e-9), step


def test_the_frame_is_the_base_and_its_steps():
    """Ten and nine, and a year later 10 + 1.425 − 1.7 − 1 = 8.725 and 9 + 1.425 + 1.7 − 1 − 0.45 = 10.675."""
    frame = forecast(tiny_region(FLOW)).to_frame()
    assert frame.index.tolist() == [2021, 2022, 2023]
    assert frame.loc[2021].to_dict() == pytest.approx({"intensive": 10, "light": 9})
    assert frame.loc[2022].to_dict() == pytest.approx({"intensive": 8.725, "light": 10.675})


def test_retained_and_exits_are_all_that_can_happen():
    """Of every profile in every tier the parts sum to one; nobody recovers but from a home."""
    pathway = forecast(tiny_region(FLOW)).pathway
    total = pathway.retained.sum("to_profile") + pathway.exits.sum("exit")
    assert np.allclose(total, 1.0)
    assert pathway.retained["tier"].values.tolist() == ["bed", "group", "home", WAITING]
    assert float(pathway.exits.sel(exit="recovered").sum()) == 0.25
    assert float(
        pathway.retained.sel(tier="bed", profile="intensive", to_profile="intensive")
    ) == pytest.approx(0.7)


share = st.floats(0.0, 0.3).map(lambda value: round(value, 4))


@settings(max_examples=15, deadline=None, derandomize=True)
@given(
    share=share, trend=st.floats(-0.4, 0.4), worse=share, better=share, recovered=share, wlz=share, died=share
)
def test_steps_add_up_exactly(share, trend, worse, better, recovered, wlz, died):
    """Whatever the numbers, the steps of a year and profile sum to its change; what remains is rounding.

    What stays is computed by multiplying people with the pathway, the steps by booking each cause.
    """
    numbers = {
        "pathway.inflow.share": share,
        "pathway.inflow.trend": trend,
        "pathway.recovered.home.light": recovered,
        "pathway.transitions.bed.intensive.light": better,
        "pathway.transitions.waiting.light.intensive": worse,
        "pathway.wlz.intensive": wlz,
        "pathway.died.light": died,
    }
    outlook = forecast(tiny_region({key: repr(float(value)) for key, value in numbers.items()}))
    frame, steps = outlook.to_frame(), outlook.steps
    change = steps.groupby(["year", "profile"])["clients"].sum().unstack("profile")
    assert np.allclose(frame.diff().loc[2022:], change[frame.columns], atol=1e-9)
    assert set(steps["step"]) == set(STEPS) > set(EXITS)
    assert steps.loc[steps["step"] == "remainder", "clients"].abs().max() < 1e-9
    # nobody is made or lost but by new clients and exits, whatever changes of profile there are
    outside = steps[~steps["step"].isin(["changed profile", "remainder"])].groupby("year")["clients"].sum()
    assert np.allclose(frame.sum(axis=1).diff().loc[2022:], outside, atol=1e-9)
    changed = steps[steps["step"] == "changed profile"].groupby("year")["clients"].sum()
    assert np.allclose(changed, 0.0, atol=1e-9)


@settings(max_examples=10, deadline=None, derandomize=True)
@given(factor=st.integers(2, 50))
def test_twice_the_people_have_twice_the_forecast(factor):
    """All counts, places and homes times a factor: the forecast is times the factor too."""
    base = forecast(tiny_region(FLOW)).to_frame()
    clients = "\n".join(
        ",".join(str(int(cell) * factor) if n == 3 else cell for n, cell in enumerate(line.split(",")))
        for line in CLIENTS.splitlines()[1:]
    )
    sites = SITES.replace("bed,10,0,10,12", f"bed,{10 * factor},0,{10 * factor},{12 * factor}")
    sites = sites.replace("0,0,12,12", f"0,0,{12 * factor},{12 * factor}")
    sites = sites.replace("group,4,0,8,8", f"group,{4 * factor},0,{8 * factor},{8 * factor}")
    homes = f"corporation,municipality,year,homes\nC1,M1,2021,{2 * factor}\nC1,M2,2021,{2 * factor}\n"
    larger = forecast(
        tiny_region(FLOW, clients=CLIENTS.splitlines()[0] + "\n" + clients + "\n", sites=sites, homes=homes)
    ).to_frame()
    assert np.allclose(larger, base * factor)
