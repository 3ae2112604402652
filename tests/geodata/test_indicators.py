"""Any table of figures for the carrying capacity: Leefbaarometer's columns, gaps, codes of another year."""

import pandas as pd
import pytest
from tiny import write_tiny_region

from geodata.faults import InputError
from models.region.read_region import read_region

LEEFBAAROMETER = """id;name;gemeente;year;kscore;afw;soc
N1;Een;Stad;2024;5;-0,05;0,02
N2;Twee;Stad;2024;9;0,25;0,10
N3;Drie;Stad;2024;1;-0,15;-0,20
"""


@pytest.fixture
def folder(tmp_path):
    """Return the folder of the region with three neighbourhoods."""
    write_tiny_region(tmp_path)
    asked = 'mode = "on"\n\n[carrying_capacity.indicators.afw]\nweight = 1\nsign = "+"\n'
    with (tmp_path / "region.toml").open("a", encoding="utf-8") as file:
        file.write(f"\n[carrying_capacity]\n{asked}")
    return tmp_path


def scores(folder, text=LEEFBAAROMETER):
    """Write the table."""
    (folder / "indicators.csv").write_text(text, encoding="utf-8")


def test_scores_of_leefbaarometer_make_the_index(folder):
    """−0.15 is 0, 0.25 is 1 and −0.05 a quarter of the way from the least index, 0.6, to the most, 1.4."""
    scores(folder)
    region = read_region(folder)
    capacity = region.carrying_capacity
    assert capacity["afw"].to_dict() == pytest.approx({"N1": 0.25, "N2": 1.0, "N3": 0.0})
    assert capacity["index"].to_dict() == pytest.approx({"N1": 0.8, "N2": 1.4, "N3": 0.6})
    assert any("From indicators.csv come: afw." in remark["en"] for remark in region.remarks)


def test_a_column_that_nobody_has_is_told_with_the_nearest(folder):
    """No table: the column is unknown. With one: its own columns are named."""
    with pytest.raises(InputError, match=r"carrying_capacity\.indicators\.afw: found 'afw'"):
        read_region(folder)
    scores(folder, LEEFBAAROMETER.replace("afw", "afwijk"))
    with pytest.raises(InputError, match="Did you mean 'afwijk'"):
        read_region(folder)


def test_a_gap_is_the_regions_to_decide(folder):
    """Leefbaarometer has no score where few people live: a fault, or the mean of the others."""
    scores(folder, LEEFBAAROMETER.replace("N3;Drie;Stad;2024;1;-0,15;-0,20\n", ""))
    with pytest.raises(InputError, match=r"no figure for 1 neighbourhoods \(N3\)"):
        read_region(folder)
    region = read_region(folder, settings={"carrying_capacity.missing": "mean"})
    assert pd.isna(region.neighbourhoods.loc["N3", "afw"])
    assert region.carrying_capacity["index"].notna().all()


def test_a_table_of_other_areas_is_a_fault(folder):
    """None of the codes is the region's."""
    scores(folder, LEEFBAAROMETER.replace("N1", "X1").replace("N2", "X2").replace("N3", "X3"))
    with pytest.raises(InputError, match=r"indicators.csv, code: found no row for 3 of 3 areas"):
        read_region(folder)


def test_a_word_among_the_scores_is_told(folder):
    """The line and the column of the cell."""
    scores(folder, LEEFBAAROMETER.replace("0,25", "hoog"))
    with pytest.raises(InputError, match=r"indicators\.csv, line 3, afw: found 'hoog'"):
        read_region(folder)
