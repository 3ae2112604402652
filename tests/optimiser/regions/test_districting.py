"""Cooperating regions: scores worked out on paper, brute force on tiny ones, Drenthe as published."""

import json
from dataclasses import replace
from itertools import product

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny import write_tiny_region

import cli
from geodata.bundled import region_folder
from geodata.faults import InputError
from geodata.neighbours import merged
from models.demand.forecast import forecast
from models.inputs.care_flows import read_care_flows
from models.inputs.partition_file import Partition, present, read_partition, thought_of
from models.parameters.quantity import Quantity
from models.region.read_region import read_region
from optimiser.regions.cooperation import Cooperation, TierScale, Weighing
from optimiser.regions.districting import Partitioner, connected_sets

ZUIDOOST = {"Borger-Odoorn", "Coevorden", "Emmen"}
NOORD_EN_MIDDEN = {"Aa en Hunze", "Assen", "Midden-Drenthe", "Noordenveld", "Tynaarlo"}
ZUIDWEST = {"De Wolden", "Hoogeveen", "Meppel", "Westerveld"}
NINE_IN_A_PAIR_AND_THE_REST = "Hoogeveen, De Wolden; Meppel, Westerveld"


@pytest.fixture(scope="module")
def drenthe():
    """Return Drenthe as bundled."""
    return read_region(region_folder("drenthe"))


@pytest.fixture(scope="module")
def search(drenthe):
    """Return what scores partitions of Drenthe and finds the best."""
    return Partitioner(Cooperation.of(drenthe, forecast(drenthe)))


@pytest.fixture
def tiny(tmp_path):
    """Return the region of three squares, M1 (N1, N2) and M2 (N3)."""
    return read_region(write_tiny_region(tmp_path / "tiny"))


def names(search, towns):
    """Return municipalities by name."""
    return {search.known.names[search.known.position[town]] for town in towns}


def weighing(**values):
    """Return weights that are all 0 but for those named."""
    none = {"travel": 0, "tie": 0, "scale": 0, "balance": 0, "band": 0, "overhead": 0} | values
    return Weighing(**{name: Quantity(value=value, unit="points") for name, value in none.items()})


# ------------------------------------------------------------------ what scale costs


def test_a_tier_at_its_scale_costs_its_parts_by_hand():
    """18 clients at 90 % ask 20 places: two sites of ten.

    2 sites x 1,000 + 20 places x 100 + 18 clients x 10 = 4,180 EUR.
    """
    tier = TierScale("group", least=6, size=10, occupancy=0.9, running=1000, place=100, client=10)
    assert tier.euros(18) == pytest.approx(4180)
    assert tier.short(18) == 0


def test_a_tier_below_its_scale_pays_for_empty_places_by_hand():
    """3.6 clients at 90 % ask 4 places; six are paid, of which 2 below scale, and a whole site.

    1,000 + 6 x 100 + 3.6 x 10 = 1,636 EUR, and nothing where nobody asks.
    """
    tier = TierScale("group", least=6, size=10, occupancy=0.9, running=1000, place=100, client=10)
    assert tier.euros(3.6) == pytest.approx(1636)
    assert tier.short(3.6) == pytest.approx(2)
    assert (tier.euros(0), tier.short(0)) == (0, 0)


@given(st.floats(0, 100), st.floats(0, 100))
def test_splitting_never_saves_on_facilities(one, other):
    """Two groups pay at least what they would together: whole sites and least sizes only add."""
    tier = TierScale("group", least=6, size=10, occupancy=0.9, running=1000, place=100, client=10)
    assert tier.euros(one) + tier.euros(other) >= tier.euros(one + other) - 1e-6


def test_the_tiny_region_by_hand(tiny):
    """Ten beds in N1 and four group places in N2, all of M1; M2 has nothing of its own.

    M1 has 6 clients in beds and 4 in groups, ten and six parts of them from N1 and N2: beds 3.75 and
    2.25, groups 2.5 and 1.5. M2 has 4 in beds, from N3. To the bed in N1: half the radius of its own
    square (0.5·√(4/π) = 0.564 minutes) from N1, 2 from N2, 4 from N3; to the group 2 and 0.564.
    """
    search = Partitioner(Cooperation.of(tiny, forecast(tiny)))
    own = 0.5 * np.sqrt(4 / np.pi)
    assert search.known.clients == pytest.approx(np.array([[6, 4], [4, 0]]))
    (together,) = search.score(Partition("pooled", (("M1", "M2"),))).groups
    first = 3.75 * own + 2.25 * 2 + 2.5 * 2 + 1.5 * own
    assert together.client_minutes == pytest.approx([first, 4 * 4])
    split = search.score(Partition("split", (("M1",), ("M2",))))
    # M2 has no room for its four people: they go to M1 as before, and are its only ties
    assert [group.client_minutes.sum() for group in split.groups] == pytest.approx([first, 16])
    assert [group.elsewhere for group in split.groups] == pytest.approx([0, 4], abs=1e-6)
    assert [group.cut for group in split.groups] == pytest.approx([0, 4], abs=1e-6)
    # ten beds and one site of four group places, however they are shared: nobody asks groups in M2
    weeks = 365.25 / 7
    eur = 1000 * weeks * 10 + 50_000 + 10_000 * 4 + 400 * weeks * 4
    assert together.eur.sum() == pytest.approx(eur)
    assert split.eur == pytest.approx(eur)
    # weights of the tiny region: 10 points a minute; the two others are defaults
    assert split.points["travel"] == pytest.approx(10 * (first + 16))
    assert split.points["ties"] == pytest.approx(4 * 1000)
    # seven clients are an equal part, half of it more or less is let pass: 10 and 4 are within 3.5
    assert split.points["balance"] == 0


