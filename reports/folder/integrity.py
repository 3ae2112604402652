"""Integrity of a plan folder: manifest, digest of the case, rules, objective and proof."""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from geodata.faults import Fault, InputError
from optimiser.search.elastic import hard_policies, softened
from optimiser.solve import status_of
from optimiser.verification.verify import recomputed_objective, violations

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    import xarray as xr

    from optimiser.plan import Plan, Proof
    from optimiser.problem import Problem

MANIFEST = "manifest.json"
ALGORITHM = "sha256"
SHOWN = 3
"""Violations that a message names; the others are counted."""
REL, ABS = 1e-7, 1.0
"""By how much the objective may be off, as a share and in euros and points."""
_STATUS = ("proven", "within_gap", "best_found", "by_hand")


def digests(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of every file below a folder by its name there, but for the manifest."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("."))
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
        if path.relative_to(folder).as_posix() != MANIFEST
    }


def case_digest(case: Path) -> str:
    """Return one SHA-256 of all files of a case."""
    lines = (f"{name} {digest}\n" for name, digest in digests(case).items())
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def write_manifest(file: Path) -> None:
    """Write the SHA-256 of every file that lies beside the manifest."""
    content = {"algorithm": ALGORITHM, "files": digests(file.parent)}
    file.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8", newline="\n")


def check_manifest(folder: Path) -> int:
    """Check every file of a plan folder against its manifest and return how many there are.

    Raises
    ------
    InputError
        Where there is no manifest, or files were changed, added or removed since it was written.
    """
    file, remedy = (
        folder / MANIFEST,
        "Ask its maker for the folder as it was written, or make the plan again.",
    )
    try:
        listed = json.loads(file.read_text(encoding="utf-8"))["files"]
        if not isinstance(listed, dict):
            raise TypeError
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise InputError(
            [Fault(str(file), "no manifest that can be read", "the manifest of a plan", remedy)]
        ) from error
    faults = [
        Fault(str(folder / name), found, "the file of the manifest", remedy)
        for name, found in _differences(listed, digests(folder))
    ]
    if faults:
        raise InputError(faults)
    return len(listed)


def _differences(listed: Mapping[str, object], present: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for name in sorted({*listed, *present}):
        if name not in present:
            yield name, "no such file"
        elif name not in listed:
            yield name, "a file that is not in the manifest"
        elif listed[name] != present[name]:
            yield name, f"another content (sha256 {present[name][:12]}…)"


def check_plan(plan: Plan, file: Path) -> None:
    """Check that a plan keeps every rule, adds up to its objective, and claims no more than its proof shows.

    A plan that was made by hand may break rules; its objective and the reference are checked all the same.

    Raises
    ------
    InputError
        With each of these that fails.
    """
    faults = [*_proof_faults(plan.proof), *_attribute_faults(plan.data, plan.proof)]
    problem = plan.problem
    reference = replace(softened(problem, hard_policies(problem)), own_rules=())
    faults += _broken(reference, plan.reference, "the reference (doing nothing)")
    if plan.proof.status != "by_hand":
        faults += _broken(problem, plan.data, "the plan")
    if not faults:
        faults += _objective_faults(problem, plan)
    if faults:
        remedy = "Make the plan again: these files were changed, or another version wrote them."
        raise InputError([Fault(str(file), found, "a plan that can be verified", remedy) for found in faults])


def _broken(problem: Problem, data: xr.Dataset, name: str) -> list[str]:
    try:
        found = violations(problem, data)
    except (KeyError, ValueError, IndexError, TypeError, AttributeError) as error:
        return [f"{name} cannot be verified ({type(error).__name__}: {error})"]
    more = f" and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
    told = "; ".join(f"{v.rule} at {v.where} by {v.amount:,.2f} {v.unit}" for v in found[:SHOWN])
    return [f"{name} breaks {told}{more}"] if found else []


def _objective_faults(problem: Problem, plan: Plan) -> Iterator[str]:
    stated, found = plan.proof.objective, recomputed_objective(problem, plan.data)
    if not abs(found - stated) <= max(ABS, REL * abs(stated)):
        yield f"an objective of {stated:,.2f} where the arrays add up to {found:,.2f}"


def _proof_faults(proof: Proof) -> Iterator[str]:
    """Generate what in a proof contradicts itself."""
    if proof.status not in _STATUS:
        yield f"the status '{proof.status}'"
    if not all(map(math.isfinite, (proof.objective, proof.unavoidable, proof.seconds, proof.asked_gap))):
        yield "a proof with a figure that is not finite"
        return
    slack = max(ABS, 1e-6 * abs(proof.objective))
    if proof.seconds < 0 or proof.asked_gap < 0:
        yield "a proof with negative seconds or a negative gap"
    if proof.status == "by_hand":
        return
    if not math.isfinite(proof.bound):
        yield "a bound that is not finite"
        return
    if proof.bound > proof.objective + slack:
        yield f"a bound of {proof.bound:,.2f} above the objective of {proof.objective:,.2f}"
    if proof.bound < proof.unavoidable - slack:
        yield f"a bound of {proof.bound:,.2f} below the cost that no plan avoids, {proof.unavoidable:,.2f}"
    claimed = status_of(proof.objective, proof.bound, proof.asked_gap)
    if proof.status in _STATUS and _STATUS.index(proof.status) < _STATUS.index(claimed):
        yield f"the status '{proof.status}' where the proof shows '{claimed}'"


def _attribute_faults(data: xr.Dataset, proof: Proof) -> Iterator[str]:
    """Generate where the attributes of the arrays say something else than the proof."""
    for name in ("status", "solver"):
        if str(data.attrs.get(name)) != str(getattr(proof, name)):
            yield f"'{name}' as {data.attrs.get(name)!r} beside {getattr(proof, name)!r} in the proof"
    for name in ("gap", "gap_eur", "gap_controllable", "bound", "objective", "seconds"):
        stated, shown = data.attrs.get(name), float(getattr(proof, name))
        if not isinstance(stated, int | float | np.number) or not (
            float(stated) == shown or math.isclose(float(stated), shown, rel_tol=1e-9, abs_tol=1e-9)
        ):
            yield f"'{name}' as {stated!r} beside {shown!r} in the proof"
