"""The commands: what goes to which stream, what a program can read, and the exit codes."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tiny import write_tiny_region

import cli

ROOT = Path(__file__).parents[1]

CLASH = (
    "--set=policies.intramural_reduction.mode=hard",
    "--set=policies.intramural_reduction.by_end=1.0",
    "--set=policies.replacement_before_closure.most_per_year=0",
)
"""All beds must be gone in the last year and none may go in any year: no plan does both."""


@pytest.fixture
def tiny(tmp_path):
    """Return the folder of the region that fits in the head."""
    folder = tmp_path / "tiny"
    folder.mkdir()
    write_tiny_region(folder)
    return str(folder)


@pytest.fixture(scope="module")
def plan_folder(tmp_path_factory):
    """Return the folder of a plan of the tiny region, made by the command."""
    here = tmp_path_factory.mktemp("plan")
    (here / "tiny").mkdir()
    write_tiny_region(here / "tiny")
    assert cli.main(["plan", str(here / "tiny"), "-o", str(here / "out"), "--time", "30"]) == cli.DONE
    return here / "out"


def started(*words, cwd=None):
    """Start the command as a user does, in a process of its own."""
    # tests that a shell runs in its background ignore Ctrl-C, and a child would inherit that
    signal.signal(signal.SIGINT, signal.default_int_handler)
    return subprocess.Popen(
        [sys.executable, str(ROOT / "cli.py"), *words],
        cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8",
    )  # fmt: skip


def test_regions_names_the_bundled_region(capsys):
    """One line a region, its name first; nothing on standard error."""
    assert cli.main(["regions"]) == cli.DONE
    told = capsys.readouterr()
    assert "zuidoost-drenthe" in [line.split()[0] for line in told.out.splitlines()]
    assert told.err == ""


def test_regions_as_json_name_folders_that_exist(capsys):
    """A program finds the folders."""
    assert cli.main(["regions", "--json"]) == cli.DONE
    regions = json.loads(capsys.readouterr().out)
    assert [Path(region["folder"]).name for region in regions] == [region["name"] for region in regions]
    assert all((Path(region["folder"]) / "region.toml").is_file() for region in regions)


@pytest.mark.parametrize(
    "words",
    [
        ["plann"],
        ["plan", "zuidoost-drenthe"],
        ["plan", "zuidoost-drenthe", "-o", "x", "--gap", "1"],
        ["plan", "zuidoost-drenthe", "-o", "x", "--gap", "nan"],
        ["plan", "zuidoost-drenthe", "-o", "x", "--time", "0"],
        ["plan", "zuidoost-drenthe", "-o", "x", "--seed", "-1"],
        ["plan", "zuidoost-drenthe", "-o", "x", "--set", "years.last"],
        ["check", "zuidoost-drenthe", "--js"],
        ["report", "x", "--lang", "fr"],
    ],
)
def test_what_cannot_be_asked_is_bad_input(words, capsys):
    """A mistyped command or option ends in 2 with the usage on standard error."""
    assert cli.main(words) == cli.BAD_INPUT
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith("Usage: spreidplan")


@pytest.mark.parametrize(("written", "share"), [("0.01", 0.01), ("1%", 0.01), ("0", 0.0), ("2.5%", 0.025)])
def test_a_gap_is_a_share_or_a_percentage(written, share):
    """1% is 0.01; a bare 1 might be either and is refused above."""
    asked = cli.parse(["demo", "--gap", written])
    assert asked.gap == pytest.approx(share)


def test_demo_and_plan_have_their_own_time():
    """The demo must end within 4 minutes, so it solves for at most 150 s; a plan may take 300 s."""
    read = cli.parse
    assert read(["demo"]).time == 150
    assert read(["plan", "x", "-o", "y"]).time == 300


@pytest.mark.parametrize("command", [["forecast"], ["plan", "-o", "x"]])
def test_a_mistyped_region_is_told_on_standard_error(command, capsys):
    """The nearest name is offered; nothing that a pipe would take for a result is written."""
    assert cli.main([*command, "zuidost-drenthe"]) == cli.BAD_INPUT
    told = capsys.readouterr()
    assert told.out == ""
    assert "Did you mean 'zuidoost-drenthe'" in told.err


def test_check_counts_what_it_read(tiny, capsys):
    """Three squares in two municipalities, with three sites (tests/support/tiny.py)."""
    assert cli.main(["check", tiny, "--json"]) == cli.DONE
    told = json.loads(capsys.readouterr().out)
    assert told["faults"] == []
    assert (told["municipalities"], told["neighbourhoods"], told["sites"]) == (2, 3, 3)


def test_the_faults_are_the_result_of_check(tiny, capsys):
    """Two unknown keys are told together, on standard output, with the key that was meant."""
    words = ["check", tiny, "--set", "policies.intramural_reduction.by_ned=0.3", "--set", "year.last=2030"]
    assert cli.main(words) == cli.BAD_INPUT
    told = capsys.readouterr()
    assert told.err == ""
    assert told.out.startswith("2 faults in the input:")
    assert "Did you mean 'by_end'?" in told.out


def test_faults_as_json_have_all_their_parts(tiny, capsys):
    """A program gets each fault with file, row, column, found, expected and remedy."""
    assert cli.main(["forecast", tiny, "--json", "--set", "yaers.last=2030"]) == cli.BAD_INPUT
    (fault,) = json.loads(capsys.readouterr().out)["faults"]
    assert set(fault) == {"file", "row", "column", "found", "expected", "remedy"}
    assert "years" in fault["remedy"]


def test_a_key_set_twice_has_no_order_to_go_by(tiny, capsys):
    """Which of two values holds would depend on their order, so neither does."""
    words = ["check", tiny, "--set", "years.last=2022", "--set", "years.last=2024"]
    assert cli.main(words) == cli.BAD_INPUT
    assert "years.last twice" in capsys.readouterr().out


def test_a_changed_number_is_told_apart_from_the_result(tiny, capsys):
    """Old → new goes to standard error, so that the JSON stays JSON."""
    words = ["check", tiny, "--json", "--set", "policies.intramural_reduction.by_end=0.25"]
    assert cli.main(words) == cli.DONE
    told = capsys.readouterr()
    assert "policies.intramural_reduction.by_end: 0.5 → 0.25" in told.err
    assert json.loads(told.out)["faults"] == []


def test_forecast_steps_add_up_to_the_demand(tiny, capsys):
    """As JSON: the demand of a year is that of the year before and the year's steps."""
    assert cli.main(["forecast", tiny, "--json", "--set", "pathway.inflow.share=0.1"]) == cli.DONE
    told = json.loads(capsys.readouterr().out)
    demand = {row.pop("year"): sum(row.values()) for row in told["demand"]}
    # 10 in beds, 4 in group places, 4 in homes and 1 who waits, in 2021; 1.9 come in each year.
    assert demand[2021] == pytest.approx(19.0)
    for year in (2022, 2023):
        change = sum(row["clients"] for row in told["steps"] if row["year"] == year)
        assert change == pytest.approx(1.9)
        assert demand[year] - demand[year - 1] == pytest.approx(change)


