"""Partition file: the cooperating groups of municipalities as a planner writes them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from geodata.faults import Fault, InputError, did_you_mean
from geodata.tables import read_table
from models.region.region import Region

FOLDER = "partitions"
"""Folder of a region with partitions that somebody has thought of, one CSV file each."""

_COLUMNS = ("municipality", "group")


@dataclass(frozen=True)
class Partition:
    """Groups of municipalities: every municipality in one group, each group and name once."""

    name: str
    groups: tuple[tuple[str, ...], ...]
    """Codes of the municipalities, group by group."""
    names: tuple[str, ...] = ()
    """What the groups are called, where somebody has named them."""

    @property
    def group_of(self) -> dict[str, int]:
        """Municipality → position of its group."""
        return {code: number for number, group in enumerate(self.groups) for code in group}


def present(region: Region) -> Partition:
    """Return the cooperating regions that municipalities.csv names."""
    named = region.municipalities["region"]
    groups = {
        str(name): tuple(map(str, codes)) for name, codes in named.groupby(named, sort=False).groups.items()
    }
    return Partition("municipalities.csv", tuple(groups.values()), tuple(groups))


def thought_of(region: Region) -> tuple[Partition, ...]:
    """Return the partitions in the region's folder `partitions`, by name of file.

    Raises
    ------
    InputError
        With every fault of every file.
    """
    files = sorted((region.folder / FOLDER).glob("*.csv"))
    faults = list[Fault]()
    read = [_of_file(file, region, faults) for file in files]
    if faults:
        raise InputError(faults)
    return tuple(read)


def read_partition(text: str, region: Region) -> Partition:
    """Return the partition that a planner gives: a CSV file, or a text as 'A,B,C;D,E'.

    Parameters
    ----------
    given
        Path of a file with the columns municipality and group, or municipalities separated by commas
        and groups by semicolons. Municipalities are named by code or by name.

    Raises
    ------
    InputError
        When a municipality is unknown, in no group or in two.
    """
    faults = list[Fault]()
    if ";" not in text and "," not in text and text.lower().endswith(".csv"):
        partition = _of_file(Path(text), region, faults)
    else:
        written = [[word.strip() for word in group.split(",")] for group in text.split(";")]
        partition = _of_words("--given", "--given", written, (), region, faults)
    if faults:
        raise InputError(faults)
    return partition


def _of_file(file: Path, region: Region, faults: list[Fault]) -> Partition:
    before = len(faults)
    table = read_table(file, faults)
    missing = [name for name in _COLUMNS if name not in table]
    faults.extend(
        Fault(file.name, f"no column {name}", " and ".join(_COLUMNS), "Add it.", row=1) for name in missing
    )
    if len(faults) > before:
        return Partition(file.stem, ())
    groups: dict[str, list[str]] = {}
    for row, (town, group) in table[list(_COLUMNS)].iterrows():
        if not group:
            faults.append(Fault(file.name, "no group", "a name", "Name the group.", int(str(row)), "group"))
        groups.setdefault(str(group), []).append(str(town))
    return _of_words(file.name, file.stem, groups.values(), tuple(groups), region, faults)


def _of_words(
    where: str,
    name: str,
    written: Iterable[Sequence[str]],
    names: tuple[str, ...],
    region: Region,
    faults: list[Fault],
) -> Partition:
    code_of = _codes(region)
    unknown = [word for group in written for word in group if word.casefold() not in code_of]
    names_known = [str(known) for known in region.municipalities["name"]]
    faults.extend(
        Fault(
            where,
            f"the municipality '{word}'",
            "a code or name of the region",
            did_you_mean(word, names_known),
        )
        for word in unknown
    )
    groups = tuple(
        tuple(code_of[word.casefold()] for word in group if word.casefold() in code_of) for group in written
    )
    faults.extend(_disjoint_and_complete(where, groups, region))
    return Partition(name, groups, names)


def _codes(region: Region) -> Mapping[str, str]:
    by_name = {str(name).casefold(): str(code) for code, name in region.municipalities["name"].items()}
    return by_name | {str(code).casefold(): str(code) for code in region.municipalities.index}


def _disjoint_and_complete(where: str, groups: Sequence[Sequence[str]], region: Region) -> Iterator[Fault]:
    named = [code for group in groups for code in group]
    for code, name in region.municipalities["name"].items():
        if (times := named.count(str(code))) != 1:
            found = f"{name} in no group" if times == 0 else f"{name} {times} times"
            yield Fault(where, found, "each municipality in one group", "Name it once.")
