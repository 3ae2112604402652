"""Consistency checks within `region.toml`: codes, sums, years and prices."""

from collections.abc import Iterable, Iterator, Sequence

from geodata.areas import is_in_metres
from geodata.faults import Fault, did_you_mean
from models.parameters.finance import (
    WEEKS_PER_YEAR,
    nominal,
    place_per_year,
    running_per_site,
    support_per_client,
)
from models.parameters.parameters import MO, WAITING, Pathway, Profile, SitesRunAsSettled, Tier, Years
from models.parameters.quantity import Quantity
from models.parameters.toml_schema import TOML
from models.region import plausibility
from models.region.draft import Draft

SUMS_TO_ONE = 1e-6
"""How far shares that add up to 1 may be off: they are written in decimals."""


def of_parameters(draft: Draft) -> Iterator[Fault]:
    """Check `region.toml` for what its schema cannot see: codes, sums, years and prices."""
    beyond = list(plausibility.of(draft))
    yield from beyond
    # a rate that cannot be meant is the cause; what waiting must cost beside it would be a consequence
    prices = (
        ()
        if any((fault.column or "").startswith("tiers.") for fault in beyond)
        else (_prices, _contributions)
    )
    for check in (_crs, _codes, _pathway, _conversions, *prices, _path_years, _policies, _more_homes):
        yield from check(draft)


def _toml(key: str, found: str, expected: str, remedy: str) -> Fault:
    return Fault(TOML, found, expected, remedy, column=key)


def _unknown(key: str, code: str, what: str, known: Sequence[str]) -> Fault:
    return _toml(key, f"'{code}'", f"a {what} of this region", did_you_mean(code, list(known)))


def _crs(draft: Draft) -> Iterator[Fault]:
    if draft.header is not None and not is_in_metres(draft.header.crs):
        expected = "a projected reference system in metres, as EPSG:28992"
        remedy = "Write EPSG: and the number of a system in metres."
        yield _toml("region.crs", f"'{draft.header.crs}'", expected, remedy)


def _codes(draft: Draft) -> Iterator[Fault]:
    known = draft.municipality_codes
    if draft.header is not None and known and draft.header.central_municipality not in known:
        key = "region.central_municipality"
        yield _unknown(key, draft.header.central_municipality, "municipality", known)
    if WAITING in draft.tier_codes:
        remedy = "Give the tier another code."
        yield _toml(
            f"tiers.{WAITING}",
            f"a tier called '{WAITING}'",
            "another code: people without a place are called so",
            remedy,
        )
    for code, profile in draft.profiles.items():
        for field, tiers in (("fits", profile.fits), ("also", profile.also)):
            for tier in tiers:
                if tier not in draft.tier_codes:
                    yield _unknown(f"profiles.{code}.{field}", tier, "tier", draft.tier_codes)
        for tier in sorted({tier for tier in profile.allowed if profile.allowed.count(tier) > 1}):
            remedy = "Name it once, under fits or under also."
            yield _toml(f"profiles.{code}", f"the tier '{tier}' twice", "each tier once", remedy)
        yield from _mixed_streams(draft, code, profile)


def _mixed_streams(draft: Draft, code: str, profile: Profile) -> Iterator[Fault]:
    """Check that a profile lives in tiers of shelter (MO) only, or in none of them."""
    known = [tier for tier in dict.fromkeys(profile.allowed) if tier in draft.tiers]
    shelter = [tier for tier in known if draft.tiers[tier].stream == MO]
    if shelter and len(shelter) < len(known):
        others = ", ".join(tier for tier in known if tier not in shelter)
        found = f"tiers of {MO} ({', '.join(shelter)}) and others ({others})"
        remedy = f"Split it: {MO} is a stream with a subsidy, profiles and tiers of its own."
        yield _toml(f"profiles.{code}", found, f"tiers of {MO} only, or none of them", remedy)