def test_forecast_table_ends_with_the_clients(tiny, capsys):
    """One column a year: the year before, the steps, and what they add up to."""
    assert cli.main(["forecast", tiny, "--lang", "en", "--set", "pathway.inflow.share=0.1"]) == cli.DONE
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["clients,", "year", "before", "19.0", "20.9"] in lines
    assert ["clients", "20.9", "22.8"] in lines


def test_forecast_shows_the_past_where_it_is_known(tiny, capsys):
    """1,854 of 1,923 were redeemed in 2017, 96.4 %, and 69 were without a place; 2,024 is 5.3 % more."""
    assert cli.main(["forecast", "rotterdam", "--lang", "en"]) == cli.DONE
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["2015", "≈", "2,400", "–", "–", "–", "–", "–"] in lines
    assert ["2017", "1,923", "−9.4%", "1,854", "–", "96.4%", "69"] in lines
    assert ["2018", "2,024", "+5.3%", "1,888", "+1.8%", "93.3%", "136"] in lines
    assert cli.main(["forecast", "rotterdam"]) == cli.DONE
    told = capsys.readouterr().out
    assert "trend van de instroom" in told
    assert ["Midden:", "dagelijkse", "begeleiding", "780,0"] in [
        line.split()[:4] for line in told.splitlines()
    ]
    assert cli.main(["forecast", "rotterdam", "--json"]) == cli.DONE
    told = json.loads(capsys.readouterr().out)["series"]
    assert (told[0]["redeemed"], told[0]["circa"]) == (None, True)
    assert cli.main(["forecast", tiny, "--json"]) == cli.DONE
    assert json.loads(capsys.readouterr().out)["series"] == []


