"""Cross-table consistency checks: tables, areas and `region.toml`."""

from collections.abc import Iterator, Sequence

import pandas as pd

from geodata.faults import Fault, did_you_mean
from models.parameters.parameters import WAITING, Tier
from models.parameters.toml_schema import TOML
from models.region.draft import Draft

_SAME_COUNT = 1e-6
"""Clients by which a sum of decimals may be off."""


def of_tables(draft: Draft) -> Iterator[Fault]:
    """Check codes, places, years, sums and routes of the tables."""
    for check in (
        _all_codes,
        _places_of_clients_and_homes,
        _years_of_tables,
        _clients_live_where_they_may,
        _personal_budgets,
        _inhabitants,
        _municipalities,
        _sites,
        _site_tiers,
        _offers,
        _travel,
        _reach,
        _series,
        _published_sums,
    ):
        yield from check(draft)


def _all_codes(draft: Draft) -> Iterator[Fault]:
    areas = list(draft.areas.index)
    towns = draft.municipality_codes
    tiers, profiles = draft.tier_codes, draft.profile_codes
    facilities = [c for c in tiers if c not in draft.tiers or draft.tiers[c].setting == "facility"]
    sites = [str(site) for site in draft.sites.index]
    yield from _codes("municipalities.csv", draft.municipalities, "central", "municipality", towns)
    yield from _codes("sites.csv", draft.site_rows, "neighbourhood", "neighbourhood", areas)
    yield from _codes("sites.csv", draft.site_rows, "tier", "facility tier", facilities)
    yield from _codes("clients.csv", draft.clients, "municipality", "municipality", towns)
    yield from _codes("clients.csv", draft.clients, "neighbourhood", "neighbourhood", areas)
    yield from _codes("clients.csv", draft.clients, "profile", "profile", profiles)
    yield from _codes(
        "clients.csv", draft.clients, "tier", f"tier (or '{WAITING}')", (*tiers, WAITING) if tiers else ()
    )
    yield from _codes("homes.csv", draft.homes, "municipality", "municipality", towns)
    yield from _codes("homes.csv", draft.homes, "neighbourhood", "neighbourhood", areas)
    yield from _codes("budgets.csv", draft.budgets, "municipality", "municipality", towns)
    yield from _codes("travel.csv", draft.travel, "origin", "neighbourhood", areas)
    if areas and sites:
        yield from _codes(
            "travel.csv", draft.travel, "destination", "site or neighbourhood", [*sites, *areas]
        )


def _codes(file: str, frame: pd.DataFrame, column: str, what: str, known: Sequence[str]) -> Iterator[Fault]:
    """Tell of every code that is not known, once, with the other lines on which it stands."""
    if not known:
        return  # what would make it known could not be read, and that is told already
    strange = frame[frame[column].notna() & ~frame[column].isin(list(known))]
    for code, group in strange.groupby(column, sort=False):
        lines = [int(line) for line in group.index]
        also = (
            f" ({len(lines) - 1} more lines: {', '.join(map(str, lines[1:6]))}{', …' if lines[6:] else ''})"
        )
        found = f"'{code}'" + (also if lines[1:] else "")
        yield Fault(
            file, found, f"a {what} of this region", did_you_mean(str(code), list(known)), lines[0], column
        )


def _places_of_clients_and_homes(draft: Draft) -> Iterator[Fault]:
    for file, frame in (("clients.csv", draft.clients), ("homes.csv", draft.homes)):
        both = frame["municipality"].notna() & frame["neighbourhood"].notna()
        neither = frame["municipality"].isna() & frame["neighbourhood"].isna()
        for wrong, found in (
            (both, "a municipality and a neighbourhood"),
            (neither, "neither municipality nor neighbourhood"),
        ):
            for line in frame.index[wrong]:
                remedy = "Fill in one of the two columns and leave the other empty."
                yield Fault(file, found, "one of the two", remedy, int(line), "municipality, neighbourhood")
    spread = draft.clients["neighbourhood"].notna() & (draft.clients["basis"] == "registration")
    for line in draft.clients.index[spread]:
        remedy = "Write origin where people come from there; else give the municipality that registers them."
        yield Fault(
            "clients.csv",
            "a registration in a neighbourhood",
            "registrations by municipality",
            remedy,
            int(line),
            "basis",
        )


