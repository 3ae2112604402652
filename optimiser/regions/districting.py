"""Districting of municipalities into contiguous cooperating groups, proven optimal.

A partition chooses groups from every connected set of municipalities, so the search is a set
partitioning problem whose columns are all there:

    minimise Σ cost(S) · x(S)    with    Σ_{S ∋ m} x(S) = 1 for every m,    Σ x(S) = number of groups

Contiguity is in the columns and needs no rows. All connected sets of the bundled regions are listed (at most
4,095 for twelve municipalities); above `MOST_SETS` the question is refused and not answered roughly.
"""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import networkx as nx
import numpy as np
import pulp

from geodata.faults import Fault, InputError
from models.inputs.partition_file import Partition
from optimiser.regions.cooperation import Cooperation, Floats
from optimiser.solver.highs import THREADS, use_one_thread_count

MOST_SETS = 60_000
"""Connected sets that are listed; 16 municipalities in a dense knot have 65,535."""


@dataclass(frozen=True)
class Group:
    """A set of municipalities and what cooperating costs them, per year of the base."""

    towns: tuple[str, ...]
    clients: Floats
    """(tier): clients with a place, by origin."""
    short: Floats
    """(tier): places below the least that the tier needs."""
    eur: Floats
    """(town of the group, tier): facilities, shared by clients."""
    client_minutes: Floats
    """(town of the group): minutes to the next free place, times clients."""
    elsewhere: float
    """Clients for whom the group has no room."""
    cut: float
    """Clients from here whose place is outside it."""
    connected: bool


@dataclass(frozen=True)
class ScoredPartition:
    """A partition on the one scale on which all are compared."""

    partition: Partition
    groups: tuple[Group, ...]
    beyond_band: tuple[float, ...]
    """(group): clients beyond the band around an equal part."""
    points: dict[str, float]
    """Part → points or euros a year; their sum is `total`."""

    @property
    def total(self) -> float:
        """What partitions are compared by: euros and points together."""
        return sum(self.points.values())

    @property
    def is_contiguous(self) -> bool:
        """Whether every group hangs together."""
        return all(group.connected for group in self.groups)

    @property
    def eur(self) -> float:
        """Euros a year for the facilities."""
        return float(sum(group.eur.sum() for group in self.groups))

    @property
    def minutes(self) -> float:
        """Minutes of a client to the next free place, on average."""
        clients = sum(float(group.clients.sum()) for group in self.groups)
        return float(sum(group.client_minutes.sum() for group in self.groups)) / clients if clients else 0.0

    @property
    def short(self) -> Floats:
        """(tier): places below the least, over the groups."""
        return np.sum([group.short for group in self.groups], axis=0)

    @property
    def cut(self) -> float:
        """Clients whose place is in another group."""
        return sum(group.cut for group in self.groups)


@dataclass(frozen=True)
class Best:
    """The best partition into a number of groups, with the solver's proof."""

    scored: ScoredPartition
    sets: int
    """Connected sets from which it was chosen."""
    bound: float
    """No partition into as many groups is below this."""
    seconds: float

    @property
    def gap(self) -> float:
        """Distance to the bound as a share of the total."""
        total = self.scored.total
        return max(0.0, total - self.bound) / abs(total) if total else 0.0


@dataclass(frozen=True)
class Partitioner:
    """Scores partitions of one region and finds the best."""

    known: Cooperation

    @cached_property
    def connected_sets(self) -> tuple[frozenset[str], ...]:
        """Every connected set of municipalities, small ones first.

        Raises
        ------
        InputError
            When there are more than `MOST_SETS`.
        """
        return connected_sets(self.known.graph, MOST_SETS)

    @cached_property
    def groups(self) -> tuple[Group, ...]:
        """The connected sets with what they cost."""
        return tuple(
            self.group(sorted(one, key=self.known.position.__getitem__)) for one in self.connected_sets
        )

    def group(self, towns: Sequence[str]) -> Group:
        """Return what cooperating costs a set of municipalities."""
        known = self.known
        inside = np.isin(known.towns, list(towns))
        clients = known.clients[inside].sum(axis=0)
        client_minutes, elsewhere = _travelled(known, inside, clients)
        costs = [tier.euros(c) for tier, c in zip(known.tiers, clients, strict=True)]
        part = np.divide(
            known.clients[inside], clients, out=np.zeros_like(known.clients[inside]), where=clients > 0
        )
        return Group(
            towns=tuple(town for town, here in zip(known.towns, inside, strict=True) if here),
            clients=clients,
            short=np.array([tier.short(c) for tier, c in zip(known.tiers, clients, strict=True)]),
            eur=part * np.array(costs),
            client_minutes=client_minutes,
            elsewhere=elsewhere,
            cut=float(known.flows[inside][:, ~inside].sum()),
            connected=nx.is_connected(known.graph.subgraph(towns)),
        )

    def score(self, partition: Partition) -> ScoredPartition:
        """Return any partition, contiguous or not, on the scale of all of them."""
        groups = tuple(self.group(towns) for towns in partition.groups)
        beyond = tuple(self._beyond(group, len(groups)) for group in groups)
        points: dict[str, float] = dict.fromkeys(
            ("facilities", "overhead", "travel", "ties", "scale", "balance"), 0.0
        )
        for group in groups:
            for part, amount in self._parts(group, len(groups)).items():
                points[part] += amount
        return ScoredPartition(partition, groups, beyond, points)

    def best(self, count: int) -> Best:
        """Return the best partition into `count` contiguous groups.

        Raises
        ------
        InputError
            When there are fewer municipalities than groups, or more parts that do not touch than groups.
        """
        began = time.monotonic()
        self._check(count)
        cost = [sum(self._parts(group, count).values()) for group in self.groups]
        chosen, bound = _set_partition(self.known.towns, self.connected_sets, cost, count)
        order = sorted(
            (self.groups[n].towns for n in chosen), key=lambda towns: self.known.position[towns[0]]
        )
        scored = self.score(Partition(f"best of {count}", tuple(order)))
        return Best(scored, len(self.groups), min(bound, scored.total), time.monotonic() - began)

    def _check(self, count: int) -> None:
        parts = nx.number_connected_components(self.known.graph)
        if not parts <= count <= len(self.known.towns):
            expected = f"from {parts} to {len(self.known.towns)} groups"
            remedy = f"There are {len(self.known.towns)} municipalities"
            remedy += f" in {parts} parts that do not touch." if parts > 1 else "."
            raise InputError([Fault("--into", str(count), expected, remedy)])

    def _beyond(self, group: Group, count: int) -> float:
        equal = float(self.known.clients.sum()) / count
        return max(0.0, abs(float(group.clients.sum()) - equal) - self.known.weighing.band.value * equal)

    def _parts(self, group: Group, count: int) -> dict[str, float]:
        weigh = self.known.weighing
        return {
            "facilities": float(group.eur.sum()),
            "overhead": weigh.overhead.value,
            "travel": weigh.travel.value * float(group.client_minutes.sum()),
            "ties": weigh.tie.value * group.cut,
            "scale": weigh.scale.value * float(group.short.sum()),
            "balance": weigh.balance.value * self._beyond(group, count),
        }