def test_init_makes_a_region_that_checks(tmp_path, capsys):
    """What init writes is whole: check finds no fault in it."""
    folder = str(tmp_path / "mine")
    assert cli.main(["init", folder]) == cli.DONE
    assert capsys.readouterr().out.splitlines() == [folder]
    assert cli.main(["check", folder]) == cli.DONE


def test_init_leaves_a_filled_folder_alone(tmp_path, capsys):
    """A planner's files are never written over."""
    (tmp_path / "region.toml").write_text("mine", encoding="utf-8")
    assert cli.main(["init", str(tmp_path)]) == cli.BAD_INPUT
    assert "a new or empty folder" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["region.toml"]
    assert (tmp_path / "region.toml").read_text(encoding="utf-8") == "mine"


def test_init_takes_an_empty_folder(tmp_path):
    """A folder made beforehand will do."""
    assert cli.main(["init", str(tmp_path)]) == cli.DONE
    assert (tmp_path / "region.toml").is_file()


def test_plan_says_where_it_lies_and_how_sure_it_is(tiny, tmp_path, capsys):
    """Results on standard output, progress on standard error; the last line is the report's path."""
    out = tmp_path / "out"
    assert cli.main(["plan", tiny, "-o", str(out), "--time", "30", "--lang", "en"]) == cli.DONE
    told = capsys.readouterr()
    lines = told.out.splitlines()
    assert lines[-1] == str(out / "report.html")
    assert (out / "report.html").is_file()
    assert any(line.startswith("Proven") for line in lines[:12])
    assert "own home" not in told.err
    assert " s  " in told.err


def test_plan_as_json_is_the_summary_of_its_folder(tiny, tmp_path, capsys):
    """One truth: what is printed is what summary.json holds, and the three answers."""
    out = tmp_path / "out"
    assert cli.main(["plan", tiny, "-o", str(out), "--time", "30", "--json"]) == cli.DONE
    told = json.loads(capsys.readouterr().out)
    assert told["summary"] == json.loads((out / "summary.json").read_text(encoding="utf-8"))
    assert len(told["answers"]) == 3
    assert told["summary"]["proof"]["gap"] <= 0.05
    assert all(answer["question"] and answer["answer"] for answer in told["answers"])


def test_report_writes_the_page_again_in_the_language_asked(plan_folder, capsys):
    """The same plan in English and Dutch: same folder, other words."""
    assert cli.main(["report", str(plan_folder), "--lang", "en"]) == cli.DONE
    english = (plan_folder / "report.html").read_text(encoding="utf-8")
    assert cli.main(["report", str(plan_folder), "--lang", "nl"]) == cli.DONE
    dutch = (plan_folder / "report.html").read_text(encoding="utf-8")
    assert 'lang="en"' in english
    assert 'lang="nl"' in dutch
    assert capsys.readouterr().err == ""