def _years_of_tables(draft: Draft) -> Iterator[Fault]:
    if draft.years is None:
        return
    base = draft.years.base
    for line, year in draft.clients["year"].dropna().items():
        if year != base:
            remedy = f"Give the clients of {base}, or change years.base in region.toml."
            yield Fault(
                "clients.csv", f"the year {year}", f"the base year {base}", remedy, int(str(line)), "year"
            )
    for file, frame in (("homes.csv", draft.homes), ("budgets.csv", draft.budgets)):
        for line, year in frame["year"].dropna().items():
            if year < base:
                remedy = "Take the row out."
                yield Fault(
                    file, f"the year {year}", f"the base year {base} or later", remedy, int(str(line)), "year"
                )


def _clients_live_where_they_may(draft: Draft) -> Iterator[Fault]:
    for line, row in draft.clients.iterrows():
        profile, tier = draft.profiles.get(row["profile"]), row["tier"]
        if profile is None or tier not in draft.tiers or tier in profile.allowed:
            continue
        expected = "one of its tiers: " + ", ".join(profile.allowed)
        remedy = (
            f"Move them to another row, or add '{tier}' to profiles.{row['profile']}.also in region.toml."
        )
        yield Fault(
            "clients.csv",
            f"profile '{row['profile']}' in tier '{tier}'",
            expected,
            remedy,
            int(str(line)),
            "tier",
        )


def _personal_budgets(draft: Draft) -> Iterator[Fault]:
    """Check that nobody with a personal budget pays by the house: they bring their own place."""
    rows = draft.clients[draft.clients["form"] == "PGB"]
    for line, code in rows["tier"].dropna().items():
        tier = draft.tiers.get(code)
        if tier is not None and (tier.presence or tier.availability):
            found = f"clients with a personal budget in '{code}', of which presence or empty places are paid"
            expected = "a tier whose rate follows the client"
            remedy = "Give them a tier of their own in region.toml, with the all-in rate."
            yield Fault("clients.csv", found, expected, remedy, int(str(line)), "tier")


def _inhabitants(draft: Draft) -> Iterator[Fault]:
    """Check that a municipality has as many inhabitants as its neighbourhoods together."""
    counted = draft.areas.groupby("municipality")["inhabitants"].agg(["sum", "size", "count"])
    for line, row in draft.municipalities.drop_duplicates("code").iterrows():
        code, said = row["code"], row["inhabitants"]
        if draft.areas.empty or not said >= 0 or code not in counted.index:
            continue
        total, areas, known = counted.loc[code]
        slack = draft.checks.rounding * areas
        if known == areas and abs(said - total) > slack:
            found = f"{said:,.0f} inhabitants of {code}, whose {areas:.0f} neighbourhoods have {total:,.0f}"
            expected = f"a difference of at most {slack:.0f} ({draft.checks.rounding} per neighbourhood)"
            remedy = "Use figures of one year for both, or change checks.rounding in region.toml."
            yield Fault("municipalities.csv", found, expected, remedy, int(str(line)), "inhabitants")


def _municipalities(draft: Draft) -> Iterator[Fault]:
    if draft.areas.empty or draft.municipalities.empty:
        return
    with_areas = set(draft.areas["municipality"])
    for line, code in draft.municipalities["code"].dropna().items():
        if code not in with_areas:
            remedy = "Add its neighbourhoods to the file of areas, or take the municipality out."
            yield Fault(
                "municipalities.csv",
                f"'{code}' without neighbourhoods",
                "at least one",
                remedy,
                int(str(line)),
                "code",
            )
    known = draft.municipality_codes
    strange = draft.areas[(draft.areas["municipality"] != "") & ~draft.areas["municipality"].isin(known)]
    for code, group in strange.groupby("municipality"):
        found = f"'{code}' as municipality of {len(group)} areas (first: {group.index[0]})"
        expected = "a municipality of municipalities.csv"
        yield Fault("neighbourhoods", found, expected, did_you_mean(str(code), known), column="municipality")


