"""What must be true of any region: looser rules never cost more, names and order mean nothing, money scales.

Regions are drawn by hypothesis as variants of the tiny one, the same on every run (derandomised).
Where only the value of the best plan matters, the model's arrays are solved by scipy; our own
search is held against that in test_solve.py and test_brute_force.py.
"""

import json
import re
from dataclasses import dataclass, replace
from random import Random

import pytest
from builders import SITE_COLUMNS, SOFT, WAIT, best, least_cost, tiny_problem
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from tiny import MUNICIPALITIES, REGION, neighbourhoods

from optimiser.problem import Problem

MONEY = {
    "tiers.bed.rate": 1_000, "tiers.bed.building": 100_000, "tiers.bed.closing": 5_000,
    "tiers.group.running": 50_000, "tiers.group.place": 10_000, "tiers.group.client": 400,
    "tiers.group.building": 50_000, "tiers.group.closing": 2_000, "tiers.home.rate": 300,
    "costs.new_home": 2_000, "costs.bridging": 200, "costs.conversions.bed.group.cost": 10_000,
}  # fmt: skip
"""Every euro of the tiny region."""

POINTS = {
    "weights.travel": 10, "weights.misfit": 1_000, "weights.waiting": 100_000, "weights.unasked_move": 500,
    "policies.intramural_reduction.price": 10_000, "policies.within_travel_norm.price": 1_000,
    "policies.neighbourhood_concentration.price": 100,
    "policies.fair_share_between_municipalities.price": 100,
    "policies.waiting_does_not_grow.price": 20_000,
    "policies.agreed_decisions_are_kept.price": 1_000_000,
    "policies.residents_stay.price": 60_000, "policies.residents_stay.asked": 1_000,
}  # fmt: skip
"""Every point of the tiny region."""

# shrinking a failing region takes minutes and one that fails is small enough to follow as it is
few = settings(max_examples=6, deadline=None, derandomize=True, phases=(Phase.explicit, Phase.generate))


@dataclass(frozen=True)
class Variant:
    """A tiny region with other numbers."""

    beds: int
    groups: int
    most: int
    light_waiting: int
    offers: tuple[int, int, int]
    running: int
    conversion: int
    by_end: float
    share: float
    norm: float
    band: float
    better: float
    recovered: float
    inflow: float
    years_ahead: int

    @property
    def settings(self) -> dict[str, str]:
        """The variant's numbers by dotted key."""
        return {
            "tiers.group.running": str(self.running),
            "costs.conversions.bed.group.cost": str(self.conversion),
            "policies.intramural_reduction.by_end": str(self.by_end),
            "policies.within_travel_norm.share": str(self.share),
            "policies.neighbourhood_concentration.norm": str(self.norm),
            "policies.fair_share_between_municipalities.band": str(self.band),
            "policies.replacement_before_closure.years_ahead": str(self.years_ahead),
            "pathway.transitions.bed.intensive.light": str(self.better),
            "pathway.recovered.home.light": str(self.recovered),
            "pathway.inflow.share": str(self.inflow),
        }

    @property
    def sites(self) -> str:
        """The rows of sites.csv."""
        return SITE_COLUMNS + (
            f"S1,Site one,N1,provider A,existing,bed,{self.beds},0,{self.beds},12,\n"
            "S1,Site one,N1,provider A,existing,group,0,0,12,12,\n"
            f"S2,Site two,N2,provider B,existing,group,{self.groups},0,{self.most},{self.most},\n"
            "S3,Site three,N3,provider B,candidate,group,0,0,8,8,2022\n"
        )

    @property
    def clients(self) -> str:
        """The rows of clients.csv: beds and group places are full."""
        return (
            "municipality,profile,tier,clients,year,form,basis\n"
            f"M1,intensive,bed,{self.beds - 2},2021,ZIN,origin\nM2,intensive,bed,2,2021,ZIN,origin\n"
            f"M1,light,group,{self.groups},2021,ZIN,origin\nM1,light,home,2,2021,ZIN,origin\n"
            f"M2,light,home,2,2021,ZIN,origin\nM2,light,waiting,{self.light_waiting},2021,ZIN,origin\n"
        )

    @property
    def homes(self) -> str:
        """The rows of homes.csv."""
        first, second, third = self.offers
        return (
            "corporation,municipality,year,homes\nC1,M1,2021,2\nC1,M2,2021,2\n"
            f"C1,M1,2022,{first}\nC1,M1,2023,{second}\nC1,M2,2023,{third}\n"
        )

    def problem(self, changes: dict[str, str] | None = None, **files: str) -> Problem:
        """Return the variant's problem, with other settings or files."""
        written = {"sites": self.sites, "clients": self.clients, "homes": self.homes} | files
        return tiny_problem(self.settings | (changes or {}), **written)


