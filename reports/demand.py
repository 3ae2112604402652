"""Demand, its steps and its past, as tables."""

import math

import pandas as pd


def steps_table(demand: pd.DataFrame, steps: pd.DataFrame) -> str:
    """Lay out one column a year: the clients of the year before, each step, the clients."""
    clients = demand.sum(axis="columns")
    table = steps.pivot_table(index="step", columns="year", values="clients", aggfunc="sum", sort=False)
    table.loc["clients, year before"] = clients.shift().reindex(table.columns)
    table.loc["clients"] = clients.reindex(table.columns)
    order = ["clients, year before", *steps["step"].unique(), "clients"]
    return plain_table(table.loc[order].rename_axis(index=None, columns=None))


def series_table(past: pd.DataFrame) -> str:
    """Lay out past counts; "ca." marks what is given as about so many, "-" what is not known."""

    def counted(column: str) -> list[str]:
        return ["-" if math.isnan(count) else f"{count:.0f}" for count in past[column]]

    def shares(column: str, sign: str = "+") -> list[str]:
        return ["-" if math.isnan(share) else f"{share:{sign}.1%}" for share in past[column]]

    about = ["ca. " if circa else "" for circa in past["circa"]]
    told = past.assign(
        indications=[ca + count for ca, count in zip(about, counted("indications"), strict=True)],
        growth=shares("growth"), redeemed=counted("redeemed"), redeemed_growth=shares("redeemed_growth"),
        redemption_rate=shares("redemption_rate", "-"), without_a_place=counted("without_a_place"),
    ).drop(columns="circa")  # fmt: skip
    return str(told.rename(columns=lambda name: name.replace("_", " ")).to_string())


def backtest_table(rows: pd.DataFrame) -> str:
    """Lay out clients in whole numbers, errors with their sign; "-" where there is no interval."""
    told = rows.assign(
        error_share=[f"{share:+.1%}" for share in rows["error_share"]],
        error=[f"{error:+.0f}" for error in rows["error"]],
        inside=rows["inside"].map({True: "yes", False: "NO"}).fillna("-"),
    )
    whole = told.rename(columns={"error_share": "error %"})
    return str(whole.to_string(index=False, float_format="{:.0f}".format, na_rep="-"))


def plain_table(frame: pd.DataFrame) -> str:
    """Lay out numbers with one decimal."""
    # Adding 0 takes the sign off what rounds to nothing.
    return str((frame.round(1) + 0.0).to_string(float_format="{:.1f}".format))