def _sites(draft: Draft) -> Iterator[Fault]:
    for site, row in draft.sites.iterrows():
        if site in draft.areas.index:
            remedy = "Give the site another code: travel.csv must tell the two apart."
            yield Fault(
                "sites.csv",
                f"the site '{site}', also a neighbourhood's code",
                "a code of its own",
                remedy,
                row["line"],
                "site",
            )
        rows = draft.site_rows[draft.site_rows["site"] == site]
        total = rows["places"].sum()
        if pd.notna(row["plot_most"]) and total > row["plot_most"]:
            found = f"{total} places at site {site}, whose plot holds {row['plot_most']}"
            yield Fault(
                "sites.csv",
                found,
                "places that fit the plot",
                "Correct places or plot_most.",
                row["line"],
                "plot_most",
            )


def _site_tiers(draft: Draft) -> Iterator[Fault]:
    for line, row in draft.site_rows.iterrows():
        for column, found, expected, remedy in _wrong_at_site(row, draft.tiers.get(row["tier"])):
            yield Fault("sites.csv", found, expected, remedy, int(str(line)), column)
    if draft.site_rows.empty:
        return
    for code, tier in draft.tiers.items():
        if tier.setting == "facility" and code not in set(draft.site_rows["tier"]):
            remedy = "Add a site that has or could have such places, or take the tier out."
            yield Fault(
                "sites.csv",
                f"no row with tier '{code}'",
                "a site for every facility tier",
                remedy,
                column="tier",
            )


def _wrong_at_site(row: pd.Series, tier: Tier | None) -> Iterator[tuple[str, str, str, str]]:
    places, most, status = row["places"], row["most"], row["status"]
    if pd.notna(places) and pd.notna(most) and places > most and status == "existing":
        yield "places", f"{places} places", f"at most {most} (column most)", "Correct places or most."
    if pd.notna(places) and places > 0 and status == "candidate":
        remedy = "Write 0, or call the site existing."
        yield "places", f"{places} places at a candidate site", "0: nothing runs there yet", remedy
    if tier is None:
        return
    occupied = row["wlz_occupied"]
    if (
        tier.occupancy is not None
        and pd.notna(occupied)
        and pd.notna(places)
        and occupied > places * tier.occupancy.value
    ):
        expected = (
            f"at most {places * tier.occupancy.value:g} ({places} places × occupancy "
            f"{tier.occupancy.value:g})"
        )
        yield (
            "wlz_occupied",
            f"{occupied} places held by Wlz clients",
            expected,
            "Correct wlz_occupied or places.",
        )
    if tier.rate is not None and pd.notna(row["running_cost"]):
        remedy = f"Leave it empty, or pay tier '{row['tier']}' by components in region.toml."
        yield (
            "running_cost",
            f"a running cost of {row['running_cost']:g}",
            "none: an all-in rate pays this tier",
            remedy,
        )
    if tier.least is not None and status == "candidate" and pd.notna(most) and most < tier.least.value:
        expected = f"{tier.least.value:g} or more, the least that runs"
        yield "most", f"{most} places at most", expected, "Raise most, or take the row out."


def _offers(draft: Draft) -> Iterator[Fault]:
    """Check that a corporation offers the homes of a place and year once: as a whole or by neighbourhood."""
    if draft.years is None:
        return
    later = draft.homes[draft.homes["year"] > draft.years.base]
    whole = later[later["municipality"].notna() & later["neighbourhood"].isna()]
    offered = {
        (corporation, town, year): line
        for line, corporation, town, year in whole[["corporation", "municipality", "year"]].itertuples()
    }
    for line, row in later[later["neighbourhood"].notna()].iterrows():
        town = draft.areas["municipality"].get(row["neighbourhood"])
        other = offered.get((row["corporation"], town, row["year"]))
        if other is not None:
            found = (
                f"homes of {row['corporation']} in {row['neighbourhood']} in {row['year']}, which is in "
                f"{town}: line {other} offers homes there too"
            )
            remedy = (
                f"Give a row to each neighbourhood of {town} in place of line {other}, or add this row to it."
            )
            expected = "an offer by municipality or by neighbourhood, not both in one year"
            yield Fault("homes.csv", found, expected, remedy, int(str(line)), "neighbourhood")