def _pathway(draft: Draft) -> Iterator[Fault]:
    if draft.pathway is None:
        return
    yield from _inflow(draft, draft.pathway)
    yield from _exits(draft, draft.pathway)
    yield from _recovered(draft, draft.pathway)
    yield from _transitions(draft, draft.pathway)


def _inflow(draft: Draft, pathway: Pathway) -> Iterator[Fault]:
    shares = pathway.inflow.profiles
    yield from _keys("pathway.inflow.profiles", shares, "profile", draft.profile_codes)
    total = sum(share.value for share in shares.values())
    if abs(total - 1) > SUMS_TO_ONE:
        remedy = "Let the shares of the profiles add up to 1."
        yield _toml("pathway.inflow.profiles", f"shares that add up to {total:g}", "1", remedy)


def _exits(draft: Draft, pathway: Pathway) -> Iterator[Fault]:
    for name, table in (("wlz", pathway.wlz), ("died", pathway.died)):
        yield from _keys(f"pathway.{name}", table, "profile", draft.profile_codes)
        for profile in draft.profile_codes:
            if profile not in table:
                remedy = f"Add {profile} = …, 0 where it does not happen."
                yield _toml(
                    f"pathway.{name}.{profile}", "nothing", "a yearly probability for every profile", remedy
                )


def _recovered(draft: Draft, pathway: Pathway) -> Iterator[Fault]:
    yield from _keys("pathway.recovered", pathway.recovered, "tier", draft.tier_codes)
    for tier, table in pathway.recovered.items():
        yield from _keys(f"pathway.recovered.{tier}", table, "profile", draft.profile_codes)
        if tier in draft.tiers and draft.tiers[tier].setting != "home":
            remedy = "Take it out: who recovers in a facility first moves to a home."
            yield _toml(f"pathway.recovered.{tier}", f"the facility tier '{tier}'", "a home tier", remedy)


def _transitions(draft: Draft, pathway: Pathway) -> Iterator[Fault]:
    yield from _keys("pathway.transitions", pathway.transitions, "tier", (*draft.tier_codes, WAITING))
    for tier, table in pathway.transitions.items():
        yield from _keys(f"pathway.transitions.{tier}", table, "profile", draft.profile_codes)
        for profile, targets in table.items():
            key = f"pathway.transitions.{tier}.{profile}"
            yield from _keys(key, targets, "profile", draft.profile_codes)
            if profile in targets:
                remedy = "Take it out: who does not move, stays."
                yield _toml(
                    f"{key}.{profile}",
                    f"a move from '{profile}' to itself",
                    "moves to other profiles",
                    remedy,
                )
    for tier in (*draft.tier_codes, WAITING):
        for profile in draft.profile_codes:
            yield from _leaving_adds_up(pathway, tier, profile)


def _leaving_adds_up(pathway: Pathway, tier: str, profile: str) -> Iterator[Fault]:
    """Check that no more people move, recover, die or go to the Wlz than there are."""
    parts = {
        "move": sum(p.value for p in pathway.transitions.get(tier, {}).get(profile, {}).values()),
        "recover": _value(pathway.recovered.get(tier, {}).get(profile)),
        "go to the Wlz": _value(pathway.wlz.get(profile)),
        "die": _value(pathway.died.get(profile)),
    }
    total = sum(parts.values())
    if total > 1 + SUMS_TO_ONE:
        named = ", ".join(f"{part} {value:g}" for part, value in parts.items() if value)
        key = f"pathway.transitions.{tier}.{profile}"
        yield _toml(key, f"{total:g} a year ({named})", "1 at most", "Lower one of these probabilities.")


def _value(number: Quantity | None) -> float:
    return 0.0 if number is None else number.value


def _keys(key: str, table: Iterable[str], what: str, known: Sequence[str]) -> Iterator[Fault]:
    for code in table:
        if code not in known:
            yield _unknown(f"{key}.{code}", code, what, known)


