"""Commands that show: report, serve, verify, regions."""

import importlib.util
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from reports.terminal import values
from reports.terminal.declare import argument, option
from reports.terminal.messages import DONE, language, print_json, print_lines, tell
from reports.terminal.options import AsJson, Lang, Options, PlanFolder, PlanSeed, WorkLimit
from reports.terminal.solving import report_contents, written

if TYPE_CHECKING:
    from reports.app.launch import Place
    from reports.figures.contents import Contents


def report(
    plan: PlanFolder,
    *,
    lang: Lang = None,
    json: AsJson = False,
    pack: Annotated[
        bool,
        option(
            "--pack",
            "also write report, workbook, map layers, a memo of two pages and README.txt in one folder",
        ),
    ] = False,
    public: Annotated[
        bool, option("--public", "the same folder with small counts left out, for the web")
    ] = False,
    output: Annotated[
        Path | None, option("-o, --output FOLDER", "folder of the pack; else PLAN-pack or PLAN-public")
    ] = None,
    lots: Annotated[
        Path | None, option("--lots FOLDER", "folder that `lots -o` has written, to be told in the report")
    ] = None,
) -> int:
    """Write the report of a plan again."""
    return _report(Options(**locals()))


def serve(
    target: Annotated[
        str,
        argument(
            "REGION|PLAN",
            "name of a bundled region, folder of a region, of a plan, or of several plans (zuidoost-drenthe)",
        ),
    ] = "zuidoost-drenthe",
    *,
    gap: Annotated[
        float, option("--gap SHARE", "good enough, such as 0.01 or 1% (0.02)", values.share)
    ] = 0.02,
    time: Annotated[float, option("--time SECONDS", "longest solve (150)", values.positive)] = 150.0,
    seed: PlanSeed = 0,
    repair_time: Annotated[
        float,
        option(
            "--repair-time SECONDS",
            "where no plan exists: to find the smallest changes that give one (15)",
            values.positive,
        ),
    ] = 15.0,
    work: WorkLimit = None,
    lang: Lang = None,
    host: Annotated[
        str,
        option(
            "--host ADDRESS",
            "listen beyond this machine, such as 0.0.0.0; the link then holds a token (127.0.0.1)",
        ),
    ] = "127.0.0.1",
    port: Annotated[
        int | None, option("--port N", "port (the first free one from 8427 on)", values.count)
    ] = None,
    no_browser: Annotated[bool, option("--no-browser", "do not open the browser")] = False,
    until_closed: Annotated[
        bool, option("--until-closed", "stop when the last page has been closed a minute")
    ] = False,
    shortcut: Annotated[
        bool, option("--shortcut", "write a start by double click on the desktop, and end")
    ] = False,
    output: Annotated[
        Path | None, option("-o, --output FOLDER", "with --shortcut: where to write it")
    ] = None,
) -> int:
    """Open the what-if page in the browser."""
    return _serve(Options(browser=not no_browser, **locals()))


def verify(
    plan: PlanFolder,
    *,
    json: AsJson = False,
) -> int:
    """Verify the folder of a plan: every file, rule and euro, and the claims of its proof."""
    return _verify(Options(**locals()))


def regions(
    *,
    json: AsJson = False,
) -> int:
    """Name the bundled regions."""
    return _regions(Options(**locals()))


def _report(arguments: Options) -> int:
    from reports.answers.lots import read_lots
    from reports.folder.folder import read_plan

    lots = read_lots(arguments.lots) if arguments.lots else None
    plan = read_plan(arguments.plan)
    if not (arguments.pack or arguments.public):
        return written(plan, arguments.plan, arguments, lots)
    return _packed(report_contents(plan, arguments, lots), arguments)


def _packed(told: "Contents", arguments: Options) -> int:
    """Write the decision pack and say where it lies."""
    from reports.publish.pack import write_pack

    plan, kind = arguments.plan.resolve(), "public" if arguments.public else "pack"
    folder = arguments.output or plan.with_name(f"{plan.name}-{kind}")
    why = write_pack(told, folder, public=arguments.public)
    if why:
        tell(f"The memo is a page to be printed by hand: {why}.")
    files = sorted(path.name for path in folder.iterdir())
    if arguments.json:
        print_json({"folder": str(folder), "files": files, "public": arguments.public, "no_pdf": why or None})
    else:
        print_lines([str(folder), *(f"  {name}" for name in files)])
    return DONE


def _serve(arguments: Options) -> int:
    from geodata.bundled import bundled_regions
    from geodata.temporary import temporary_folder
    from reports.app.open_target import opened
    from reports.app.shortcut import write_shortcut

    there = opened(arguments.target)
    if arguments.shortcut:
        bundled = arguments.target in bundled_regions()
        target = arguments.target if bundled else str(Path(arguments.target).resolve())
        print_lines([str(write_shortcut(target, arguments.output))])
        return DONE
    _refuse_without_app()
    from models.region.read_region import read_region
    from reports.app.launch import serve
    from reports.app.server import QuestionOptions

    tell("Reading the region; the browser opens in a moment. Ctrl-C stops.")
    region = read_region(there.region)
    limits = {"gap": arguments.gap, "seconds": arguments.time, "seed": arguments.seed}
    limits |= {} if arguments.work is None else {"work": arguments.work}
    with temporary_folder() as folder:
        asked = QuestionOptions(
            region, folder, limits, there.given, there.gallery,
            language(arguments, region), arguments.repair_time,
        )  # fmt: skip
        options = {"host": arguments.host, "port": arguments.port, "browser": arguments.browser}
        serve(asked, **options, until_closed=arguments.until_closed, told=_print_url)
    return DONE


def _print_url(place: "Place") -> None:
    print_lines([place.url])
    sys.stdout.flush()  # who started it through a pipe waits for this


def _refuse_without_app() -> None:
    from geodata.faults import Fault, InputError

    if not all(map(importlib.util.find_spec, ("starlette", "uvicorn"))):
        remedy = "Install them: pip install 'spreidplan[app]'."
        raise InputError([Fault("serve", "no packages starlette and uvicorn", "both", remedy)])


def _verify(arguments: Options) -> int:
    from reports.folder.folder import verify_folder

    count, plan = verify_folder(arguments.plan)
    proof, region = plan.proof, plan.problem.region
    assert region is not None  # it was read from the case
    if arguments.json:
        figures = {name: getattr(proof, name) for name in ("objective", "bound", "gap")}
        print_json({"files": count, "status": proof.status, **figures, "digest": region.digest})
        return DONE
    print_lines(
        [
            f"{count} files are as they were written.",
            "The plan is one of its case: it keeps every rule, and every euro of it adds up.",
            f"Objective {proof.objective:,.0f}, at most {proof.gap:.2%} above the best plan there is "
            f"({proof.status.replace('_', ' ')}). The bound itself can only be checked by solving again.",
        ]
    )
    return DONE


def _regions(arguments: Options) -> int:
    from geodata.bundled import bundled_regions

    regions = bundled_regions()
    if arguments.json:
        print_json([{"name": name, "folder": str(folder)} for name, folder in regions.items()])
    else:
        print_lines(f"{name:24} {folder}" for name, folder in regions.items())
    return DONE