def test_report_makes_a_public_folder_and_says_where(plan_folder, tmp_path, capsys, monkeypatch):
    """Without a browser the memo is a page, which standard error says; the folder of the plan stays."""
    monkeypatch.setenv("PATH", "")
    before = sorted(path.name for path in plan_folder.iterdir())
    asked = ["report", str(plan_folder), "--public", "-o", str(tmp_path / "web"), "--json"]
    assert cli.main(asked) == cli.DONE
    told = capsys.readouterr()
    made = json.loads(told.out)
    assert made["files"] == ["README.txt", "memo.html", "plan.gpkg", "plan.xlsx", "report.html"]
    assert made["public"] is True
    assert "no browser was found" in made["no_pdf"]
    assert "printed by hand" in told.err
    assert sorted(path.name for path in plan_folder.iterdir()) == before


def test_report_refuses_what_is_no_plan(tmp_path, capsys):
    """A folder without plan.nc is told, and nothing is written in it."""
    assert cli.main(["report", str(tmp_path)]) == cli.BAD_INPUT
    assert str(tmp_path) in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_hard_rules_that_clash_end_in_1(tiny, tmp_path, capsys):
    """No plan: exit 1, the reason on standard error, and no folder."""
    assert cli.main(["plan", tiny, "-o", str(tmp_path / "out"), *CLASH]) == cli.NO_PLAN
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.strip()
    assert not (tmp_path / "out").exists()


def test_a_clash_as_json_says_impossible(tiny, tmp_path, capsys):
    """A program reads the status and not the words."""
    assert cli.main(["plan", tiny, "-o", str(tmp_path / "out"), "--json", *CLASH]) == cli.NO_PLAN
    assert json.loads(capsys.readouterr().out)["status"] == "impossible"


def test_a_clash_names_what_would_do(tiny, tmp_path, capsys):
    """The path must be nothing, or a pace of half the beds a year: each with what to paste; no folder."""
    assert cli.main(["plan", tiny, "-o", str(tmp_path / "out"), "--lang", "en", *CLASH]) == cli.NO_PLAN
    told = capsys.readouterr().err
    assert "--set policies.intramural_reduction.by_end=0 " in told
    assert "--set policies.replacement_before_closure.most_per_year=0.5 " in told
    assert "a plan was made and checked; one step less is proven too little" in told
    assert [path.name for path in tmp_path.iterdir()] == ["tiny"]
    assert cli.main(["plan", tiny, "-o", str(tmp_path / "out"), "--json", *CLASH]) == cli.NO_PLAN
    repairs = json.loads(capsys.readouterr().out)["repairs"]
    assert {one["set"] for one in repairs} >= {"policies.intramural_reduction.by_end=0"}
    assert all(one["verified"] for one in repairs)


def test_explain_says_why(plan_folder, capsys):
    """Rules, what one more is worth, a site, and the three questions, on standard output."""
    assert cli.main(["explain", str(plan_folder), "--site", "S3", "--lang", "en"]) == cli.DONE
    told = capsys.readouterr().out
    assert told.startswith("Which rules bind, where and when")
    assert "Is the spread fair?" in told
    assert cli.main(["explain", str(plan_folder), "--site", "S3", "--again", "--json"]) == cli.DONE
    record = json.loads(capsys.readouterr().out)
    assert [site["site"] for site in record["sites"]] == ["S3"]
    assert record["worth"]


def test_explain_refuses_a_site_that_is_not_there(plan_folder, capsys):
    """Exit 2, and the nearest name."""
    assert cli.main(["explain", str(plan_folder), "--site", "S33"]) == cli.BAD_INPUT
    assert "no site 'S33'" in capsys.readouterr().err


def test_a_reader_that_has_seen_enough_is_no_error():
    """`spreidplan regions | head -0`: no traceback, exit 0."""
    reading, writing = os.pipe()
    os.close(reading)
    ended = subprocess.run(
        [sys.executable, str(ROOT / "cli.py"), "regions"], stdout=writing, stderr=subprocess.PIPE, check=False
    )
    os.close(writing)
    assert (ended.returncode, ended.stderr) == (cli.DONE, b"")


