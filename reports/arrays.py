"""`plan.nc`: every array of a plan, with its proof, assumptions and overrides."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import pandas as pd
import xarray as xr

from geodata.faults import Fault, InputError
from models.scenario import Override

if TYPE_CHECKING:
    from pathlib import Path

    from optimiser.plan import Plan

REFERENCE = "do_nothing"
"""Group that holds the reference."""


def write_arrays(plan: Plan, file: Path) -> None:
    """Write the plan's arrays, and those of doing nothing as the group `do_nothing`."""
    _storable(plan.data.assign_attrs(_attributes(plan))).to_netcdf(file, engine="netcdf4")
    _storable(plan.reference).to_netcdf(file, engine="netcdf4", group=REFERENCE, mode="a")


def read_arrays(file: Path) -> tuple[xr.Dataset, xr.Dataset]:
    """Return the arrays of a plan and those of doing nothing.

    Raises
    ------
    InputError
        When the file cannot be read.
    """
    try:
        with (
            xr.open_dataset(file, engine="netcdf4") as data,
            xr.open_dataset(file, engine="netcdf4", group=REFERENCE) as reference,
        ):
            return data.load(), reference.load()
    except (OSError, ValueError) as error:
        raise InputError(
            [
                Fault(
                    str(file),
                    f"a file that cannot be read ({error})",
                    "the arrays of a plan",
                    "Make the plan again.",
                )
            ]
        ) from error


def stored_proof(data: xr.Dataset) -> dict[str, Any]:
    """Return the fields of the proof as they were written."""
    return dict(json.loads(data.attrs["proof"]))


def stored_overrides(data: xr.Dataset) -> tuple[Override, ...]:
    """Return the overrides as they were written."""
    return tuple(Override(**line) for line in json.loads(data.attrs["overrides"]))


def stored_rules(data: xr.Dataset) -> tuple[str, ...]:
    """Return the names of the rules of somebody's own with which the plan was made."""
    return tuple(rule["name"] for rule in json.loads(data.attrs.get("own_rules", "[]")))


def _attributes(plan: Plan) -> dict[str, str | float]:
    """Return what is told of the whole plan; lists as JSON, since a netCDF attribute holds one value."""
    region, proof = plan.problem.region, plan.proof
    assert region is not None
    register = region.assumptions.astype(object).where(region.assumptions.notna(), None)
    overrides = [{"key": o.key, "old": o.old, "new": o.new, "origin": o.origin} for o in region.overrides]
    figures = ("gap", "gap_eur", "gap_controllable", "bound", "objective", "seconds")
    return {
        "region": region.parameters.region.name,
        "digest": region.digest,
        "status": proof.status,
        "solver": proof.solver,
        **{name: float(getattr(proof, name)) for name in figures},
        "proof": _json(asdict(proof)),
        "overrides": _json(overrides),
        "own_rules": _json([{"name": r.name, **r.sentence} for r in plan.problem.own_rules]),
        "assumptions": _json(register.to_dict("records")),
    }


def _json(data: object) -> str:
    return json.dumps(data, ensure_ascii=False, default=str)


def _storable(data: xr.Dataset) -> xr.Dataset:
    """Return the arrays without what netCDF cannot hold: indexes of several levels, texts as objects."""
    several = [name for name, index in data.indexes.items() if isinstance(index, pd.MultiIndex)]
    flat = data.reset_index(several) if several else data
    texts = [name for name, array in flat.variables.items() if array.dtype.kind in "OUT"]
    return flat.assign(
        {name: flat[name].astype(str) for name in texts if name not in flat.coords}
    ).assign_coords({name: flat[name].astype(str) for name in texts if name in flat.coords})
