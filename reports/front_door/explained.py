"""Explanation of a plan with its tables, map and plots."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import pandas as pd

from models.drawing import AreaMap, Graph
from models.result import Result
from reports.answers.explanation import as_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from optimiser.explain.binding_rules import Binding
    from optimiser.explain.explanation import Explanation
    from optimiser.explain.marginal_values import Worth
    from reports.text.notation import Language


@dataclass(frozen=True, repr=False)
class ExplainedPlan(Result):
    """What binds in a plan, what one more unit is worth and why sites run, told in one language."""

    explanation: Explanation
    lang: Language

    def summary(self) -> str:
        """Return all that is said."""
        return as_text(self.explanation, self.lang)

    def _frames(self) -> Mapping[str, Callable[[], pd.DataFrame]]:
        return {"binding": self._binding, "values": self._values, "sites": self._sites}

    def _binding(self) -> pd.DataFrame:
        rows = [
            (one.rule.name, one.rule.unit, ", ".join(map(str, one.label)), one.over)
            for one in self.explanation.bindings
        ]
        return pd.DataFrame(rows, columns=["rule", "unit", "label", "over"])

    def _values(self) -> pd.DataFrame:
        return pd.DataFrame([_value_row(one) for one in self.explanation.worths])

    def _sites(self) -> pd.DataFrame:
        rows = [asdict(one) | {"distinguishable": one.is_distinguishable} for one in self.explanation.sites]
        return pd.json_normalize(rows)

    def _graphs(self) -> Mapping[str, Callable[[], Graph]]:
        return {"binding": self._binding_graph, "values": self._values_graph}

    def _binding_graph(self) -> Graph:
        counted = self._binding()["rule"].value_counts().to_frame("rows")
        return Graph(counted, "Rows that bind, by rule", "rows", "bar")

    def _values_graph(self) -> Graph:
        known = self._values().dropna(subset=["eur", "points"])
        frame = known.set_index(known["what"] + " · " + known["label"])[["eur", "points"]]
        return Graph(frame.rename_axis("one more"), "What one unit more changes", "discounted EUR", "bar")

    def _area_map(self) -> AreaMap:
        problem = self.explanation.plan.problem
        counted = Counter(area for one in self.explanation.bindings for area in self._areas(one))
        values = pd.Series(counted, dtype=float).reindex(list(problem.areas)).fillna(0.0)
        return AreaMap(problem.region.neighbourhoods, values, "Rows of rules that bind, by neighbourhood")

    def _areas(self, binding: Binding) -> Iterator[str]:
        """Generate the neighbourhoods that the label of a row names, by itself, its site or municipality."""
        problem = self.explanation.plan.problem
        for part in map(str, binding.label):
            if part in problem.municipality_of:
                yield part
            elif part in problem.neighbourhood_of:
                yield problem.neighbourhood_of[part]
            elif part in problem.towns:
                yield from (area for area, town in problem.municipality_of.items() if town == part)


def _value_row(one: Worth) -> dict[str, object]:
    change = {"eur": None, "points": None, "waiting": None, "minutes": None}
    known = change if one.change is None else {name: getattr(one.change, name) for name in change}
    where = {"what": one.what, "rule": one.rule.name, "label": ", ".join(map(str, one.label))}
    return {**where, "basis": one.basis, "price": one.price, **known}