def test_output_is_utf8_wherever_it_goes(tiny):
    """A Windows console redirected to a file has another encoding; arrows and euros survive."""
    ended = subprocess.run(
        [sys.executable, str(ROOT / "cli.py"), "check", tiny], capture_output=True, check=True,
        env={**os.environ, "PYTHONIOENCODING": "cp1252", "PYTHONUTF8": "0"},
    )  # fmt: skip
    assert "straight line × 1 ÷ 60 km/h" in ended.stdout.decode("utf-8")


def test_locate_tells_sites_people_and_proof(tiny, capsys):
    """One site for group places in Tiny: S2 in the middle, two minutes from both ends."""
    assert cli.main(["locate", tiny, "--sites", "1", "--for", "travel", "--tier", "group"]) == cli.DONE
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "1 site: fewest minutes in all (proven best)"
    assert "10.0 people: mean 1.7 minutes, worst 2.0" in lines
    assert "100.0% of them within 3 minutes" in lines
    (row,) = [line.split() for line in lines if line.lstrip().startswith("S2")]
    assert row == ["S2", "Site", "two", "Square", "N2", "10.0", "1.7", "2.0"]


def test_locate_as_json_names_every_origin(tiny, capsys):
    """A program gets sites, assignment and proof."""
    assert cli.main(["locate", tiny, "--sites", "2", "--for", "worst", "--open", "S3", "--json"]) == cli.DONE
    told = json.loads(capsys.readouterr().out)
    assert told["status"] == "proven"
    assert "S3" in [site["site"] for site in told["sites"]]
    assert {row["origin"] for row in told["assignment"]} == {"N1", "N2", "N3"}


def test_locate_says_who_is_out_of_reach(tiny, capsys):
    """S1 alone is 4 minutes from N3: exit 1 and the neighbourhood by name."""
    asked = ["locate", tiny, "--sites", "1", "--for", "travel", "--limit", "3", "--never", "S2,S3"]
    assert cli.main(asked) == cli.NO_PLAN
    told = capsys.readouterr()
    assert told.out == ""
    assert "N3" in told.err
    assert "4.0 minutes away, not 3" in told.err


def test_locate_refuses_an_unknown_site(tiny, capsys):
    """The fault names what is known; exit 2."""
    assert cli.main(["locate", tiny, "--sites", "1", "--for", "travel", "--open", "S9"]) == cli.BAD_INPUT
    assert "the unknown site 'S9'" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="Ctrl-C is sent as a POSIX signal")
def test_ctrl_c_keeps_the_best_plan_so_far(tmp_path):
    """A bundled region to a gap of 0 takes all its time; stopped at the first plan, it is written."""
    asked = ["plan", "groningen-bmwe", "-o", "out", "--gap", "0", "--time", "1000", "--lang", "en"]
    process = started(*asked, cwd=tmp_path)
    seen = []
    for line in process.stderr:
        seen.append(line)
        if "best plan " in line:
            break
    else:
        raise AssertionError(f"It ended by itself: {seen}")
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=900)
    assert process.returncode == cli.DONE, (seen, err)
    assert "Traceback" not in err
    assert out.splitlines()[-1] == str((tmp_path / "out" / "report.html").resolve())


@pytest.mark.slow
def test_demo_from_end_to_end(tmp_path, monkeypatch, capsys):
    """The bundled region: a plan within 5 % of the best, the report's path, the three answers."""
    monkeypatch.chdir(tmp_path)
    assert cli.main(["demo", "--gap", "5%", "--json"]) == cli.DONE
    told = json.loads(capsys.readouterr().out)
    assert told["report"] == str((tmp_path / "spreidplan-demo" / "report.html").resolve())
    assert Path(told["report"]).is_file()
    assert len(told["answers"]) == 3


