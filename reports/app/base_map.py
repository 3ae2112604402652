"""The map of a region before there is any plan: its areas, its sites and the places of the base year."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from reports.maps import drawing
from reports.maps.labels import Label, town_labels
from reports.maps.symbols import NOTHING, SHADES, SIGNS, UNKNOWN, breaks, radius

if TYPE_CHECKING:
    from models.region.region import Region
    from reports.app.wording import Wording


@dataclass(frozen=True)
class Ground:
    """What both maps of the page are drawn on: paths, points and names in drawing units."""

    height: float
    areas: list[tuple[str, str]]
    borders: list[str]
    sites: list[tuple[str, float, float]]
    labels: list[Label]

    @classmethod
    def of(cls, region: Region) -> Ground:
        """Return the ground of a region."""
        areas = region.neighbourhoods
        frame = drawing.Frame.around(areas)
        shapes = drawing.simplified(areas, frame)
        towns, points = areas["municipality"], drawing.site_points(region.sites[["x", "y"]], frame)[0]
        places = region.site_tiers["places"].groupby(level="site").sum()
        # large signs first, so that small ones stay in sight
        outlines = [shapes[towns == code].union_all() for code in sorted(towns.unique())]
        order = sorted(points, key=lambda site: (-float(places.get(site, 0)), site))
        return cls(
            height=round(frame.height, 1),
            areas=[(str(code), drawing.path(shape, frame)) for code, shape in shapes.items()],
            borders=[drawing.path(outline, frame) for outline in outlines],
            sites=[(site, *points[site]) for site in order],
            labels=town_labels(areas, region.municipalities["name"], frame),
        )


def base_data(region: Region, words: Wording) -> dict[str, Any]:
    """Return the figures of the base year in the shape in which those of a plan come."""
    areas, year = region.neighbourhoods, region.parameters.years.base
    totals = region.site_tiers["places"].groupby(level="site").sum().reindex(region.sites.index, fill_value=0)
    here = totals.groupby(region.sites["neighbourhood"]).sum().reindex(areas.index, fill_value=0)
    people = areas["inhabitants"].where(areas["inhabitants"] > 0)
    measure = 1000.0 * here / people
    ends = breaks(measure.to_numpy())
    values = {str(code): [round(float(v), 3) if np.isfinite(v) else None] for code, v in measure.items()}
    label = words("measure_places")
    return {
        "lang": words.lang,
        "years": [year],
        "measures": {"places": {"label": label, "breaks": ends, "legend": [], "values": values}},
        "areas": {
            str(code): {
                "name": str(line["name"]),
                "municipality": str(region.municipalities.at[line["municipality"], "name"]),
                "inhabitants": float(line["inhabitants"]),
            }
            for code, line in areas.iterrows()
        },
        "sites": {str(site): _site(region, str(site), int(totals[site])) for site in totals.index},
        "signs": {name: {**asdict(sign), "words": words(f"event_{name}")} for name, sign in SIGNS.items()},
        "colours": {"shades": SHADES, "nothing": NOTHING, "unknown": UNKNOWN},
        "words": {name: words(name) for name in _WORDS},
        "title": words("map_title", region=region.parameters.region.name, measure="{measure}", year="{year}"),
    }


_WORDS = ("inhabitants", "base_unknown", "municipality", "neighbourhood", "provider", "what_happens")


def _site(region: Region, site: str, places: int) -> dict[str, Any]:
    line = region.sites.loc[site]
    return {
        "name": str(line["name"]),
        "area": str(line["neighbourhood"]),
        "provider": str(line["provider"]),
        "places": [places],
        "events": ["stays" if places else "unused"],
        "r": [radius(places)],
        "tiers": [],
    }
