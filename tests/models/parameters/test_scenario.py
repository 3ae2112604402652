"""Scenarios and settings: other values for keys that the schema knows, each on record."""

import pytest
from tiny import write_tiny_region

from geodata.faults import InputError
from models.parameters.scenario import Override, scenario_names
from models.region.read_region import read_region

REDUCTION = "policies.intramural_reduction"


@pytest.fixture
def folder(tmp_path):
    """Return the tiny region with two scenarios that do not overlap and one that does."""
    folder = write_tiny_region(tmp_path / "tiny")
    (folder / "scenarios").mkdir()
    texts = {
        "fewer_beds": '[policies.intramural_reduction]\nby_end = 0.4\nmode = "hard"\npath = {2022 = 0.1}\n',
        "dear": "[tiers.bed]\nrate = 1200\n",
        "beds_stay": "policies.intramural_reduction.by_end = 0.0\n",
    }
    for name, text in texts.items():
        (folder / "scenarios" / f"{name}.toml").write_text(text, encoding="utf-8")
    return folder


def faults(folder, *scenarios, **settings):
    """Return what is wrong with scenarios and settings (`__` stands for a dot)."""
    with pytest.raises(InputError) as caught:
        read_region(folder, scenarios, {key.replace("__", "."): value for key, value in settings.items()})
    return caught.value.faults


def test_a_scenario_changes_what_it_names_and_nothing_else(folder):
    """Two values and a year of the path; every change is logged old → new."""
    base, other = read_region(folder), read_region(folder, ["fewer_beds"])
    changed = other.parameters.policies.intramural_reduction
    assert (changed.by_end.value, changed.mode) == (0.4, "hard")
    assert {year: share.value for year, share in changed.path.items()} == {2022: 0.1}
    assert other.overrides == (
        Override(f"{REDUCTION}.by_end", 0.5, 0.4, "scenario fewer_beds"),
        Override(f"{REDUCTION}.mode", "soft", "hard", "scenario fewer_beds"),
        Override(f"{REDUCTION}.path.2022", None, 0.1, "scenario fewer_beds"),
    )
    assert other.parameters.tiers == base.parameters.tiers
    assert other.digest != base.digest


def test_a_number_keeps_its_unit_and_names_the_scenario_as_its_source(folder):
    """The rate came from a tariff sheet of 2021; 1200 is the scenario's, in that unit and price year."""
    region = read_region(folder, ["dear"])
    rate = region.parameters.tiers["bed"].rate
    assert (rate.value, rate.unit, rate.price_year) == (1200.0, "EUR/client-week", 2021)
    assert (rate.source, rate.note) == ("scenario dear", "was 1000")
    listed = region.assumptions.set_index("key").loc["tiers.bed.rate"]
    assert (listed["value"], listed["source"]) == (1200.0, "scenario dear")


def test_scenarios_compose_in_any_order(folder):
    """They do not overlap, so which comes first does not matter."""
    one = read_region(folder, ["dear", "fewer_beds"])
    other = read_region(folder, ["fewer_beds", "dear"])
    assert one.parameters == other.parameters
    assert one.overrides == other.overrides
    assert one.digest == other.digest


def test_settings_are_written_as_in_toml(folder):
    """Numbers, words with or without quotation marks, whole quantities, unwritten defaults."""
    settings = {
        f"{REDUCTION}.by_end": "{value = 0.3, source = 'council 2022'}",
        f"{REDUCTION}.mode": "hard",
        "policies.within_travel_norm.mode": '"off"',
        "checks.rounding": "10",
        "years.last": "2022",
    }
    region = read_region(folder, settings=settings)
    parameters = region.parameters
    assert parameters.policies.intramural_reduction.by_end.source == "council 2022"
    assert parameters.policies.intramural_reduction.mode == "hard"
    assert parameters.policies.within_travel_norm.mode == "off"
    assert (parameters.checks.rounding, parameters.years.last) == (10, 2022)
    assert [(one.key, one.old, one.new) for one in region.overrides][:2] == [
        ("checks.rounding", 5, 10),
        (f"{REDUCTION}.by_end", 0.5, 0.3),
    ]
    assert {one.origin for one in region.overrides} == {"--set"}


def test_the_names_of_the_scenarios(folder):
    """As the folder has them, in alphabetical order."""
    assert scenario_names(folder) == ("beds_stay", "dear", "fewer_beds")


@pytest.mark.parametrize(
    ("key", "value", "found", "remedy"),
    [
        (f"{REDUCTION}.by_edn", "0.4", "unknown key 'by_edn'", "'by_end'"),
        (
            "policies.intramural_reductoin.by_end",
            "0.4",
            "unknown key 'intramural_reductoin'",
            "'intramural_reduction'",
        ),
        ("tiers.beds.rate", "5", "unknown key 'beds'", "'bed'"),
        ("tiers.bed.rate.value", "5", "unknown key 'value'", "None is known here"),
        (REDUCTION, "0.4", f"a value for the section '{REDUCTION}'", "Name a key below it"),
        ("", "0.4", "unknown key ''", "region"),
        (f"{REDUCTION}.by_end", "0,4", "0,4", "decimal point"),
        (f"{REDUCTION}.by_end", "1.4", "1.4", "Correct"),
        (f"{REDUCTION}.by_end", "nan", "nan", "Correct"),
        (f"{REDUCTION}.by_end", "0.4\nextra = 1", "extra", "decimal point"),
        (f"{REDUCTION}.mode", "sotf", "'sotf'", "'soft'"),
        (f"{REDUCTION}.path.soon", "0.4", "'soon'", "Correct"),
    ],
)
def test_a_setting_that_cannot_be(folder, key, value, found, remedy):
    """Only keys that exist, only values that fit; the fault names the key and its neighbours."""
    with pytest.raises(InputError) as caught:
        read_region(folder, settings={key: value})
    (fault,) = caught.value.faults
    assert fault.file == "--set"
    assert fault.column.startswith(key)
    assert found in fault.found
    assert remedy in fault.remedy