def one_of(*values: float) -> st.SearchStrategy:
    """Draw one of a few round numbers, so that a failing example can be followed on paper."""
    return st.sampled_from(values)


variants = st.builds(
    Variant,
    beds=st.integers(3, 8),
    groups=st.integers(2, 5),
    most=st.integers(5, 8),
    light_waiting=st.integers(0, 4),
    offers=st.tuples(*[st.integers(0, 2)] * 3),
    running=one_of(10_000, 40_000, 70_000),
    conversion=one_of(5_000, 50_000, 200_000),
    by_end=one_of(0.0, 0.4, 0.9),
    share=one_of(0.5, 0.9),
    norm=one_of(0.1, 0.5),
    band=one_of(0.1, 0.5),
    better=one_of(0.0, 0.3),
    recovered=one_of(0.0, 0.3),
    inflow=one_of(0.0, 0.15),
    years_ahead=st.integers(0, 1),
)


def no_more(loose: Problem, strict: Problem) -> bool:
    """Tell whether the looser problem costs no more than the stricter one, a cent aside."""
    return least_cost(loose) <= least_cost(strict) + 0.01


@few
@given(variants, st.sampled_from((*SOFT, "replacement_before_closure")))
def test_a_policy_less_never_costs_more(variant, policy):
    """Switched off, a policy asks for nothing; hard, it asks for more than with a price."""
    problem = variant.problem()
    off = problem.with_modes(**{policy: "off"})
    assert no_more(off, problem)
    if policy in SOFT:
        assert no_more(problem, problem.with_modes(**{policy: "hard"}))


@few
@given(variants, st.integers(0, 2))
def test_a_larger_offer_of_homes_never_costs_more(variant, which):
    """Two homes more, in one place and year: nobody has to take them."""
    offers = list(variant.offers)
    offers[which] += 2
    more = replace(variant, offers=tuple(offers))
    assert no_more(more.problem(), variant.problem())


@few
@given(variants)
def test_a_larger_reach_never_costs_more(variant):
    """From 3 minutes, where N3 and S1 are out of each other's reach, to 10."""
    near = {f"tiers.{tier}.reach": "3" for tier in ("bed", "group", "home")}
    assert no_more(variant.problem(), variant.problem(near))


@few
@given(variants)
def test_one_candidate_site_more_never_costs_more(variant):
    """A fourth site may stay as empty as it is; the floor of the norm of concentration is not moved by it."""
    fourth = variant.sites + "S4,Site four,N2,provider C,candidate,group,0,0,6,6,2022\n"
    assert no_more(variant.problem(sites=fourth), variant.problem())


@few
@given(variants)
def test_looser_numbers_never_cost_more(variant):
    """A larger plot, a smaller least size, a faster pace: each by itself."""
    least = least_cost(variant.problem())
    faster = {"policies.replacement_before_closure.most_per_year": "1.0"}
    assert least_cost(variant.problem(faster)) <= least + 0.01
    larger = variant.sites.replace("0,0,12,12", "0,0,12,15").replace(
        f"{variant.beds},12,", f"{variant.beds},15,"
    )
    assert least_cost(variant.problem(sites=larger)) <= least + 0.01
    # the floor of the norm is the least size: switched off here, so that only running is looser
    off = {"policies.neighbourhood_concentration.mode": "off"}
    smaller = off | {"tiers.bed.least": "1", "tiers.group.least": "1"}
    assert no_more(variant.problem(smaller), variant.problem(off))


@few
@given(variants, one_of(0.5, 3.0))
def test_money_and_points_scale_the_objective(variant, factor):
    """All amounts times a factor: the same plans in the same order, so the objective times the factor."""
    amounts = MONEY | POINTS | {
        "tiers.group.running": variant.running, "costs.conversions.bed.group.cost": variant.conversion,
    }  # fmt: skip
    scaled = variant.problem({key: repr(amount * factor) for key, amount in amounts.items()})
    assert least_cost(scaled) == pytest.approx(factor * least_cost(variant.problem()), rel=1e-7)


def test_nothing_that_costs_is_left_out_of_the_scaling():
    """The two lists above hold every key of the tiny region that is counted in euros or points."""
    said = {
        row.key for row in tiny_problem().region.assumptions.itertuples()
        if isinstance(row.unit, str) and row.unit.startswith(("EUR", "points/")) and row.value
    }  # fmt: skip
    assert said == set(MONEY) | set(POINTS)


