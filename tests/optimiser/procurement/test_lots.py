"""Lots: volumes worked out on paper, brute force on tiny patchworks, contiguity and regions on real ones."""

import json
from dataclasses import replace
from itertools import product
from typing import Any

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import pytest
import xarray as xr
from attack import disclosed
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from tiny import write_tiny_region

import cli
from geodata.bundled import bundled_regions, region_folder
from geodata.faults import InputError
from geodata.neighbours import merged
from models.demand.demand_draws import demand_factors, drawn
from models.demand.forecast import forecast
from models.funding.price_basis import ELEMENTS, SHARES, divided, read_price_bases
from models.parameters.finance import WEEKS_PER_YEAR
from models.region.read_region import read_region
from optimiser.procurement.contract_volumes import volumes
from optimiser.procurement.lots import BAND_PRICE, EMPTY_WEIGHT, SCALE_PRICE, Patchwork, Wish, divide, wished
from optimiser.solve import Impossible
from reports.answers.lots import Tender
from reports.figures.suppression import Sum, shown
from reports.folder.folder import read_plan


@pytest.fixture(scope="module")
def plan_folder(tmp_path_factory):
    """Return the folder of a plan of the tiny region, whose contracts end half-way 2021."""
    here = tmp_path_factory.mktemp("lots")
    folder = write_tiny_region(here / "tiny")
    sites = pd.read_csv(folder / "sites.csv")
    sites["contract_end"] = np.where(sites["status"] == "existing", "2021-06-30", None)
    sites.to_csv(folder / "sites.csv", index=False)
    assert cli.main(["plan", str(folder), "-o", str(here / "out"), "--time", "30"]) == cli.DONE
    return here / "out"


@pytest.fixture(scope="module")
def plan(plan_folder):
    """Return that plan."""
    return read_plan(plan_folder)


def patchwork(clients, edges, *, places=None, regions=None, volume=None, least=(0.0,)):
    """Return units with so many clients at a time each, of one year."""
    units = tuple(f"u{n}" for n in range(len(clients)))
    graph = nx.Graph()
    graph.add_nodes_from(units)
    graph.add_edges_from((units[a], units[b]) for a, b in edges)
    held = np.array(clients, dtype=float)[:, None] if volume is None else np.array(volume, dtype=float)
    return Patchwork(
        units=units, areas={unit: (unit,) for unit in units}, volume=held * WEEKS_PER_YEAR,
        least=np.array(least, dtype=float) * WEEKS_PER_YEAR,
        place=np.array(places if places is not None else [(1000.0 * n, 0.0) for n in range(len(units))]),
        region=tuple(regions or ["R"] * len(units)), graph=graph, years=1,
    )  # fmt: skip


# ------------------------------------------------------------------ draws of the demand


def test_without_ranges_every_draw_is_the_forecast(tmp_path):
    """The tiny region states no range: 1 in every draw, profile and year."""
    region = read_region(write_tiny_region(tmp_path / "tiny"))
    factors = demand_factors(region, forecast(region), 3, seed=0)
    assert factors.to_numpy() == pytest.approx(1.0)


def test_the_demand_of_the_values_themselves_is_that_of_the_forecast():
    """With inflow, moves and exits: the same people as the forecast's own table, to the last digit."""
    region = read_region(region_folder("groningen-bmwe"))
    outlook = forecast(region)
    still = region.parameters.model_copy(update={"pathway": without_ranges(region.parameters.pathway)})
    factors = demand_factors(replace(region, parameters=still), outlook, 2, seed=0)
    assert factors.to_numpy() == pytest.approx(1.0)
    moved = demand_factors(region, outlook, 2, seed=0)
    assert np.abs(moved.to_numpy() - 1).max() > 0.01


def without_ranges(pathway):
    """Return a pathway of which no number has a range."""

    def plain(value):
        if isinstance(value, dict):
            return {key: None if key in ("low", "high") else plain(inner) for key, inner in value.items()}
        return value

    return type(pathway).model_validate(stripped(plain(pathway.model_dump())))


