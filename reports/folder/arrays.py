"""`plan.nc`: every array of a plan, with its proof, assumptions and overrides."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import pandas as pd
import xarray as xr

from geodata.faults import Fault, InputError
from geodata.size_limits import MEGABYTE, MOST_ARRAYS
from models.parameters.scenario import Override
from optimiser.plan import DECIDED, Proof, labels_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from optimiser.plan import Plan
    from optimiser.problem import Problem

REFERENCE = "do_nothing"
"""Group that holds the reference."""


def write_arrays(plan: Plan, file: Path, case: str = "") -> None:
    """Write the plan's arrays, and those of doing nothing as the group `do_nothing`; `case` is its digest."""
    attributes = _attributes(plan) | ({"case_digest": case} if case else {})
    _storable(plan.data.assign_attrs(attributes)).to_netcdf(file, engine="netcdf4")
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
            _check_size(file, data.nbytes + reference.nbytes)
            return data.load(), reference.load()
    except InputError:
        raise
    except (OSError, ValueError, TypeError, KeyError, RuntimeError) as error:
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


def _check_size(file: Path, size: int) -> None:
    """Check that the arrays fit a workstation before they are unpacked."""
    if size > MOST_ARRAYS:
        found = f"arrays of {size / MEGABYTE:,.0f} MB"
        raise InputError(
            [Fault(str(file), found, f"at most {MOST_ARRAYS // MEGABYTE:,} MB", "Make the plan again.")]
        )


@dataclass(frozen=True)
class Said:
    """What a plan's file says of it beside its arrays."""

    proof: Proof
    overrides: tuple[Override, ...]
    digest: str
    case_digest: str


def said_in(data: xr.Dataset, file: Path) -> Said:
    """Return the proof, the overrides and the digest as they were written.

    Raises
    ------
    InputError
        Where one of them is not there, or is not what a plan has.
    """
    if "case_digest" not in data.attrs and "proof" in data.attrs:
        remedy = (
            f"Make it again from its own input: spreidplan plan {file.parent / 'case'} -o NEW. "
            "The report that lies in the folder can still be read."
        )
        found = "a plan of an earlier version, without the digest of its input"
        raise InputError([Fault(str(file), found, "a plan whose input can be verified", remedy)])
    try:
        proof = Proof(**json.loads(data.attrs["proof"]))
        figures = (proof.objective, proof.bound, proof.unavoidable, proof.seconds, proof.asked_gap)
        # a plan made by hand has no bound
        if not all(isinstance(figure, int | float) and figure == figure for figure in figures):
            raise ValueError("a proof without its figures")
        overrides = tuple(Override(**line) for line in json.loads(data.attrs["overrides"]))
        return Said(proof, overrides, str(data.attrs["digest"]), str(data.attrs["case_digest"]))
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise _unusable(file, f"a plan that does not say what it is ({error})") from error


def check_belongs(data: xr.Dataset, problem: Problem, file: Path) -> None:
    """Check that a plan's arrays are about the region of its case: every one there, with the same labels.

    Raises
    ------
    InputError
        Where they are not.
    """
    labels = labels_of(problem)
    for made in DECIDED:
        array = data.get(made.name)
        if array is None or array.dims != made.dims or array.dtype.kind not in "fiub":
            raise _unusable(file, f"no '{made.name}' by {', '.join(made.dims)}")
        for dim in made.dims:
            if dim not in array.coords or not _are_those(dim, array[dim].to_numpy().tolist(), labels[dim]):
                raise _unusable(file, f"'{made.name}' with other codes of {dim} than the case")
    lacking = sorted({"cost", "weight", "housed"} - set(data.data_vars))
    if lacking:
        raise _unusable(file, f"no '{lacking[0]}'")


def _are_those(dim: str, found: list[object], known: Sequence[object]) -> bool:
    """Tell whether codes are those of the case; a plan that was finished also has wishes of its own."""
    return set(known) <= set(found) if dim == "agreement" else found == list(known)


def _unusable(file: Path, found: str) -> InputError:
    return InputError([Fault(str(file), found, "the arrays of the plan of its case", "Make the plan again.")])


def stored_rules(data: xr.Dataset, file: Path) -> tuple[str, ...]:
    """Return the names of the rules of somebody's own with which the plan was made.

    Raises
    ------
    InputError
        Where they are not told as a plan tells them.
    """
    try:
        return tuple(str(rule["name"]) for rule in json.loads(data.attrs.get("own_rules", "[]")))
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise _unusable(file, f"rules of somebody's own that cannot be read ({error})") from error


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