@few
@given(variants)
def test_one_client_more_never_costs_less_and_waiting_is_the_most(variant):
    """Somebody more who waits may go on waiting, in both years, at the dearest.

    Without the norm of travel and the ban on more waiting, which count people, nothing else changes.
    """
    people = {
        "policies.within_travel_norm.mode": "off",
        "policies.waiting_does_not_grow.mode": "off",
        "pathway.inflow.share": "0.0",
    }
    more = replace(variant, light_waiting=variant.light_waiting + 1)
    before, after = least_cost(variant.problem(people)), least_cost(more.problem(people))
    assert before - 0.01 <= after <= before + 2 * WAIT + 0.01


@few
@given(variants)
def test_a_region_of_twice_the_size_costs_at_most_twice(variant):
    """All people, places, plots, homes and least sizes twice: doing everything twice is one plan of it.

    A site still runs once, so the larger region may even be cheaper per head, never dearer.
    """
    twice = replace(
        variant,
        beds=2 * variant.beds,
        groups=2 * variant.groups,
        most=2 * variant.most,
        light_waiting=2 * variant.light_waiting,
        offers=tuple(2 * homes for homes in variant.offers),
    )
    sites = twice.sites.replace("12,12", "24,24").replace(f"{twice.beds},12,", f"{twice.beds},24,")
    sites = sites.replace("8,8,2022", "16,16,2022")
    clients = twice.clients.replace(f"bed,{twice.beds - 2}", f"bed,{2 * (variant.beds - 2)}")
    clients = clients.replace("M2,intensive,bed,2", "M2,intensive,bed,4")
    clients = clients.replace("light,home,2", "light,home,4")
    homes = twice.homes.replace("2021,2", "2021,4")
    doubled = {"tiers.bed.least": "4", "tiers.group.least": "4"}
    doubled |= {"policies.neighbourhood_concentration.norm": str(2 * variant.norm)}
    larger = least_cost(twice.problem(doubled, sites=sites, clients=clients, homes=homes))
    assert larger <= 2 * least_cost(variant.problem()) + 0.01


NAMES = {
    "N1": "WK0114_03", "N2": "A", "N3": "Z9", "S1": "zz_top", "S2": "B1", "S3": "a", "M1": "GM_2",
    "M2": "GM_1", "C1": "Woonstee", "bed": "T3", "group": "T1", "home": "T2", "intensive": "p9",
    "light": "p1",
}  # fmt: skip
"""Other codes, whose alphabetical order is not that of the old ones."""


CODES = "|".join(NAMES)


def renamed(text: str) -> str:
    """Return a text with every code replaced where it stands as a word, or alone in quotation marks."""
    words = rf"""(?<![\w"'])({CODES})(?!\w)|(?<=")({CODES})(?=")"""
    return re.sub(words, lambda found: NAMES[found[0]], text)


def renamed_region() -> str:
    """Return region.toml with its codes replaced; names stay, and `home` as a setting is no code."""
    lines = REGION.splitlines()
    return "\n".join(line if line.startswith(("name", "setting")) else renamed(line) for line in lines) + "\n"


def shuffled(table: str, random: Random) -> str:
    """Return a table with its rows in another order."""
    header, *rows = table.splitlines()
    random.shuffle(rows)
    return "\n".join([header, *rows]) + "\n"


@few
@given(variants, st.randoms(use_true_random=False))
def test_codes_and_the_order_of_rows_mean_nothing(variant, random):
    """The same region under other codes, rows and areas in another order: the same objective."""
    tables = {"sites": variant.sites, "clients": variant.clients, "homes": variant.homes}
    tables |= {"municipalities": MUNICIPALITIES}
    files = {name: shuffled(renamed(text), random) for name, text in tables.items()}
    areas = neighbourhoods()
    random.shuffle(areas["features"])
    files |= {"neighbourhoods": renamed(json.dumps(areas)), "region": renamed_region()}
    other = tiny_problem({renamed(key): value for key, value in variant.settings.items()}, **files)
    for index in (
        other.sites.index,
        other.tiers.index,
        other.neighbourhoods.index,
        other.municipalities.index,
    ):
        assert set(index) <= set(NAMES.values())
    assert least_cost(other) == pytest.approx(least_cost(variant.problem()), rel=1e-9)


@settings(few, max_examples=3)
@given(variants)
def test_the_search_finds_what_scipy_finds(variant):
    """Our own search, and the check that each of its plans passes, on regions nobody has looked at."""
    plan = best(variant.problem())
    assert plan.proof.objective == pytest.approx(least_cost(variant.problem()), rel=1e-7)
    assert float(plan.data["waiting"].min()) >= 0