# ------------------------------------------------------------------ the best of all


def partitions_of(nodes):
    """Generate every partition of a list, each as a list of sets (restricted growth strings)."""
    for labels in product(*(range(n + 1) for n in range(len(nodes)))):
        if all(label <= max(labels[:n], default=-1) + 1 for n, label in enumerate(labels)):
            yield [{x for x, own in zip(nodes, labels, strict=True) if own == k} for k in set(labels)]


@st.composite
def cooperations(draw):
    """Return three to six municipalities in a connected graph, with anything for the rest."""
    count = draw(st.integers(3, 6))
    towns = tuple(f"M{n}" for n in range(count))
    graph = nx.Graph()
    graph.add_nodes_from(towns)
    for n in range(1, count):
        graph.add_edge(towns[n], towns[draw(st.integers(0, n - 1))])
    for _ in range(draw(st.integers(0, 3))):
        a, b = draw(st.permutations(towns))[:2]
        graph.add_edge(a, b)
    numbers = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    clients = numbers.integers(1, 12, (count, 2)).astype(float)
    return Cooperation(
        towns=towns, names=towns,
        tiers=(TierScale("bed", 4, 8, 0.9, 0, 900, 0), TierScale("rare", 6, 6, 1, 500, 100, 50)),
        clients=clients, room=numbers.permuted(clients, axis=0),
        minutes=numbers.uniform(1, 60, (2, count, count)), flows=numbers.uniform(0, 3, (count, count)),
        graph=graph,
        weighing=weighing(travel=3, tie=40, scale=200, balance=100, band=0.2, overhead=10),
    )  # fmt: skip


def total_in_plain_words(known, groups):
    """Return the score of a partition, written without the arrays of the code under test."""
    at, weigh = known.position, known.weighing
    everyone, points = known.clients.sum() / len(groups), 0.0
    for group in groups:
        points += weigh.overhead.value
        points += weigh.tie.value * sum(
            known.flows[at[a], at[b]] for a in group for b in at if b not in group
        )
        size = sum(known.clients[at[town]].sum() for town in group)
        points += weigh.balance.value * max(0, abs(size - everyone) - weigh.band.value * everyone)
        for k, tier in enumerate(known.tiers):
            asked = sum(known.clients[at[town], k] for town in group)
            places = asked / tier.occupancy
            points += tier.running * max(1, places / tier.size) + tier.client * asked
            points += tier.place * max(places, tier.least) + weigh.scale.value * max(0, tier.least - places)
            rooms = {town: known.room[at[town], k] for town in at}
            inside = sum(rooms[town] for town in group)
            part = min(1.0, inside / asked)
            for town in group:
                for host, room in rooms.items():
                    shared = part * room / inside if host in group else (1 - part) * room / (
                        sum(rooms.values()) - inside
                    )  # fmt: skip
                    points += (
                        weigh.travel.value
                        * known.clients[at[town], k]
                        * shared
                        * known.minutes[k, at[town], at[host]]
                    )
    return points


@settings(deadline=None, max_examples=25)
@given(cooperations(), st.integers(1, 3))
def test_the_best_is_the_best_of_all_partitions(known, count):
    """Every partition into as many contiguous groups, scored in plain words: none is below the best."""
    search = Partitioner(known)
    best = search.best(count)
    assert best.scored.is_contiguous
    contiguous = [
        groups
        for groups in partitions_of(known.towns)
        if len(groups) == count and all(nx.is_connected(known.graph.subgraph(group)) for group in groups)
    ]
    least = min(total_in_plain_words(known, groups) for groups in contiguous)
    assert best.scored.total == pytest.approx(least, rel=1e-6)
    assert best.gap <= 1e-6