def _conversions(draft: Draft) -> Iterator[Fault]:
    if draft.costs is None:
        return
    for source, targets in draft.costs.conversions.items():
        for target in targets:
            key = f"costs.conversions.{source}.{target}"
            for code in (source, target):
                if code not in draft.tier_codes:
                    yield _unknown(key, code, "tier", draft.tier_codes)
                elif code in draft.tiers and draft.tiers[code].setting != "facility":
                    remedy = "Take it out: homes have no places to convert."
                    yield _toml(key, f"the home tier '{code}'", "two facility tiers", remedy)
            if source == target:
                yield _toml(key, f"'{source}' converted to itself", "another tier", "Take it out.")


def _prices(draft: Draft) -> Iterator[Fault]:
    """Check that housing somebody is always worth more than leaving them to wait."""
    if draft.costs is None or draft.weights is None or draft.years is None or not draft.tiers:
        return
    costs = {code: yearly_cost(tier, draft.years) for code, tier in draft.tiers.items()}
    dearest = max(costs, key=lambda code: costs[code])
    bridging = _money(draft.costs.bridging, draft.years) * WEEKS_PER_YEAR
    total = draft.weights.waiting.value + bridging
    if total < costs[dearest]:
        found = (
            f"{total:,.0f} a year for somebody who waits (weight "
            f"{draft.weights.waiting.value:,.0f}, bridging {bridging:,.0f})"
        )
        expected = (
            f"at least {costs[dearest]:,.0f}, the yearly cost of a client in the dearest tier '{dearest}'"
        )
        least = costs[dearest] - bridging
        remedy = f"Set it to {least:,.0f} or more, else the plan would leave people waiting to save money."
        yield _toml("weights.waiting", found, expected, remedy)


def yearly_cost(tier: Tier, years: Years) -> float:
    """Return what a client of a tier costs in a year, in euros of the region's price year.

    Support, the place (more than one where not all can be lived in) and a part of the site of the
    least size that runs.
    """
    if tier.rate is not None:
        year, least = years.price_year, max(_value(tier.least), 1.0)
        occupied = max(_value(tier.occupancy), 0.01) if tier.occupancy is not None else 1.0
        place = place_per_year(tier, year, years) / occupied
        return (
            support_per_client(tier, year, years) + place + running_per_site(tier, 0.0, year, years) / least
        )
    occupancy = max(_value(tier.occupancy), 0.01) if tier.occupancy is not None else 1.0
    support = _money(tier.client, years) * WEEKS_PER_YEAR
    return (
        support
        + _money(tier.place, years) / occupancy
        + _money(tier.running, years) / max(_value(tier.least), 1.0)
    )


def _contributions(draft: Draft) -> Iterator[Fault]:
    """Check that clients pay no more than their support costs."""
    if draft.years is None:
        return
    for code, tier in draft.tiers.items():
        own, years = _money(tier.contribution, draft.years), draft.years
        support = support_per_client(tier, years.price_year, years) / WEEKS_PER_YEAR
        if support < 0.0:
            found = f"{-support:.2f} EUR a week more for presence than the all-in rate"
            remedy = "Lower per_site, or raise reference_places."
            yield _toml(f"tiers.{code}.presence", found, "a part of the rate", remedy)
        elif own > support:
            found = f"{own:.2f} EUR a week paid by a client whose support costs {support:.2f} EUR"
            remedy = "Lower it: it is the part of the support that the client pays."
            yield _toml(f"tiers.{code}.contribution", found, "no more than the rate or client", remedy)


def _money(amount: Quantity | None, years: Years) -> float:
    return 0.0 if amount is None else nominal(amount, years.price_year, years)


def _path_years(draft: Draft) -> Iterator[Fault]:
    if draft.policies is None or draft.years is None:
        return
    for year in draft.policies.intramural_reduction.path:
        if year not in draft.years.planned:
            key = f"policies.intramural_reduction.path.{year}"
            expected = f"a planned year, {draft.years.planned[0]} to {draft.years.last}"
            yield _toml(key, f"the year {year}", expected, "Choose a planned year or take it out.")