# Compare -------------------------------------------------------------------------------------


def test_compare_sets_plans_side_by_side(plan_folder, capsys):
    """A plan beside itself: no difference, and nobody better or worse off."""
    assert cli.main(["compare", str(plan_folder), str(plan_folder), "--lang", "en"]) == cli.DONE
    told = capsys.readouterr()
    assert "plan 2  no difference" in told.out
    assert "Nobody is better or worse off." in told.out
    assert "not distinguishable" in told.out
    assert told.err == ""


def test_compare_as_json_has_the_attribution_in_it(plan_folder, tiny, tmp_path, capsys):
    """One key differs, so its part is the whole difference and nothing is planned half-way."""
    words = ["plan", tiny, "--set", "tiers.bed.rate=1100", "-o", str(tmp_path / "dear"), "--time", "30"]
    assert cli.main(words) == cli.DONE
    capsys.readouterr()
    assert (
        cli.main(["compare", str(plan_folder), str(tmp_path / "dear"), "--attribute", "--json"]) == cli.DONE
    )
    record = json.loads(capsys.readouterr().out)
    (compared,) = record["compared"]
    assert [one["key"] for one in compared["keys"]] == ["tiers.bed.rate"]
    parts = record["attribution"]["parts"]
    assert parts["tiers.bed.rate"]["objective"] == pytest.approx(compared["objective"])
    assert record["attribution"]["remainder"]["objective"] == 0.0


@pytest.mark.parametrize("count", [1, 3])
def test_compare_asks_for_as_many_plans_as_it_needs(plan_folder, count, capsys):
    """One plan has no other beside it, and an attribution is between two."""
    assert cli.main(["compare", *[str(plan_folder)] * count, "--attribute"]) == cli.BAD_INPUT
    assert "expected two plans" in capsys.readouterr().err


def test_solving_on_writes_what_became_better(tiny, tmp_path, capsys):
    """Plans of at most 60 % gap are solved on, proven, and written to their folders."""
    folders = [str(tmp_path / name) for name in ("one", "two")]
    for folder, rate in zip(folders, ("1000", "1001"), strict=True):
        words = ["plan", tiny, "--set", f"tiers.bed.rate={rate}", "-o", folder, "--gap", "0.6"]
        assert cli.main(words) == cli.DONE
    capsys.readouterr()
    assert cli.main(["compare", *folders, "--solve-on", "30", "--json"]) == cli.DONE
    record = json.loads(capsys.readouterr().out)
    assert [one["gap"] for one in record["measures"]] == pytest.approx([0.0, 0.0], abs=1.0)
    stored = [json.loads((Path(f) / "summary.json").read_text(encoding="utf-8")) for f in folders]
    objectives = [one["proof"]["objective"] for one in stored]
    assert objectives == pytest.approx([one["objective"] for one in record["measures"]])


def test_scenarios_are_named_with_commas(tiny, capsys):
    """`-s a,b` is `-s a -s b`; a name that is none is told with its neighbours."""
    scenarios = Path(tiny) / "scenarios"
    scenarios.mkdir()
    (scenarios / "dear.toml").write_text("tiers.bed.rate = 1100\n", encoding="utf-8")
    (scenarios / "slow.toml").write_text("policies.intramural_reduction.by_end = 0.2\n", encoding="utf-8")
    assert cli.main(["check", tiny, "-s", "dear,slow"]) == cli.DONE
    told = capsys.readouterr().err
    assert "tiers.bed.rate: 1000 → 1100 (scenario dear)" in told
    assert "policies.intramural_reduction.by_end: 0.5 → 0.2 (scenario slow)" in told
    assert cli.main(["check", tiny, "-s", "dear,slo"]) == cli.BAD_INPUT
    assert "Did you mean 'slow'?" in capsys.readouterr().out
    assert cli.main(["check", tiny, "-s", "dear,,slow"]) == cli.BAD_INPUT