@settings(deadline=None, max_examples=25)
@given(cooperations())
def test_the_connected_sets_are_all_of_them(known):
    """The list holds each subset whose part of the graph hangs together, once."""
    listed = connected_sets(known.graph, 10_000)
    wanted = {
        frozenset(one)
        for mask in product([False, True], repeat=len(known.towns))
        if (one := [town for town, chosen in zip(known.towns, mask, strict=True) if chosen])
        and nx.is_connected(known.graph.subgraph(one))
    }
    assert len(listed) == len(set(listed))
    assert set(listed) == wanted


def test_too_many_groups_are_refused_and_not_searched_roughly():
    """Of a complete graph of 12 there are 4,095 connected sets: more than 4,000."""
    with pytest.raises(InputError, match="more than 4,000"):
        connected_sets(nx.relabel_nodes(nx.complete_graph(12), str), 4000)


@pytest.mark.parametrize("count", [0, 13])
def test_a_number_of_groups_that_cannot_be_is_a_fault(search, count):
    """Twelve municipalities make 1 to 12 groups."""
    with pytest.raises(InputError, match="from 1 to 12 groups"):
        search.best(count)


# ------------------------------------------------------------------ Drenthe: known answer 7


def test_the_published_partition_is_exact_and_disjoint(drenthe, search):
    """12 municipalities = 3 (Zuidoost) + 5 (Noord- en Midden) + 4 (Zuidwest), each contiguous."""
    scored = search.score(present(drenthe))
    assert [names(search, group.towns) for group in scored.groups] == [ZUIDOOST, NOORD_EN_MIDDEN, ZUIDWEST]
    assert sorted(town for group in scored.groups for town in group.towns) == sorted(search.known.towns)
    assert scored.is_contiguous


def test_the_variants_of_the_sources_lie_in_the_folder(drenthe, search):
    """Nine of Assen beside Zuidoost; and De Wolden with Hoogeveen, which leaves Meppel with Westerveld."""
    pair, nine = (search.score(one) for one in thought_of(drenthe))
    assert [names(search, group.towns) for group in nine.groups] == [ZUIDOOST, NOORD_EN_MIDDEN | ZUIDWEST]
    assert [names(search, group.towns) for group in pair.groups][2:] == [
        {"Hoogeveen", "De Wolden"}, {"Meppel", "Westerveld"},
    ]  # fmt: skip
    assert pair.is_contiguous
    assert nine.is_contiguous


def test_the_pair_is_below_the_scale_of_a_specialist_tier(drenthe, search):
    """De Wolden-Hoogeveen ask 4.4 places of group living, of which six is the least.

    Assen registers 18 of the 30, of whom 28.5 have a place: 17.1; the pair has 24.3 % of the people of 15
    and over of the nine municipalities, and 5 % of the places stand empty: 17.1 x 0.243 / 0.95 = 4.4.
    """
    tiers = [tier.tier for tier in search.known.tiers]
    pair = search.score(thought_of(drenthe)[0]).groups[2]
    assert dict(zip(tiers, pair.short, strict=True))["group_living"] == pytest.approx(6 - 4.37, abs=0.01)
    assert search.score(present(drenthe)).short == pytest.approx(0)


def test_who_pays_for_splitting_adds_up(drenthe, search):
    """What each municipality pays more when split is together what the split costs; only those split pay."""
    pooled = search.score(Partition("pooled", (search.known.towns,)))
    split = search.score(thought_of(drenthe)[0])
    before = {town: eur for g in pooled.groups for town, eur in zip(g.towns, g.eur.sum(axis=1), strict=True)}
    after = {town: eur for g in split.groups for town, eur in zip(g.towns, g.eur.sum(axis=1), strict=True)}
    more = {town: after[town] - before[town] for town in search.known.towns}
    assert sum(more.values()) == pytest.approx(split.eur - pooled.eur)
    assert split.eur - pooled.eur > 100_000
    assert names(search, [town for town, eur in more.items() if eur > 1]) == ZUIDWEST


def test_the_best_of_three_is_near_the_published_one(drenthe, search):
    """None of all partitions into three is better than the best, and the published one is 0.06 % above it."""
    best = search.best(3)
    published = search.score(present(drenthe))
    assert best.gap <= 1e-6
    assert best.scored.is_contiguous
    assert best.scored.total <= published.total <= 1.001 * best.scored.total
    # and into two: the regions of the two central municipalities, as they were before
    assert {frozenset(names(search, group.towns)) for group in search.best(2).scored.groups} == {
        frozenset(ZUIDOOST), frozenset(NOORD_EN_MIDDEN | ZUIDWEST),
    }  # fmt: skip


def test_every_group_of_every_number_hangs_together(search):
    """Proven on the neighbourhoods' own borders, by networkx."""
    for count in (2, 4, 6):
        groups = search.best(count).scored.groups
        assert len(groups) == count
        assert all(nx.is_connected(search.known.graph.subgraph(group.towns)) for group in groups)
        assert sorted(town for group in groups for town in group.towns) == sorted(search.known.towns)


