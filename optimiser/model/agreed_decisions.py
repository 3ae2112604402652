"""Agreed decisions, kept; and wishes, kept unless departing from them pays its price."""

from collections.abc import Iterator

from models.region.decisions import DecidedHomes, DecidedPlaces
from optimiser.model.variables import Decisions
from optimiser.problem import Problem
from optimiser.rule import Row, Terms, rule


@rule(
    "policy",
    ("agreement", "year"),
    "places",
    nl="Wat is afgesproken over plekken en woningen staat zo in het plan.",
    en="What was agreed on places and homes stands in the plan as it was agreed.",
)
def agreed_decisions_are_kept(problem: Problem, x: Decisions) -> Iterator[Row]:
    """z[s,k,t] = agreed, and y[s,k,t] = 1 where that is not none; Σ_j∈place g[c,j,t] = agreed;
    where it is soft or a wish: |… − agreed| ≤ broken[agreement,t].
    """
    for decided in (problem.agreed, problem.wished):
        for places in decided.places:
            terms: Terms = [(x.places[places.site, places.tier, places.year], 1.0)]
            yield from _rows(x, places, terms, places.places)
            if places.places and (places.name, places.year) not in x.broken_agreements:
                runs = x.operating[places.site, places.tier, places.year]
                yield Row((places.name, "runs", places.year), [(runs, 1.0)], "==", 1.0)
        for homes in decided.homes:
            labels = [(homes.corporation, j, homes.year) for j in homes.neighbourhoods]
            new: Terms = [(x.new_homes[label], 1.0) for label in labels if label in x.new_homes]
            yield from _rows(x, homes, new, homes.homes)


def _rows(x: Decisions, one: DecidedPlaces | DecidedHomes, terms: Terms, agreed: int) -> Iterator[Row]:
    label = (one.name, one.year)
    if label not in x.broken_agreements:
        yield Row(label, terms, "==", float(agreed))
        return
    broken = x.broken_agreements[label]
    yield Row((one.name, "above", one.year), [*terms, (broken, -1.0)], "<=", float(agreed))
    yield Row((one.name, "below", one.year), [*terms, (broken, 1.0)], ">=", float(agreed))
