"""Options that several commands share, as annotations of their parameters."""

from pathlib import Path
from types import SimpleNamespace
from typing import Annotated, Any, Literal

from reports.terminal import values
from reports.terminal.declare import argument, option, options

DEMO_REGION, DEMO_FOLDER = "zuidoost-drenthe", Path("spreidplan-demo")


class Options(SimpleNamespace):
    """What a command was called with, each option by its name; scenarios in one list."""

    def __init__(self, **options: Any) -> None:
        if "scenarios" in options:
            options["scenarios"] = [name for names in options["scenarios"] for name in names]
        super().__init__(**options)


AsJson = Annotated[bool, option("--json", "print the result as JSON")]
Lang = Annotated[
    Literal["nl", "en"] | None, option("--lang nl|en", "language of the report; else the region's")
]
RegionName = Annotated[str, argument("REGION", "name of a bundled region, or a folder")]
PlanFolder = Annotated[Path, argument("PLAN", "folder of a plan")]
Scenarios = Annotated[
    list[Any],
    options(
        "-s, --scenario SCENARIO", "scenarios of the region, such as a,b; may be given again", values.names
    ),
]
Settings = Annotated[
    list[Any],
    options(
        "--set KEY=VALUE",
        "a number of region.toml, such as policies.intramural_reduction.by_end=0.4",
        values.setting,
    ),
]
LockFile = Annotated[
    Path | None,
    option("--lock FILE", "agreed decisions to keep: a table as for score --edit, asked_by says who asked"),
]
PlanSeed = Annotated[int, option("--seed N", "same seed, input and --work, same plan (0)", values.count)]
AnswerSeed = Annotated[int, option("--seed N", "same seed and input, same answer (0)", values.count)]
RepairTime = Annotated[
    float,
    option(
        "--repair-time SECONDS",
        "where no plan exists: to find the smallest changes that give one (60)",
        values.positive,
    ),
]
WorkLimit = Annotated[
    int | None,
    option(
        "--work N",
        "in place of --time: work for the solver, so that any machine makes the same plan",
        values.one_or_more,
    ),
]
CollectionFolder = Annotated[Path, option("-o, --output FOLDER", "new folder, or one to go on with")]