# ------------------------------------------------------------------ what is given


def test_a_partition_is_read_by_name_or_code(tiny):
    """Names in any case, codes, and spaces where people put them."""
    town = tiny.municipalities["name"]["M1"]
    assert read_partition(f" {town.upper()} ; m2", tiny).groups == (("M1",), ("M2",))


@pytest.mark.parametrize(
    ("given", "told"), [("M1", "in no group"), ("M1,M2;M1", "2 times"), ("M1;M2,Mx", "the municipality 'Mx'")]
)
def test_a_partition_that_is_none_is_a_fault(tiny, given, told):
    """Each municipality stands in one group, and no other does."""
    with pytest.raises(InputError, match=told):
        read_partition(given, tiny)


def test_a_partition_that_is_not_contiguous_is_scored_and_called_so(search, drenthe):
    """Emmen and Meppel do not touch."""
    rest = ",".join(sorted(set(search.known.names) - {"Emmen", "Meppel"}))
    scored = search.score(read_partition(f"Emmen,Meppel;{rest}", drenthe))
    assert not scored.is_contiguous


def test_counted_flows_take_the_place_of_the_estimate(tiny, tmp_path):
    """Three people from M2 live in M1: three ties are cut, and nobody has to guess."""
    file = tmp_path / "flows.csv"
    file.write_text("origin,destination,clients\nM2,M1,3\nM1,M1,11\n", encoding="utf-8")
    known = Cooperation.of(tiny, forecast(tiny), flows=read_care_flows(file, tiny))
    assert not known.flows_are_estimated
    assert Partitioner(known).score(Partition("split", (("M1",), ("M2",)))).cut == 3


@pytest.mark.parametrize(
    ("rows", "told"),
    [("M1,M9,3", "'M9'"), ("M1,M2,few", "'few'"), ("M1,M2,-1", "'-1'"), ("M1,M2,1\nM1,M2,1", "twice")],
)
def test_faults_of_counted_flows_are_told(tiny, tmp_path, rows, told):
    """An unknown code, no number, less than nothing, a pair twice."""
    file = tmp_path / "flows.csv"
    file.write_text(f"origin,destination,clients\n{rows}\n", encoding="utf-8")
    with pytest.raises(InputError, match=told):
        read_care_flows(file, tiny)


def test_weights_are_changed_by_name_or_refused():
    """A name that is unknown and a number below 0 are told together."""
    known = weighing()
    assert known.changed({"tie": "5"}) == replace(
        known, tie=Quantity(value=5, unit="points", note="given by --weigh")
    )
    with pytest.raises(InputError, match="2 faults"):
        known.changed({"ties": "5", "band": "-1"})


def test_merged_areas_are_neighbours_where_a_border_is():
    """Borders of areas of the same two groups add up; those inside a group are no border."""
    graph = nx.Graph()
    graph.add_edge("a", "b", border=1.0)
    graph.add_edge("b", "c", border=2.0)
    graph.add_edge("a", "c", border=4.0)
    groups = merged(graph, {"a": "x", "b": "x", "c": "y"})
    assert dict(groups.edges) == {("x", "y"): {"border": 6.0}}


# ------------------------------------------------------------------ the command


def test_the_command_as_json(tmp_path, capsys):
    """All together, what is given, and the best; municipalities add up to the whole."""
    folder = write_tiny_region(tmp_path / "tiny")
    assert cli.main(["partition", str(folder), "--into", "1-2", "--given", "M1;M2", "--json"]) == cli.DONE
    told = json.loads(capsys.readouterr().out)
    assert told["partitions"][0]["name"] == "pooled"
    assert {"--given", "best of 1", "best of 2"} <= {one["name"] for one in told["partitions"]}
    for one in told["partitions"]:
        assert sum(town["eur"] for town in one["municipalities"]) == pytest.approx(one["eur"])
    assert all(proof["gap"] <= 1e-6 for proof in told["proofs"])


@pytest.mark.parametrize(
    ("lang", "said"), [("nl", "Wie betaalt voor splitsen"), ("en", "Who pays for splitting")]
)
def test_the_command_in_both_languages(tmp_path, capsys, lang, said):
    """What people read is in their language, assumptions are called so."""
    folder = write_tiny_region(tmp_path / "tiny")
    assert cli.main(["partition", str(folder), "--into", "2", "--lang", lang]) == cli.DONE
    out = capsys.readouterr().out
    assert said in out
    assert {"nl": "aanname", "en": "assumption"}[lang] in out


def test_a_range_that_is_none_is_refused(tmp_path, capsys):
    """From more to fewer, or no number at all."""
    for into in ("4-2", "x", "2-3-4", "0"):
        with pytest.raises(SystemExit):
            cli.parse(["partition", "drenthe", "--into", into])
    capsys.readouterr()