def stripped(value):
    """Return nested tables without what is None."""
    if isinstance(value, dict):
        return {key: stripped(inner) for key, inner in value.items() if inner is not None}
    return value


def test_drawn_numbers_stay_within_their_ranges_and_parts_add_up():
    """Each number within low and high, the parts of profiles 1 together; the same seed, the same draw."""
    pathway = read_region(region_folder("groningen-bmwe")).parameters.pathway
    one = drawn(pathway, np.random.default_rng(5))
    assert one == drawn(pathway, np.random.default_rng(5))
    assert one != drawn(pathway, np.random.default_rng(6))
    assert pathway.inflow.share.low <= one.inflow.share.value <= pathway.inflow.share.high
    assert sum(part.value for part in one.inflow.profiles.values()) == pytest.approx(1.0)
    for profile, number in one.wlz.items():
        assert pathway.wlz[profile].low <= number.value <= pathway.wlz[profile].high


# ------------------------------------------------------------------ volumes


def test_volumes_are_client_weeks_where_people_live(plan):
    """What is delivered in all areas is what is housed, times 365.25 / 7 weeks."""
    bought = volumes(plan, draws=5)
    assert float(bought.expected.sum()) == pytest.approx(float(plan.data["housed"].sum()) * WEEKS_PER_YEAR)
    at_sites = plan.data["pair_tier"] == "bed"
    beds = float(plan.data["housed"].where(at_sites, 0.0).sum()) * WEEKS_PER_YEAR
    # all beds stand in N1
    assert float(bought.expected.sel(tier="bed", neighbourhood="N1").sum()) == pytest.approx(beds)


def test_the_contract_starts_after_those_there_are(plan):
    """Contracts end on 30 June 2021: the new one starts in 2022, six months are bridged, 2023 is the last."""
    bought = volumes(plan, draws=2)
    assert [(term.name, term.years) for term in bought.terms] == [("contract", (2022, 2023))]
    assert set(bought.contracts["months"]) == {6}
    shorter = volumes(plan, draws=2, terms=(1, 2))
    assert [(term.name, term.years) for term in shorter.terms] == [
        ("contract", (2022,)), ("extension 1", (2023,)),
    ]  # fmt: skip


def test_contract_nodes_are_kept_to(plan):
    """With nodes in 2023 only, 2022 is refused and 2023 is the start that is taken."""
    nodes = plan.problem.policies.contract_nodes.model_copy(
        update={"mode": "hard", "contract_ends": (2023,), "renewal_years": 2}
    )
    policies = plan.problem.policies.model_copy(update={"contract_nodes": nodes})
    held = replace(plan, problem=replace(plan.problem, policies=policies))
    assert volumes(held, draws=2).years == (2023,)
    with pytest.raises(InputError, match="contracts are renewed: 2023"):
        volumes(held, start=2022, draws=2)
    with pytest.raises(InputError, match="a year from 2022 to 2023"):
        volumes(plan, start=2040, draws=2)


def test_a_facility_never_delivers_more_than_its_places(plan):
    """Draws that ask twice as much leave a full site as it is; homes may go up."""
    region = plan.problem.region
    inflow = region.parameters.pathway.inflow
    wide = inflow.share.model_copy(update={"value": 0.1, "low": 0.1, "high": 0.9})
    pathway = region.parameters.pathway.model_copy(
        update={"inflow": inflow.model_copy(update={"share": wide})}
    )
    parameters = region.parameters.model_copy(update={"pathway": pathway})
    changed = replace(region, parameters=parameters)
    held = replace(plan, problem=replace(plan.problem, region=changed, outlook=forecast(changed)))
    bought = volumes(held, draws=20, seed=1)
    free = plan.data["places"].fillna(0.0).sel(tier="bed", year=list(bought.years)).sum("site")
    assert (bought.drawn.sel(tier="bed").sum("neighbourhood") <= free * WEEKS_PER_YEAR + 1e-6).all()
    home = bought.drawn.sel(tier="home").sum("neighbourhood")
    assert float((home - bought.expected.sel(tier="home").sum("neighbourhood")).max()) > 1