def _policies(draft: Draft) -> Iterator[Fault]:
    """Check the codes that policies name, and that there is a grant to stay within."""
    if draft.policies is None:
        return
    help_near, staff = draft.policies.help_within_reach, draft.policies.staff_within_reach
    for key, codes, setting in (
        ("help_within_reach.homes", help_near.homes, "home"),
        ("help_within_reach.staffed", help_near.staffed, "facility"),
        ("specialist_scale.tiers", draft.policies.specialist_scale.tiers, "facility"),
    ):
        known = _of_setting(draft, setting)
        wrong = [code for code in codes if code not in known]
        yield from (_unknown(f"policies.{key}", code, f"{setting} tier", known) for code in wrong)
    facilities, staffing = _of_setting(draft, "facility"), "policies.staff_within_reach"
    yield from _keys(f"{staffing}.per_place", staff.per_place, "facility tier", facilities)
    yield from _keys(f"{staffing}.per_client", staff.per_client, "tier", draft.tier_codes)
    yield from _keys(f"{staffing}.available", staff.available, "municipality", draft.municipality_codes)
    yield from _settled(draft, draft.policies.sites_run_as_settled)
    furthest = max((tier.reach.value for tier in draft.tiers.values()), default=0.0)
    if help_near.mode != "off" and help_near.response.value > furthest:
        found, remedy = f"{help_near.response.value:g} minutes", "Lower it, or give a tier a longer reach."
        expected = f"at most {furthest:g}, the longest reach: further than that no minutes are known"
        yield _toml("policies.help_within_reach.response", found, expected, remedy)
    streams = set(draft.budgets["stream"]) if "stream" in draft.budgets else set()
    if draft.policies.budget.mode != "off" and "Wmo" not in streams:
        remedy = "Add the grants to budgets.csv, or switch the policy off."
        yield _toml("policies.budget.mode", "no grant in budgets.csv", "a row with stream Wmo", remedy)


def _settled(draft: Draft, policy: SitesRunAsSettled) -> Iterator[Fault]:
    """Check that settled sites exist, and that nobody of the Wlz lives where it is shut."""
    known = [str(site) for site in draft.sites.index]
    for name, sites in (("open", policy.open), ("shut", policy.shut)):
        key = f"policies.sites_run_as_settled.{name}"
        wrong = [site for site in sites if site not in known]
        yield from (_unknown(key, site, "site", known) for site in wrong if known)
    lived = draft.site_rows[draft.site_rows["wlz_occupied"].fillna(0) > 0]["site"].tolist()
    for site in policy.shut:
        if site in known and site in lived:
            remedy = "They stay: take the site out of shut, or change wlz_occupied in sites.csv."
            found, expected = f"'{site}', where people of the Wlz live", "a site that can be shut"
            yield _toml("policies.sites_run_as_settled.shut", found, expected, remedy)


def _more_homes(draft: Draft) -> Iterator[Fault]:
    """Check that more homes are asked of municipalities where a corporation has any."""
    more = draft.home_terms.more if draft.home_terms is not None else {}
    yield from _keys("homes.more", more, "municipality", draft.municipality_codes)
    at = draft.areas["municipality"].to_dict() if "municipality" in draft.areas else {}
    there = {*draft.homes["municipality"].dropna(), *draft.homes["neighbourhood"].dropna().map(at)}
    for town, homes in more.items():
        if homes.value > 0 and town in draft.municipality_codes and town not in there:
            found = f"{homes.value:g} homes for '{town}'"
            expected = "a corporation in homes.csv that lets there"
            remedy = "Add a row of homes.csv that says whose homes these are."
            yield _toml(f"homes.more.{town}", found, expected, remedy)


def _of_setting(draft: Draft, setting: str) -> list[str]:
    """Return the codes of the tiers of a setting; one that is faulty itself is told there."""
    return [k for k in draft.tier_codes if k not in draft.tiers or draft.tiers[k].setting == setting]