def _travelled(known: Cooperation, inside: np.ndarray, clients: Floats) -> tuple[Floats, float]:
    """Return client-minutes per town of a group to the next free place, and clients with no room in it."""
    minutes, elsewhere = np.zeros(int(inside.sum())), 0.0
    for k, count in enumerate(clients):
        if count <= 0:
            continue
        room = known.room[:, k]
        within = min(1.0, float(room[inside].sum()) / count)
        # What rounding leaves is no person that has to look elsewhere.
        within = 1.0 if within > 1 - 1e-9 or not room[~inside].any() else within
        reach = known.minutes[k][inside]
        near = _mean(reach[:, inside], room[inside])
        far = _mean(reach[:, ~inside], room[~inside])
        minutes += known.clients[inside, k] * (within * near + (1 - within) * far)
        elsewhere += (1 - within) * float(count)
    return minutes, elsewhere


def _mean(minutes: Floats, places: Floats) -> Floats:
    """Return (origin) minutes to places, each as likely as the next; 0 where there are none."""
    total = places.sum()
    return minutes @ places / total if total > 0 else np.zeros(len(minutes))


def connected_sets(graph: "nx.Graph[str]", most: int) -> tuple[frozenset[str], ...]:
    """Return every connected set of nodes, small ones first.

    Raises
    ------
    InputError
        When there are more than `most`.
    """
    ring = {node: frozenset(graph.neighbors(node)) for node in graph}
    sets: dict[frozenset[str], None] = {frozenset([node]): None for node in graph}
    todo = list(sets)
    while todo:
        grown = dict.fromkeys(one | {node} for one in todo for node in _around(one, ring))
        todo = [one for one in grown if one not in sets]
        sets.update(dict.fromkeys(todo))
        if len(sets) > most:
            raise InputError([_too_many(len(graph), most)])
    return tuple(sets)


def _around(nodes: frozenset[str], ring: dict[str, frozenset[str]]) -> frozenset[str]:
    return frozenset().union(*(ring[node] for node in nodes)) - nodes


def _too_many(towns: int, most: int) -> Fault:
    return Fault(
        "municipalities.csv",
        f"{towns} municipalities with more than {most:,} connected groups",
        "a region whose groups can all be listed",
        "Score a partition of your own with --given, or partition a part of the region.",
    )


def _set_partition(
    towns: Sequence[str], sets: Sequence[Iterable[str]], cost: Sequence[float], count: int
) -> tuple[list[int], float]:
    """Return the positions of the sets that cover every town once at least cost, and a bound on that cost."""
    program = pulp.LpProblem("partition", pulp.LpMinimize)
    chosen = [program.add_variable(f"group_{n}", 0, 1, cat="Binary") for n in range(len(sets))]
    program.setObjective(pulp.lpSum_vars_coefs(list(zip(chosen, cost, strict=True))))
    for number, town in enumerate(towns):
        holds = [variable for variable, one in zip(chosen, sets, strict=True) if town in one]
        program.addConstraint(pulp.lpSum_vars(holds) == 1, f"in_one_group_{number}")
    program.addConstraint(pulp.lpSum_vars(chosen) == count, "number_of_groups")
    use_one_thread_count()
    stats = program.solve(pulp.HiGHS(msg=False, gapRel=0.0, threads=THREADS))
    if not stats.has_solution or stats.objective is None:
        raise RuntimeError(f"no partition into {count} groups: {stats.status}")
    bound = stats.best_bound if stats.best_bound is not None else stats.objective
    return [n for n, variable in enumerate(chosen) if (variable.value() or 0.0) > 0.5], float(bound)