# ------------------------------------------------------------------ the best lots


def test_a_row_of_four_by_hand():
    """1, 1, 1 and 1 client in a row, a kilometre apart, in two lots: two and two, one kilometre each."""
    division = divide(patchwork([1, 1, 1, 1], [(0, 1), (1, 2), (2, 3)]), Wish(lots=2, band=0.1))
    assert {frozenset(lot) for lot in division.lots} == {frozenset({"u0", "u1"}), frozenset({"u2", "u3"})}
    assert division.objective == pytest.approx(2.0)
    assert division.gap <= 1e-9


def test_no_lot_crosses_a_named_region():
    """The middle two are nearest, but of two regions; each region keeps its own."""
    pieces = patchwork(
        [1, 1, 1, 1], [(0, 1), (1, 2), (2, 3)], places=[(0, 0), (5000, 0), (5100, 0), (9000, 0)],
        regions=["A", "A", "B", "B"],
    )  # fmt: skip
    division = divide(pieces, Wish(lots=2, band=0.1))
    assert {frozenset(lot) for lot in division.lots} == {frozenset({"u0", "u1"}), frozenset({"u2", "u3"})}


def test_lots_that_fall_apart_are_mended():
    """A ring of eight in which the two ends near each other have only empty units between them."""
    near = [(0, 0), (9000, 0), (9000, 1000), (9000, 2000), (0, 100), (9000, 3000), (9000, 4000), (9000, 5000)]
    pieces = patchwork([3, 1, 1, 1, 3, 1, 1, 1], [(n, (n + 1) % 8) for n in range(8)], places=near)
    division = divide(pieces, Wish(lots=2, band=0.5))
    assert division.rounds > 1
    assert all(division.is_contiguous(lot) for lot in range(2))


def test_as_few_lots_as_the_largest_share_allows():
    """Six of one client each and at most 40 % a lot: two clients, so three lots."""
    row = patchwork([1] * 6, [(n, n + 1) for n in range(5)])
    division = divide(row, Wish(max_share=0.4))
    assert sorted(len(lot) for lot in division.lots) == [2, 2, 2]


def test_one_lot_is_small_where_asked():
    """Ten clients, at most 15 % in one lot: one client."""
    row = patchwork([1] * 10, [(n, n + 1) for n in range(9)])
    division = divide(row, Wish(lots=3, small=0.15))
    assert min(len(lot) for lot in division.lots) == 1


@pytest.mark.parametrize(
    ("wish", "told"),
    [
        (Wish(lots=1), "the named regions ask 2"),
        (Wish(lots=7), "are possible"),
        (Wish(lots=3, max_share=0.2), "alone has"),
        (Wish(lots=2, max_share=0.45), "cannot hold"),
    ],
)
def test_what_cannot_go_together_is_told(wish, told):
    """Two regions of 3 and 3 clients; one unit with 2 of the 6 is 33 %."""
    pieces = patchwork([2, 1, 1, 1, 1], [(0, 1), (2, 3), (3, 4)], regions=["A", "A", "B", "B", "B"])
    with pytest.raises(Impossible, match=told):
        divide(pieces, wish)


@st.composite
def patchworks(draw):
    """Return four to six connected units of up to two regions, with two tiers, one with a least size."""
    count = draw(st.integers(4, 6))
    numbers = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    edges = {(int(numbers.integers(0, n)), n) for n in range(1, count)}
    edges |= {(0, n) for n in range(2, count) if numbers.random() < 0.3}
    split = int(numbers.integers(1, count + 1))
    return patchwork(
        [0] * count, edges, places=numbers.uniform(0, 5000, (count, 2)),
        regions=["A"] * split + ["B"] * (count - split),
        volume=np.column_stack([numbers.integers(0, 6, count), numbers.integers(1, 6, count)]),
        least=(3.0, 0.0),
    )  # fmt: skip


