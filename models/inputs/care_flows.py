"""Care flows: clients by municipality of origin and of residence."""

from pathlib import Path

import pandas as pd

from geodata.faults import Fault, InputError, did_you_mean
from geodata.numerals import parse_number
from geodata.tables import read_table
from models.region.region import Region

_COLUMNS = ("origin", "destination", "clients")


def read_care_flows(file: Path, region: Region) -> pd.DataFrame:
    """Return clients (origin, destination), both codes of municipalities; what is not named is 0.

    `file` is a CSV table with the columns origin, destination and clients.

    Raises
    ------
    InputError
        With every fault: a column or number missing, a code unknown, a pair twice.
    """
    faults = list[Fault]()
    table = read_table(file, faults)
    for name in _COLUMNS:
        if name not in table:
            faults.append(Fault(file.name, f"no column {name}", ", ".join(_COLUMNS), "Add it.", row=1))
    if faults:
        raise InputError(faults)
    codes = list(map(str, region.municipalities.index))
    flows = pd.DataFrame(0.0, index=codes, columns=codes)
    seen = set[tuple[str, str]]()
    for line, row in table[list(_COLUMNS)].iterrows():
        pair, at = (str(row["origin"]), str(row["destination"])), int(str(line))
        clients = _clients(str(row["clients"]), table.attrs["decimal"], file.name, at, faults)
        strange = [code for code in pair if code not in codes]
        for code in strange:
            faults.append(
                Fault(file.name, f"'{code}'", "a municipality's code", did_you_mean(code, codes), at)
            )
        if pair in seen:
            faults.append(
                Fault(file.name, f"{' to '.join(pair)} twice", "each pair once", "Take one out.", at)
            )
        seen.add(pair)
        if not strange:
            flows.loc[pair] = clients
    if faults:
        raise InputError(faults)
    return flows


def _clients(text: str, decimal: str, file: str, line: int, faults: list[Fault]) -> float:
    expected = "clients, 0 or more"
    try:
        clients = parse_number(text, decimal)
    except ValueError as error:
        clients, expected = -1.0, str(error)
    if clients < 0:
        faults.append(Fault(file, f"'{text}'", expected, "Write how many clients.", line, "clients"))
    return max(clients, 0.0)
