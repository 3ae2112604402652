"""Sentences without which the figures of a region must not be shown, in Dutch and English."""

from collections.abc import Collection, Iterator, Sequence

import geopandas as gpd
import pandas as pd

from models.parameters.parameters import Parameters, Tier, Travel
from models.parameters.scenario import Override
from models.region import carrying_capacity
from models.region.draft import Draft
from models.region.read_travel import CAR
from models.region.read_travel import remarks as travel_remarks


def of(parameters: Parameters, draft: Draft) -> tuple[dict[str, str], ...]:
    """Return what was estimated, assumed or left out in reading a region."""
    return (
        *_drawing(draft.areas),
        *_travel(parameters.travel, draft),
        *_adults(draft.areas),
        *carrying_capacity.remarks_of(draft, parameters.carrying_capacity),
        *_registrations(draft.clients),
        *_tenants(parameters, draft),
        *_crowded(parameters, draft),
        *_unconnected(draft),
        *_late_rows(parameters.years.last, draft),
        *_not_paid(parameters),
    )


def without_effect(parameters: Parameters, overrides: Sequence[Override]) -> Iterator[dict[str, str]]:
    """Tell which settings change nothing, since the policy that they are of is off."""
    for one in overrides:
        section, name, *rest = (*one.key.split("."), "", "")
        policy = getattr(parameters.policies, name, None) if section == "policies" else None
        if policy is not None and policy.mode == "off" and rest[0] != "mode":
            yield {
                "nl": f"{one.key} = {one.new} heeft geen effect: {name} staat uit. Zet het aan met "
                f"policies.{name}.mode.",
                "en": f"{one.key} = {one.new} has no effect: {name} is off. Switch it on with "
                f"policies.{name}.mode.",
            }


def _tenants(parameters: Parameters, draft: Draft) -> Iterator[dict[str, str]]:
    """Tell of how many people with support in a home no table has the home: they wait in the plan."""
    tiers, base = parameters.tiers_of("home"), parameters.years.base
    tenants = float(_in_kind(draft, tiers)["clients"].sum())
    homes = float(draft.homes.loc[draft.homes["year"] == base, "homes"].sum())
    without = round(tenants - homes)
    if without >= 1:
        yield {
            "nl": f"Volgens clients.csv wonen {tenants:.0f} mensen met begeleiding (ZIN) in een woning; "
            f"homes.csv kent in {base} maar {homes:.0f} woningen. Wie daarbuiten valt ({without}), wacht in "
            "het plan. Vul homes.csv aan.",
            "en": f"According to clients.csv {tenants:.0f} people live in a home with support (ZIN); "
            f"homes.csv knows only {homes:.0f} homes in {base}. Who is beyond that ({without}) waits in the "
            "plan. Complete homes.csv.",
        }


def _crowded(parameters: Parameters, draft: Draft) -> Iterator[dict[str, str]]:
    """Tell in which forms more people live than its places have room for: the others wait in the plan."""
    lacking: list[tuple[Tier, float, float]] = []
    for code in parameters.tiers_of("facility"):
        tier, rows = parameters.tiers[code], draft.site_rows[draft.site_rows["tier"] == code]
        occupancy = 1.0 if tier.occupancy is None else tier.occupancy.value
        room = occupancy * float(rows["places"].sum() - rows["wlz_occupied"].fillna(0).sum())
        people = float(_in_kind(draft, (code,))["clients"].sum())
        if people - room >= 0.05:
            lacking.append((tier, people, room))
    if lacking:
        nl = "; ".join(f"{tier.name.nl}: {_dutch(f'{p:.0f}')} mensen, {_dutch(f'{r:.1f}')} plekken"
                       for tier, p, r in lacking)  # fmt: skip
        en = "; ".join(f"{tier.name.en}: {p:.0f} people, {r:.1f} places" for tier, p, r in lacking)
        yield {
            "nl": f"In het basisjaar zijn er meer mensen dan er op de plekken kunnen wonen ({nl}). Wie niet "
            "past, wacht in het plan.",
            "en": f"In the base year there are more people than places can be lived in ({en}). Who does not "
            "fit waits in the plan.",
        }


def _in_kind(draft: Draft, tiers: Collection[str]) -> pd.DataFrame:
    """Return the rows of clients in some tiers whose support is in kind: others have a place elsewhere."""
    return draft.clients[draft.clients["tier"].isin(tiers) & (draft.clients["form"] == "ZIN")]