def objective_in_plain_words(pieces, lots, roots, wish):
    """Return what a division weighs, or None where it breaks a rule that is hard."""
    position = {unit: n for n, unit in enumerate(pieces.units)}
    clients = pieces.volume.sum(axis=1) / WEEKS_PER_YEAR
    total, points = float(clients.sum()), 0.0
    for lot, root in zip(lots, roots, strict=True):
        own = [position[unit] for unit in lot]
        size = sum(float(clients[i]) for i in own)
        if len({pieces.region[i] for i in own}) > 1 or not nx.is_connected(pieces.graph.subgraph(lot)):
            return None
        if wish.max_share is not None and size > wish.max_share * total + 1e-9:
            return None
        for i in own:
            points += (
                max(float(clients[i]), EMPTY_WEIGHT)
                * np.hypot(*(pieces.place[i] - pieces.place[root]))
                / 1000
            )
        mean = total / wish.lots
        points += BAND_PRICE * max(0.0, size - (1 + wish.band) * mean, (1 - wish.band) * mean - size)
        held = sum(float(pieces.volume[i, 0]) for i in own)
        points += SCALE_PRICE * (max(0.0, pieces.least[0] - held) / WEEKS_PER_YEAR if held > 0 else 0.0)
    return points


@settings(deadline=None, max_examples=25)
@given(patchworks(), st.integers(2, 3), st.sampled_from([None, 0.6, 0.8]))
def test_the_lots_are_the_best_of_all_divisions(pieces, count, max_share):
    """Every division into labelled lots and every root of each, in plain words: none is better."""
    wish = Wish(lots=count, band=0.2, max_share=max_share)
    known, least = pieces.units, np.inf
    for labels in product(range(count), repeat=len(known)):
        if len(set(labels)) < count or any(
            label > max(labels[:n], default=-1) + 1 for n, label in enumerate(labels)
        ):
            continue
        lots = [[unit for unit, own in zip(known, labels, strict=True) if own == k] for k in range(count)]
        places = [[known.index(unit) for unit in lot] for lot in lots]
        for roots in product(*places):
            points = objective_in_plain_words(pieces, lots, roots, wish)
            least = min(least, np.inf if points is None else points)
    if np.isinf(least):
        with pytest.raises(Impossible):
            divide(pieces, wish)
        return
    assume(least < 1e6)
    division = divide(pieces, wish)
    assert division.objective == pytest.approx(least, rel=1e-6, abs=1e-4)
    assert all(division.is_contiguous(lot) for lot in range(count))


# ------------------------------------------------------------------ on a real region


@pytest.mark.parametrize("name", sorted(bundled_regions()))
def test_lots_of_every_bundled_region_hang_together(name):
    """Contiguous by the wijken's own borders, inside one named region, complete, each area in one lot.

    Volumes are the inhabitants; the largest municipality is offered by wijk, as it would be.
    """
    region = read_region(region_folder(name))
    areas, town_of = region.neighbourhoods, region.neighbourhoods["municipality"].astype(str).to_dict()
    largest = areas.groupby("municipality")["inhabitants"].sum().idxmax()
    unit_of = {area: area if town == largest else town for area, town in town_of.items()}
    held = areas.groupby(unit_of, sort=False).agg({"inhabitants": "sum", "x": "mean", "y": "mean"})
    members = {unit: tuple(area for area, own in unit_of.items() if own == unit) for unit in held.index}
    named = region.municipalities["region"].to_dict()
    pieces = Patchwork(
        units=tuple(held.index), areas=members, volume=held[["inhabitants"]].to_numpy(float) / 500,
        least=np.zeros(1), place=held[["x", "y"]].to_numpy(float),
        region=tuple(named[town_of[members[unit][0]]] for unit in held.index),
        graph=merged(region.contiguity, unit_of), years=1,
    )  # fmt: skip
    division = divide(pieces, Wish(lots=4, band=0.4), seconds=60, gap=0.05)
    lots = [division.areas(lot) for lot in range(4)]
    assert division.gap <= 0.05
    assert all(nx.is_connected(region.contiguity.subgraph(lot)) for lot in lots)
    assert all(len({named[town_of[area]] for area in lot}) == 1 for lot in lots)
    assert sorted(area for lot in lots for area in lot) == sorted(town_of)


