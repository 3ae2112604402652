"""The history of counts: an embedded DuckDB file that only grows, beside the folder of a plan.

A refresh is one file of counts that was recorded, in one transaction: a crash leaves all of it or nothing.
DuckDB lets one process write and, while nobody writes, any number read. The view `latest` has the newest
count of each quarter.
"""

import hashlib
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from secrets import token_hex

import duckdb
import pandas as pd

from geodata.faults import Fault, InputError
from models.monitoring.actuals import COLUMNS, DETAIL, KEY, MEASURES, Quarter, detail_of

SUFFIX = ".monitor.duckdb"
"""What the name of a history ends with; it begins with that of the folder of the plan."""

_TABLES = f"""
CREATE TABLE refreshes (
    refresh INTEGER PRIMARY KEY, file VARCHAR, sha256 VARCHAR UNIQUE, region VARCHAR, recorded TIMESTAMP
);
CREATE TABLE counts (
    refresh INTEGER, {", ".join(f'"{name}" VARCHAR' for name in KEY)}, "value" BIGINT, as_of DATE
);
CREATE VIEW latest AS SELECT * FROM counts QUALIFY row_number() OVER (
    PARTITION BY {", ".join(f'"{name}"' for name in KEY)} ORDER BY as_of DESC, refresh DESC
) = 1;
"""


@dataclass(frozen=True)
class Counts:
    """All counts that were recorded, in the order in which they were.

    Attributes
    ----------
    rows
        `COLUMNS` and refresh.
    refreshes
        Index refresh: file, recorded.
    """

    rows: pd.DataFrame
    refreshes: pd.DataFrame

    @property
    def last(self) -> Quarter | None:
        """The last quarter of which something was counted."""
        return max((Quarter.of(text) for text in self.rows["quarter"].unique()), default=None)

    def within(self, years: Sequence[int]) -> "Counts":
        """Return the counts of some years: those that a plan made later knows nothing of are left out."""
        known = self.rows["quarter"].map(lambda text: Quarter.of(text).year in years).astype(bool)
        return replace(self, rows=self.rows[known])

    def quarters(self, measure: str) -> tuple[Quarter, ...]:
        """Return the quarters of which a measure was counted, in order."""
        rows = self.rows[self.rows["measure"] == measure]
        return tuple(sorted(Quarter.of(text) for text in rows["quarter"].unique()))

    def state(self, quarter: Quarter) -> pd.DataFrame:
        """Return what is known at the end of a quarter: per measure, and detail, the newest count.

        A stock that was not counted again keeps its older count, with the quarter and day of it. Where a
        measure was counted by other detail than before, the older detail no longer counts. A flow is that
        of the quarter itself.

        Returns
        -------
        pd.DataFrame
            `COLUMNS`, and `carried`: whether the count is of an earlier quarter.
        """
        parts = [self._of(measure, quarter) for measure in MEASURES]
        whole = pd.concat(parts, ignore_index=True)
        return whole.assign(carried=whole["quarter"] != str(quarter))[[*COLUMNS, "carried"]]

    def of_region(self, measure: str, quarter: Quarter, towns: Sequence[str]) -> pd.DataFrame | None:
        """Return the newest counts of a measure for the whole region, by detail other than municipality.

        None unless it was counted for the region as one, or at every municipality (an empty one too, as
        0). What a municipality never named is nobody. `as_of` is the oldest day that is in a sum, `quarter`
        its newest quarter, and `oldest` the oldest.
        """
        rows = self._of(measure, quarter)
        if rows.empty:
            return None
        if rows["municipality"].ne("").all() and set(rows["municipality"]) != set(towns):
            return None
        rest = [name for name in DETAIL if name != "municipality"]
        whole = rows.assign(oldest=rows["quarter"]).groupby(rest, as_index=False)
        return whole.agg({"value": "sum", "as_of": "min", "quarter": "max", "oldest": "min"})

    def _of(self, measure: str, quarter: Quarter) -> pd.DataFrame:
        """Return the newest counts of one measure, all by the detail of the newest."""
        rows = self.rows[self.rows["measure"] == measure]
        if MEASURES[measure].is_flow:
            rows = rows[rows["quarter"] == str(quarter)]
        # 2027Q1 < 2027Q2 < 2028Q1, also as text
        rows = rows[rows["quarter"] <= str(quarter)].sort_values(
            ["quarter", "as_of", "refresh"], kind="stable"
        )
        if rows.empty:
            return rows
        newest = detail_of(rows.sort_values(["quarter", "refresh"], kind="stable").iloc[-1].to_dict())
        same = [detail_of(row) == newest for row in rows.to_dict("records")]
        return rows[same].drop_duplicates(["measure", *DETAIL], keep="last").sort_values(list(DETAIL))