# Score ---------------------------------------------------------------------------------------


def test_a_plan_is_exported_edited_and_scored(plan_folder, tiny, tmp_path, capsys):
    """The exported table scores without a broken rule; with two beds fewer than it may, one is told."""
    assert cli.main(["score", tiny, "--export", str(plan_folder)]) == cli.DONE
    edit = tmp_path / "plan.csv"
    edit.write_text(capsys.readouterr().out, encoding="utf-8")
    assert cli.main(["score", tiny, "--edit", str(edit), "--lang", "en"]) == cli.DONE
    told = capsys.readouterr()
    assert "No rule broken." in told.out
    assert "Made by hand." in told.out
    edit.write_text("site,tier,year,places\nS1,bed,2023,8\n", encoding="utf-8")
    out = str(tmp_path / "scored")
    assert cli.main(["score", tiny, "--edit", str(edit), "--json", "-o", out]) == cli.DONE
    record = json.loads(capsys.readouterr().out)
    assert [(one["rule"], one["amount"]) for one in record["broken"]] == [("replacement_before_closure", 2.0)]
    assert record["summary"]["proof"]["status"] == "by_hand"
    assert (Path(out) / "report.html").is_file()


def test_score_tells_the_faults_of_an_edit(tiny, tmp_path, capsys):
    """An unknown site and a year that is not planned, both at once."""
    edit = tmp_path / "plan.csv"
    edit.write_text("site,tier,year,places\nS9,bed,2023,8\nS1,bed,2040,8\n", encoding="utf-8")
    assert cli.main(["score", tiny, "--edit", str(edit)]) == cli.BAD_INPUT
    told = capsys.readouterr().err
    assert "plan.csv, line 2, site: found 'S9'" in told
    assert "plan.csv, line 3, year: found '2040'" in told


def test_export_of_another_region_is_refused(plan_folder, capsys):
    """A plan of the tiny region is none of Zuidoost-Drenthe."""
    assert cli.main(["score", "zuidoost-drenthe", "--export", str(plan_folder)]) == cli.BAD_INPUT
    assert "found a plan of Tiny" in capsys.readouterr().err


def test_an_edit_is_finished_with_few_changes(tiny, tmp_path, capsys):
    """Two beds go with nothing instead: two homes more, and the plan keeps all rules."""
    edit = tmp_path / "plan.csv"
    edit.write_text("site,tier,year,places\nS1,bed,2023,8\n", encoding="utf-8")
    words = ["score", tiny, "--edit", str(edit), "--finish", "--gap", "0", "--time", "60", "--lang", "en"]
    assert cli.main(words) == cli.DONE
    told = capsys.readouterr().out
    assert "No rule broken." in told
    assert "Other than in the table, 2 places or homes in 2 lines:" in told


def test_a_lock_is_kept_or_its_faults_told(tiny, tmp_path, capsys):
    """Nine beds in 2022, as the provider asked; and eleven, where ten fit, is no plan."""
    lock, out = tmp_path / "agreed.csv", tmp_path / "kept"
    lock.write_text("site,tier,year,places,asked_by\nS1,bed,2022,9,provider A\n", encoding="utf-8")
    assert cli.main(["plan", tiny, "--lock", str(lock), "--time", "60", "-o", str(out)]) == cli.DONE
    assert "9,,provider A" in (out / "case" / "agreed.csv").read_text(encoding="utf-8")
    lock.write_text("site,tier,year,places\nS1,bed,2022,11\n", encoding="utf-8")
    assert cli.main(["plan", tiny, "--lock", str(lock), "-o", str(out)]) == cli.NO_PLAN
    told = capsys.readouterr().err
    assert "What is short at the least:" in told
    assert "[Site one, bed; places] 2022: 1.0" in told
    assert "1. agree otherwise: Site one, bed 2022: 11 → 10 places" in told