# ------------------------------------------------------------------ prices


def test_a_price_divides_into_six_elements_by_hand():
    """100 EUR at its own price level, 106 at the start: six are indexation, the rest divides the hundred."""
    basis = divided("bed", 100.0, 106.0)
    assert tuple(basis.elements) == ELEMENTS
    assert basis.elements["indexation"] == pytest.approx(6)
    assert basis.elements["staff"] == pytest.approx(60)
    assert basis.total == pytest.approx(106)
    assert not basis.given
    assert sum(share.value for share in SHARES.values()) == pytest.approx(1)


def test_cost_prices_are_read_or_their_faults_told(tmp_path):
    """Six elements per tier; an unknown tier, one twice and a word for a number are told together."""
    file = tmp_path / "prices.csv"
    head = "tier," + ",".join(ELEMENTS)
    file.write_text(f"{head}\nbed,600,100,150,20,30,50\n", encoding="utf-8")
    assert read_price_bases(file, {"bed": None})["bed"].total == 950
    file.write_text(f"{head}\nbed,600,100,150,20,30,x\nbed,1,1,1,1,1,1\nbad,1,1,1,1,1,1\n", encoding="utf-8")
    with pytest.raises(InputError, match="3 faults"):
        read_price_bases(file, {"bed": None})
    file.write_text("tier,staff\nbed,600\n", encoding="utf-8")
    with pytest.raises(InputError, match="no column overhead"):
        read_price_bases(file, {"bed": None})


# ------------------------------------------------------------------ the command


def test_the_command_as_json_and_files(plan_folder, tmp_path, capsys):
    """Lots add up to the plan, least and most lie around expected, files agree with what is told."""
    out = tmp_path / "tender"
    words = ["lots", str(plan_folder), "--lots", "2", "--draws", "5", "-o", str(out), "--json"]
    assert cli.main(words) == cli.DONE
    told = json.loads(capsys.readouterr().out)
    total = float(volumes(read_plan(plan_folder), draws=1).expected.sum())
    assert sum(lot["expected"] for lot in told["lots"]) == pytest.approx(total)
    assert all(lot["least"] <= lot["expected"] <= lot["most"] for lot in told["lots"])
    assert all(lot["contiguous"] for lot in told["lots"])
    assert any("Niet zo openbaar" in note or "Not to be published" in note for note in told["notes"])
    # files are for publication: in the tiny region hardly a number is of ten people or more
    published = pd.read_csv(out / "volumes.csv")
    assert published["expected"].isna().any()
    assert (published["expected"].dropna() >= 10 * WEEKS_PER_YEAR).all()
    layer = gpd.read_file(out / "lots.gpkg")
    assert layer.geometry.area.sum() == pytest.approx(3 * 2000 * 2000)
    # and again over its own files, but never over somebody's own
    assert cli.main(words) == cli.DONE
    (out / "mine.txt").write_text("mine", encoding="utf-8")
    assert cli.main(words) == cli.BAD_INPUT


@pytest.mark.parametrize("times", [3.0, 9.0, 40.0])
def test_published_volumes_do_not_give_small_numbers_away(plan, times):
    """Somebody who reads all files, and knows what adds up to what and every rate, cannot tell a number under
    ten people from none or from ten; and numbers that nobody needs to guess are there.
    """
    bought = volumes(plan, draws=2)
    more = replace(
        bought, expected=bought.expected * times, drawn=bought.drawn * times, eur=bought.eur * times
    )
    division = divide(Patchwork.of(plan, more, Wish(lots=2)), Wish(lots=2))
    published, truth, known = read_by_all(plan, more, division)
    assert disclosed(truth, published, known, 10) == {}
    assert any(number < 10 for number in truth.values())
    if times == 40.0:
        assert sum(len(cell) == 4 for cell in published) >= 4