def _unconnected(draft: Draft) -> Iterator[dict[str, str]]:
    """Name the neighbourhoods that have people and no row in travel.csv: nothing elsewhere is in reach."""
    cars = draft.travel[draft.travel["mode"] == CAR]
    if cars.empty:
        return
    others = cars[cars["origin"] != cars["destination"]]
    people = draft.areas.index[draft.areas["inhabitants"] > 0]
    lost = [str(code) for code in people if code not in set(others["origin"])]
    if lost:
        named = ", ".join(lost[:8]) + (f", … ({len(lost)})" if lost[8:] else "")
        yield {
            "nl": f"travel.csv heeft geen regels vanuit {named}: wie daarvandaan komt, kan alleen in de "
            "eigen wijk wonen, en wacht anders.",
            "en": f"travel.csv has no rows from {named}: who comes from there can live in the own "
            "neighbourhood only, and waits otherwise.",
        }


def _drawing(areas: gpd.GeoDataFrame) -> Iterator[dict[str, str]]:
    if areas.attrs["drawn_as"] == "voronoi":
        yield {
            "nl": "De wijken zijn als punten gegeven; getekend is het deel van de kaart dat "
            "het dichtst bij elk "
            "punt ligt (Voronoi), niet de echte grens.",
            "en": "The neighbourhoods are given as points; what is drawn is the part of the "
            "map nearest to each "
            "point (Voronoi), not the real border.",
        }


def _registrations(clients: pd.DataFrame) -> Iterator[dict[str, str]]:
    if (clients["basis"] == "registration").any():
        yield {
            "nl": "Van (een deel van) de cliënten is alleen bekend waar zij geregistreerd "
            "staan; zij zijn naar "
            "inwoners van 15 jaar en ouder over de regio verdeeld.",
            "en": "Of some or all clients only the place of registration is known; they are "
            "spread over the region "
            "by inhabitants of 15 and over.",
        }


def _travel(travel: Travel, draft: Draft) -> Iterator[dict[str, str]]:
    detour, speed = f"{travel.detour.value:g}", f"{travel.speed.value:g}"
    if draft.network is not None and draft.network.routes is not None:
        yield from travel_remarks(draft)
    elif not (draft.travel["mode"] == CAR).any():
        yield {
            "nl": f"Reistijden zijn geschat: hemelsbreed × {_dutch(detour)} ÷ "
            f"{_dutch(speed)} km/u; binnen de eigen "
            "wijk de helft van de straal van een even grote cirkel.",
            "en": f"Travel times are estimated: straight line × {detour} ÷ {speed} km/h; within one's own "
            "neighbourhood half the radius of a circle as large.",
        }
    else:
        yield {
            "nl": "Reistijden komen uit travel.csv; een paar dat daar niet staat, is buiten "
            "bereik. Binnen de eigen "
            f"wijk zijn zij waar nodig geschat (omweg {_dutch(detour)}, {_dutch(speed)} km/u).",
            "en": "Travel times come from travel.csv; a pair that is not in it is beyond "
            "reach. Within one's own "
            f"neighbourhood they are estimated where needed (detour {detour}, {speed} km/h).",
        }


def _adults(areas: gpd.GeoDataFrame) -> Iterator[dict[str, str]]:
    assumed = areas.attrs["adults_assumed_in"]
    if assumed and len(assumed) == len(areas):
        yield {
            "nl": "Het aandeel kinderen is niet gegeven; verdeeld is naar alle inwoners in "
            "plaats van die van 15 "
            "jaar en ouder.",
            "en": "The share of children is not given; all inhabitants stand in for those of 15 and over.",
        }
    elif assumed:
        named = ", ".join(assumed[:5]) + (f", … ({len(assumed)})" if len(assumed) > 5 else "")
        yield {
            "nl": f"Van {named} is het aandeel kinderen niet gegeven; daar geldt dat van de overige wijken "
            "samen.",
            "en": f"The share of children is not given of {named}; that of the others together is used.",
        }


def _late_rows(last: int, draft: Draft) -> Iterator[dict[str, str]]:
    for file, rows in (("homes.csv", draft.homes), ("budgets.csv", draft.budgets)):
        late = int((rows["year"] > last).sum())
        if late:
            yield {
                "nl": f"{late} regels van {file} liggen na {last}, het laatste jaar van het "
                "plan, en tellen niet mee.",
                "en": f"{late} rows of {file} lie after {last}, the last year of the plan, and do not count.",
            }


def _not_paid(parameters: Parameters) -> Iterator[dict[str, str]]:
    """Tell which of the streams that others pay are not given, and so count as nothing."""
    if not any(tier.contribution for tier in parameters.tiers.values()):
        yield {
            "nl": "Eigen bijdragen van cliënten zijn niet gegeven en tellen als nul.",
            "en": "Contributions of clients are not given and count as zero.",
        }
    if parameters.costs.home_capital is None:
        yield {
            "nl": "Wat corporaties in woningen investeren is niet gegeven en telt als nul.",
            "en": "What corporations invest in homes is not given and counts as zero.",
        }


def _dutch(number: str) -> str:
    return number.replace(".", ",")
