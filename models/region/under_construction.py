"""Places that are being built already: they need no more than the time that is left until their year."""

from collections.abc import Iterator

from geodata.faults import Fault, did_you_mean
from models.region.draft import Draft
from models.region.tables import UNDER_WAY


def of_draft(draft: Draft) -> Iterator[Fault]:
    """Check that what is under way is at a site and tier of the region, in a planned year."""
    rows = draft.site_rows
    known = set(zip(rows["site"].dropna(), rows["tier"].dropna(), strict=False))
    sites = sorted({site for site, _ in known})
    for line, row in draft.under_way.iterrows():
        site, tier = row["site"], row["tier"]
        where = UNDER_WAY.file, int(str(line))
        if isinstance(site, str) and site not in sites:
            remedy = did_you_mean(site, sites)
            yield Fault(where[0], f"'{site}'", "a site of sites.csv", remedy, where[1], "site")
        elif isinstance(tier, str) and (site, tier) not in known:
            remedy = f"{did_you_mean(tier, sorted(k for s, k in known if s == site))} Or add it to sites.csv."
            yield Fault(where[0], f"'{tier}'", "a tier of this site", remedy, where[1], "tier")
        year = row["year"]
        if draft.years is not None and year == year and year not in draft.years.planned:
            expected = f"a planned year, {draft.years.planned[0]} to {draft.years.last}"
            remedy = "What is ready by now belongs in sites.csv."
            yield Fault(where[0], f"the year {year}", expected, remedy, where[1], "year")