def test_what_a_lot_costs_does_not_give_a_small_number_away(plan):
    """A hundred clients everywhere but four in beds in one municipality and year, each cell at a rate of its
    own: from volumes and their sum the four do not follow; with what the lot costs they would, were the
    cost not heeded in what is left out.
    """
    bought = volumes(plan, draws=2)
    hundred = xr.full_like(bought.expected, 100.0 * WEEKS_PER_YEAR)
    few = hundred["neighbourhood"].isin(["N1", "N2"]) & (hundred["tier"] == "bed") & (hundred["year"] == 2022)
    expected = hundred.where(~few, 2.0 * WEEKS_PER_YEAR)
    sizes = [expected.sizes[name] for name in ("tier", "neighbourhood", "year")]
    rates = xr.DataArray(
        500.0 + np.arange(np.prod(sizes)).reshape(sizes), dims=("tier", "neighbourhood", "year")
    )
    more = replace(bought, expected=expected, eur=expected * rates)
    division = divide(Patchwork.of(plan, more, Wish(lots=1)), Wish(lots=1))
    published, truth, known = read_by_all(plan, more, division)
    assert sorted(number for number in truth.values() if number < 10) == pytest.approx([4.0])
    assert disclosed(truth, published, known, 10) == {}
    volumes_only = [(cell, own) for cell, own, *_ in known if len(cell) == 2 and cell[0] != "eur"]
    heedless = truth | {cell: sum(truth[c] for c in own) for cell, own in volumes_only}
    cells = pd.Series(list(heedless.values()), pd.Index(list(heedless), tupleize_cols=False))
    seen = shown(cells, [Sum(cell, tuple(own)) for cell, own in volumes_only], 10)
    costs = {
        cell: sum(r * truth[c] for c, r in zip(own, *rates, strict=True))
        for cell, own, *rates in known
        if rates
    }
    assert disclosed(truth, cells[seen].to_dict() | costs, known, 10) != {}


def read_by_all(plan, bought, division):
    """Return what all files of a tender tell, the truth, and what adds up to what: clients and 10,000 EUR."""
    tender = Tender(plan, bought, division, Wish(lots=len(division.lots)), {}, "en")
    cells, sums, whole = (one.to_dict("records") for one in (tender.volumes(), tender.lots(), tender.layer()))
    weeks = {
        **{(r["lot"], r["municipality"], r["tier"], r["year"]): r["expected"] for r in cells},
        **{(r["lot"], r["term"]): r["expected"] for r in sums},
        **{(r["lot"],): r["expected"] for r in whole},
    }
    euros = {
        **{("eur", r["lot"], r["term"]): r["eur"] for r in sums},
        **{("eur", r["lot"]): r["eur"] for r in whole},
    }
    term_of = {year: term.name for term in bought.terms for year in term.years}
    of_size = {size: [cell for cell in weeks if len(cell) == size] for size in (1, 2, 4)}
    parts = {at: [c for c in of_size[4] if (c[0], term_of[c[3]]) == at] for at in of_size[2]}
    town_of, truth, rates = plan.problem.municipality_of, dict[Any, float](), dict[Any, float]()
    for cell in of_size[4]:
        areas = [area for area in division.areas(cell[0] - 1) if town_of[area] == cell[1]]
        truth[cell] = clients_and_euros(bought, areas, *cell[2:])[0]
        rates[cell] = rate(bought, areas, *cell[2:])
    known = [
        *parts.items(),
        *((at, [c for c in of_size[2] if c[0] == at[0]]) for at in of_size[1]),
        *((("eur", *at), own, [rates[c] for c in own]) for at, own in parts.items()),
        *((("eur", *at), [c for c in euros if len(c) == 3 and c[1] == at[0]]) for at in of_size[1]),
    ]
    told = {**{c: n / WEEKS_PER_YEAR for c, n in weeks.items()}, **{c: n / 1e4 for c, n in euros.items()}}
    return {cell: number for cell, number in told.items() if not np.isnan(number)}, truth, known


def clients_and_euros(bought, areas, tier, *year):
    """Return client-years of a tier in neighbourhoods, in a year or all, and 10,000 EUR that they cost."""
    at = {"neighbourhood": list(areas), "tier": tier, **({"year": year[0]} if year else {})}
    return float(bought.expected.sel(at).sum()) / WEEKS_PER_YEAR, float(bought.eur.sel(at).sum()) / 1e4