@dataclass(frozen=True)
class History:
    """A file of counts."""

    file: Path
    region: str
    """Name of the region that the counts are of."""

    @classmethod
    def beside(cls, plan: Path, region: str) -> "History":
        """Return the history that lies beside the folder of a plan."""
        folder = plan.resolve()
        return cls(folder.with_name(folder.name + SUFFIX), region)

    def read(self) -> Counts:
        """Return all counts; none where there is no file yet.

        Raises
        ------
        InputError
            Where the file is no history, one of another region, or being written by somebody else.
        """
        if not self.file.exists():
            return Counts(
                pd.DataFrame(columns=[*COLUMNS, "refresh"]), pd.DataFrame(columns=["file", "recorded"])
            )
        with self._open(read_only=True) as history:
            return self._counts(history)

    def record(self, rows: pd.DataFrame, file: str) -> bool:
        """Append counts as one refresh, whole or not at all; False where the same were recorded before.

        Raises
        ------
        InputError
            As `read`; and where the file, or one beside the plan, cannot be written.
        """
        digest = hashlib.sha256(rows[list(COLUMNS)].to_csv(index=False).encode()).hexdigest()
        self._make()
        with self._open(read_only=False) as history:
            self._check_region(history)
            if history.execute("SELECT 1 FROM refreshes WHERE sha256 = ?", [digest]).fetchone():
                return False
            history.begin()
            number = _one(history, "SELECT coalesce(max(refresh), 0) + 1 FROM refreshes")
            told = [number, file, digest, self.region]
            history.execute("INSERT INTO refreshes VALUES (?, ?, ?, ?, now()::TIMESTAMP)", told)
            marks = ", ".join("?" * (len(COLUMNS) + 1))
            values = [[number, *row] for row in rows[list(COLUMNS)].astype(object).to_numpy().tolist()]
            history.executemany(f"INSERT INTO counts VALUES ({marks})", values)
            history.commit()
        return True

    def _counts(self, history: duckdb.DuckDBPyConnection) -> Counts:
        self._check_region(history)
        names = ", ".join(f'"{name}"' for name in KEY)
        rows = history.execute(
            f'SELECT {names}, "value", CAST(as_of AS VARCHAR), refresh FROM counts ORDER BY refresh, {names}'
        ).fetchall()
        made = history.execute("SELECT refresh, file, CAST(recorded AS VARCHAR) FROM refreshes").fetchall()
        refreshes = pd.DataFrame(made, columns=["refresh", "file", "recorded"]).set_index("refresh")
        frame = pd.DataFrame(rows, columns=[*COLUMNS, "refresh"])
        return Counts(frame.astype({"value": "int64", "refresh": "int64"}), refreshes.sort_index())

    def _check_region(self, history: duckdb.DuckDBPyConnection) -> None:
        others = history.execute(
            "SELECT DISTINCT region FROM refreshes WHERE region <> ?", [self.region]
        ).fetchall()
        if others:
            remedy = "Name the history of this region with --history."
            found = f"counts of {others[0][0]}"
            raise InputError([Fault(str(self.file), found, f"those of {self.region}", remedy)])

    @contextmanager
    def _open(self, *, read_only: bool) -> Iterator[duckdb.DuckDBPyConnection]:
        try:
            connection = duckdb.connect(str(self.file), read_only=read_only)
        except duckdb.Error as error:
            raise self._refused(error) from error
        try:
            yield connection
        except duckdb.CatalogException as error:
            raise self._refused(error) from error
        finally:
            connection.close()

    def _make(self) -> None:
        """Make the file beside its place and put it there whole; one that is there stays."""
        if self.file.exists():
            return
        fresh = self.file.with_name(f".{self.file.name}.{token_hex(4)}")
        try:
            with duckdb.connect(str(fresh)) as connection:
                connection.execute(_TABLES)
            _put(fresh, self.file)
        except (duckdb.Error, OSError) as error:
            raise self._unwritable(error) from error
        finally:
            fresh.unlink(missing_ok=True)

    def _refused(self, error: duckdb.Error) -> InputError:
        text = str(error)
        if "lock" in text:
            found, remedy = "a file that somebody else is using", "Wait until they are done, and try again."
            expected = "one writer at a time, and no reader meanwhile"
        elif "ermission" in text or "ead-only" in text:
            return self._unwritable(error)
        else:
            found, expected = "a file that is no history", "a file that 'spreidplan monitor' has made"
            remedy = "Move it away, or name another with --history."
        return InputError([Fault(str(self.file), found, expected, remedy)])

    def _unwritable(self, error: Exception) -> InputError:
        reason = getattr(error, "strerror", None) or str(error).splitlines()[0]
        remedy = "Name a file that can be written with --history; the plan itself is never changed."
        found = f"a place that cannot be written ({reason})"
        return InputError([Fault(str(self.file), found, "a place for the history of counts", remedy)])


def _put(fresh: Path, target: Path) -> None:
    """Give a whole file its name, unless another writer was first."""
    try:
        os.link(fresh, target)
    except FileExistsError:
        return
    except OSError:  # a disk without hard links
        fresh.rename(target)


def _one(history: duckdb.DuckDBPyConnection, query: str) -> int:
    found = history.execute(query).fetchone()
    return int(found[0]) if found else 0