def _travel(draft: Draft) -> Iterator[Fault]:
    """Check the route of a site that `travel.csv` forgets, also where it lists others."""
    driven = draft.travel[draft.travel["mode"] == "car"]
    if driven.empty:
        return
    listed = set(driven["destination"])
    for site, row in draft.sites.iterrows():
        if site not in listed:
            remedy = "Add rows with the minutes from the neighbourhoods, or take the site out of sites.csv."
            yield Fault(
                "travel.csv",
                f"no row to site '{site}' (sites.csv, line {row['line']})",
                "minutes to every site",
                remedy,
                column="destination",
            )


def _reach(draft: Draft) -> Iterator[Fault]:
    """Check that somebody can reach every site and every tier."""
    if draft.minutes is None:
        return
    nearest = draft.minutes.groupby("destination")["minutes"].min()
    known = _sites_with_a_route(draft)
    for line, row in draft.site_rows[draft.site_rows["site"].isin(known)].iterrows():
        tier, site = draft.tiers.get(row["tier"]), row["site"]
        if tier is not None and nearest.get(site, float("inf")) > tier.reach.value:
            found = f"site '{site}', which nobody reaches"
            expected = (
                f"a neighbourhood within {tier.reach.value:g} minutes, the reach of tier '{row['tier']}'"
            )
            remedy = "Check its place and travel.csv, raise the reach, or take the site out."
            yield Fault("sites.csv", found, expected, remedy, int(str(line)), "site")
    homes = nearest[nearest.index.isin(draft.areas.index)].min()
    for code, tier in draft.tiers.items():
        if tier.setting == "home" and not homes <= tier.reach.value:
            found = f"a reach of {tier.reach.value:g} minutes, within which no home lies"
            remedy = "Raise the reach, or check travel.csv."
            yield Fault("region.toml", found, "some pair within reach", remedy, column=f"tiers.{code}.reach")


def _series(draft: Draft) -> Iterator[Fault]:
    more = draft.series[draft.series["redeemed"] > draft.series["indications"]]
    for line, row in more.iterrows():
        found = f"{row['redeemed']:g} redeemed of {row['indications']:g} indications"
        remedy = "Correct one of the two: an indication is redeemed once."
        yield Fault("series.csv", found, "no more redeemed than given", remedy, int(str(line)), "redeemed")


def _published_sums(draft: Draft) -> Iterator[Fault]:
    """Check that clients.csv adds up to what was published of it."""
    rows = draft.clients
    town = rows["municipality"].fillna(rows["neighbourhood"].map(draft.areas["municipality"]))
    forms = ("ZIN", "PGB")
    known = ["all", *forms, *draft.municipality_codes]
    for name, published in draft.checks.clients.items():
        key = f"checks.clients.{name}"
        if name not in known:
            expected = "all, a form or a municipality of this region"
            yield Fault(TOML, f"'{name}'", expected, did_you_mean(name, known), column=key)
            continue
        counted = rows if name == "all" else rows[(rows["form"] == name) if name in forms else (town == name)]
        total = counted["clients"].sum()
        if abs(total - published.value) > _SAME_COUNT:
            found = f"{total:g} clients ({name})"
            remedy = f"Correct the rows, or {key} in region.toml."
            yield Fault("clients.csv", found, f"{published.value:g} as published", remedy, column="clients")


def _sites_with_a_route(draft: Draft) -> set[str]:
    """Return the sites of which no fault is told yet: those whose place or minutes could be read."""
    placed = draft.sites[draft.sites[["x", "y", "neighbourhood"]].notna().all(axis=1)].index
    driven = draft.travel[draft.travel["mode"] == "car"]
    if driven.empty:
        return set(placed)
    unread = driven.loc[driven["minutes"].isna(), "destination"]
    return set(placed) & set(driven["destination"]) - set(unread)