def rate(bought, areas, tier, year):
    """Return what a client-year costs, in 10,000 EUR: here, else in that year, else ever."""
    every = list(bought.expected["neighbourhood"].values)
    for at in ((areas, tier, year), (every, tier, year), (every, tier)):
        clients, euros = clients_and_euros(bought, *at)
        if clients > 1e-6:
            return euros / clients
    return 1.0


@pytest.mark.parametrize(("lang", "said"), [("nl", "te overbruggen"), ("en", "to be bridged")])
def test_the_command_in_both_languages(plan_folder, capsys, lang, said):
    """What has to be bridged is told in the reader's language."""
    assert cli.main(["lots", str(plan_folder), "--lots", "2", "--draws", "5", "--lang", lang]) == cli.DONE
    assert said in capsys.readouterr().out


def test_neither_lots_nor_share_is_a_fault(plan_folder, plan, capsys):
    """One of the two is needed, unless the policy provider_share has it."""
    assert cli.main(["lots", str(plan_folder)]) == cli.BAD_INPUT
    assert "neither --lots nor --max-share" in capsys.readouterr().err
    on = plan.problem.policies.provider_share.model_copy(update={"mode": "hard"})
    policies = plan.problem.policies.model_copy(update={"provider_share": on})
    held = replace(plan, problem=replace(plan.problem, policies=policies))
    assert wished(held, None, None, 0.3, None).max_share == on.share.value


def test_a_share_that_no_lot_can_keep_to_ends_in_1(plan_folder, capsys):
    """N1 alone has more than a hundredth of the volume."""
    assert cli.main(["lots", str(plan_folder), "--max-share", "1%", "--draws", "2"]) == cli.NO_PLAN
    assert "alone has" in capsys.readouterr().err


def test_new_forms_and_terms_between_nodes_are_told(plan):
    """Only S2 has group living in 2021: a lot without S2 that will have it is open to a new provider.
    Contracts are renewed in 2022 and 2024, so that an extension in 2023 begins between.
    """
    wish = Wish(lots=2)
    bought = volumes(plan, draws=2, terms=(1, 1))
    policy = plan.problem.policies.contract_nodes
    on = policy.model_copy(update={"mode": "soft", "contract_ends": (2022,), "renewal_years": 2})
    policies = plan.problem.policies.model_copy(update={"contract_nodes": on})
    held = replace(plan, problem=replace(plan.problem, policies=policies))
    division = divide(Patchwork.of(plan, bought, wish), wish)
    notes = Tender(held, bought, division, wish, {}, "en").record()["notes"]
    assert any("extension 1 2023–2023 begins in 2023" in note for note in notes)
    base = {(site, tier) for (site, tier), places in plan.problem.base_places.items() if places}
    assert base == {("S1", "bed"), ("S2", "group")}
    for lot in range(2):
        sites = {s for s, area in plan.problem.neighbourhood_of.items() if area in division.areas(lot)}
        bought_here = bought.expected.sel(neighbourhood=list(division.areas(lot)), tier="group").sum()
        told = any(note.startswith(f"Lot {lot + 1} has no") and "group living" in note for note in notes)
        assert told == (float(bought_here) > 0.01 and "S2" not in sites)


def test_a_tariff_below_the_cost_price_is_told(plan, tmp_path):
    """A cost price of 1,200 beside the tariff of 1,000 a week: 200 short."""
    file = tmp_path / "prices.csv"
    file.write_text(f"tier,{','.join(ELEMENTS)}\nbed,800,100,150,20,80,50\n", encoding="utf-8")
    bought, wish = volumes(plan, draws=2), Wish(lots=1)
    division = divide(Patchwork.of(plan, bought, wish), wish)
    given = read_price_bases(file, plan.problem.region.parameters.tiers)
    told = Tender(plan, bought, division, wish, given, "en").text()
    assert "the tariff of 1,000.00 is 200.00 below the cost price of 1,200.00" in told