def test_two_overrides_of_one_key(folder):
    """Two scenarios, or a scenario and a setting: both origins are named."""
    (fault,) = faults(folder, "fewer_beds", "beds_stay")
    assert (fault.file, fault.column) == ("scenarios/beds_stay.toml", f"{REDUCTION}.by_end")
    assert "also set by scenario fewer_beds" in fault.found
    assert "do not overlap" in fault.remedy
    (fault,) = faults(folder, "dear", tiers__bed__rate="900")
    assert (fault.file, fault.found) == (
        "--set",
        "a second value for 'tiers.bed.rate', also set by scenario dear",
    )


def test_an_unknown_scenario(folder):
    """Near names are proposed; a path is no name."""
    (fault,) = faults(folder, "fewer_bed")
    assert (fault.file, fault.remedy) == ("scenarios/fewer_bed.toml", "Did you mean 'fewer_beds'?")
    (fault,) = faults(folder, "../region")
    assert fault.found == "no scenario '../region'"


STAFF = "policies.staff_within_reach"


def test_a_table_keyed_by_codes_takes_new_ones(folder):
    """The file names no staff: a setting gives some to M1, and says that there was none."""
    settings = {f"{STAFF}.mode": "hard", f"{STAFF}.per_place.bed": "0.8", f"{STAFF}.available.M1": "12"}
    region = read_region(folder, settings=settings)
    staff = region.parameters.policies.staff_within_reach
    assert {code: fte.value for code, fte in staff.available.items()} == {"M1": 12.0}
    assert staff.per_place["bed"].unit == "fte/place"
    assert Override(f"{STAFF}.available.M1", None, 12, "--set") in region.overrides
    register = region.assumptions.set_index("key")
    assert register.loc[f"{STAFF}.available.M1", ["value", "source", "note"]].to_list() == [
        12.0, "--set", "had no value",
    ]  # fmt: skip


def test_a_scenario_adds_codes_below_a_table(folder):
    """A conversion that region.toml does not have: group places back to beds, ratio and cost together."""
    text = "[costs.conversions.group.bed]\nratio = 0.5\ncost = {value = 9000, source = 'builder'}\n"
    (folder / "scenarios" / "back.toml").write_text(text, encoding="utf-8")
    conversions = read_region(folder, ["back"]).parameters.costs.conversions
    assert conversions["group"]["bed"].ratio.value == 0.5
    assert conversions["group"]["bed"].cost.source == "builder"
    assert conversions["bed"]["group"].cost.value == 10_000


@pytest.mark.parametrize(
    ("key", "value", "found", "remedy"),
    [
        (f"{STAFF}.available.M3", "12", "'M3'", "M1, M2"),
        (f"{STAFF}.per_place.bedd", "0.8", "'bedd'", "'bed'"),
        ("pathway.wlz.intensiv", "0.1", "'intensiv'", "'intensive'"),
        ("pathway.transitions.grop.light.intensive", "0.1", "'grop'", "'group'"),
        ("checks.clients.M3", "5", "'M3'", "M1, M2"),
        ("funding.facilities.sheltr", "5", "'sheltr'", "'shelter'"),
        ("profiles.lite.fits", "['home']", "unknown key 'lite'", "'light'"),
    ],
)
def test_a_new_code_that_nothing_has_is_a_fault(folder, key, value, found, remedy):
    """A tier, profile or municipality that the region lacks is told with its neighbours."""
    with pytest.raises(InputError) as caught:
        read_region(folder, settings={key: value})
    fault = caught.value.faults[0]
    assert fault.file == "--set"
    assert found in fault.found
    assert remedy in fault.remedy


@pytest.mark.parametrize(
    ("text", "row", "column", "found"),
    [
        ("[tiers.bed]\nrate = \n", 2, None, "Invalid value"),
        ("[tiers.bed]\nraet = 5\n", None, "tiers.bed.raet", "unknown key 'raet'"),
        ("[tiers.bed]\nrate = -5\n", None, "tiers.bed.rate", "-5 EUR/client-week"),
        ("[tiers.bed]\nrate = {value = 5, unit = 'EUR/year'}\n", None, "tiers.bed.rate", "5 EUR/year"),
        ("[extra]\nkey = 5\n", None, "extra", "unknown key 'extra'"),
        ("tiers = 5\n", None, "tiers", "a value for the section 'tiers'"),
    ],
)
def test_a_scenario_file_that_is_wrong(folder, text, row, column, found):
    """The fault names the scenario's file, not region.toml."""
    (folder / "scenarios" / "wrong.toml").write_text(text, encoding="utf-8")
    (fault,) = faults(folder, "wrong")
    assert (fault.file, fault.row, fault.column) == ("scenarios/wrong.toml", row, column)
    assert found in fault.found


def test_a_scenario_that_breaks_what_must_agree(folder):
    """The checks of the whole region run on the values that are used."""
    (fault,) = faults(folder, weights__waiting="5")
    assert fault.column == "weights.waiting"
    assert fault.file == "--set"
