"""Country folder: the plan of every region and a summary."""

import json
import shutil
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd

from geodata.faults import Fault, InputError
from geodata.tables import guarded
from optimiser.regions.price_coordination import Country
from reports.text.notation import Language, Notation
from reports.text.words import Words

REGIONS, KEPT, PLANS = "regions", "kept", "plans"
_SUMMARY = ("country.csv", "country.json", "country.txt")


def check_usable(folder: Path) -> None:
    """Check that a folder is new, or one of a country: somebody's own work is never mixed with it.

    Raises
    ------
    InputError
        Otherwise.
    """
    if not folder.exists():
        return
    known = {REGIONS, KEPT, PLANS, *_SUMMARY}
    strange = (
        sorted(path.name for path in folder.iterdir() if path.name not in known) if folder.is_dir() else []
    )
    if strange or not folder.is_dir():
        found = f"a folder with {', '.join(strange[:5])}" if strange else "a file"
        expected = "a new folder, or one of a country"
        raise InputError([Fault(str(folder), found, expected, "Name another folder.")])


def write_country_plans(
    country: Country, names: Mapping[str, str], folder: Path, lang: Language
) -> dict[str, Any]:
    """Put the chosen plan of every region in place, write the summary in a language and return it.

    `names` is region → what it is called; `folder` holds what was kept.
    """
    plans = folder / PLANS
    fresh = folder / f"{KEPT}/plans.new"
    shutil.rmtree(fresh, ignore_errors=True)
    for name, answer in country.plans.items():
        shutil.copytree(folder / KEPT / name / answer.plan, fresh / name)
    shutil.rmtree(plans, ignore_errors=True)
    fresh.rename(plans)
    table = regions_table(country, names, folder)
    told = summary(country, table, lang)
    guarded(table).to_csv(folder / "country.csv", index=False, lineterminator="\n")
    text = json.dumps(told, ensure_ascii=False, indent=2, allow_nan=False)
    (folder / "country.json").write_text(text + "\n", encoding="utf-8")
    (folder / "country.txt").write_text(told_in_words(told, lang) + "\n", encoding="utf-8")
    return told


def regions_table(country: Country, names: Mapping[str, str], folder: Path) -> pd.DataFrame:
    """Return a row a region: objective, what it uses of each limit, and the main figures of its plan."""
    rows = []
    for name, answer in country.plans.items():
        figures = json.loads((folder / PLANS / name / "summary.json").read_text(encoding="utf-8"))
        used = {
            f"{limit.kind}_{limit.year}": amount
            for limit, amount in zip(country.limits, answer.used, strict=True)
        }
        rows.append(
            {
                "region": name,
                "name": names[name],
                "objective": answer.cost,
                "status": figures["proof"]["status"],
                "gap_alone": figures["proof"]["gap"],
                **used,
                "plan": f"{PLANS}/{name}",
            }
        )
    return pd.DataFrame(rows)


def summary(country: Country, table: pd.DataFrame, lang: Language) -> dict[str, Any]:
    """Return the main figures of the country for a program; `gap` is null while a limit is not met."""
    limits = [
        {**asdict(limit), "used": used, "short": short, "price": price}
        for limit, used, short, price in zip(
            country.limits, country.used, country.short, country.prices, strict=True
        )
    ]
    return {
        "label": Words(lang, "country")("label"),
        "regions": len(table),
        "objective": country.cost,
        "bound": country.bound,
        "gap": country.gap,
        "limits_met": not any(country.short),
        "limits": limits,
    }


def told_in_words(told: Mapping[str, Any], lang: Language) -> str:
    """Return the summary as text: how sure the plan is, and a line a shared limit."""
    said, write = Words(lang, "country"), Notation(lang)
    sure = said("no_gap") if told["gap"] is None else said("proven", gap=write.percent(told["gap"], 2))
    lines = [
        said("title", count=told["regions"], sure=sure),
        said("objective", objective=write.number(told["objective"]), bound=write.number(told["bound"])),
    ]
    for limit in told["limits"]:
        amounts = {name: write.number(limit[name]) for name in ("used", "amount", "short")}
        parts = [said(limit["kind"], year=limit["year"], **amounts)]
        parts += [said("short", **amounts)] if limit["short"] else []
        lines.append("  " + "".join([*parts, said("price", price=write.plain(limit["price"]))]))
    return "\n".join([*lines, told["label"]])
