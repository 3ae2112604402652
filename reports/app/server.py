"""The what-if page as a web application: what it answers, and to whom."""

from __future__ import annotations

import asyncio
import json
import re
import secrets
import shutil
import time
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field
from functools import cached_property
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from reports.app import controls
from reports.app.access import Guard
from reports.app.answers import LANGUAGES
from reports.app.base_map import Ground, base_data
from reports.app.jobs import Busy, JobQueue, Worker
from reports.app.settings import checked, fingerprint, scenario_text, scenarios
from reports.app.wording import Wording
from reports.maps.symbols import SIGNS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping, Sequence
    from pathlib import Path

    from starlette.requests import Request

    from models.region.region import Region
    from reports.app.jobs import PlanJob
    from reports.text.notation import Language

STATIC = {
    "app.js": "text/javascript; charset=utf-8",
    "map.js": "text/javascript; charset=utf-8",
    "app.css": "text/css; charset=utf-8",
    "page.css": "text/css; charset=utf-8",
}
OWN = frozenset({"app.js", "app.css"})
"""Those that lie with the application; the others are the report's."""

NAME = re.compile(r"[a-z]+-[0-9a-z-]{1,60}")
WITHIN, FRONT_WITHIN = 0.02, 0.05
"""Shares by which an alternative, and a plan on a front, may be worse."""

PLANS = 4
"""Alternatives, or plans on a front, with the one that is asked about."""

EXPLAIN_SECONDS, ROOM_SECONDS = 15.0, 60.0
BEAT = 10.0
"""Seconds between signs of life to a page that watches."""


@dataclass(frozen=True)
class QuestionOptions:
    """What the page is about and how it solves.

    Attributes
    ----------
    region
        Read from its folder, which the process that solves reads again.
    folder
        For the plans that are made; it is thrown away at the end.
    given
        The folder of a plan that is shown as plan A, where one was opened.
    gallery
        Plans of a folder of alternatives or of a front: name, folder, facts.
    limits
        gap, seconds and seed of every solve, and work where it is bounded by that.
    repair_seconds
        For finding what would do where no plan exists.
    """

    region: Region
    folder: Path
    limits: Mapping[str, Any]
    given: Path | None = None
    gallery: Sequence[Mapping[str, Any]] = ()
    lang: Language = "nl"
    repair_seconds: float = 15.0


@dataclass
class Pages:
    """How many pages are open, and since when none is."""

    open: int = 0
    seen: bool = False
    since: float = field(default_factory=time.monotonic)


@dataclass
class WhatIf:
    """What is asked of the page, answered."""

    asked: QuestionOptions
    desk: JobQueue
    cookie: str
    pages: Pages = field(default_factory=Pages)

    @cached_property
    def ground(self) -> Ground:
        """The map without any plan."""
        return Ground.of(self.asked.region)

    @cached_property
    def scenarios(self) -> dict[str, dict[str, str]]:
        """The settings of the region's scenarios."""
        return scenarios(self.asked.region.folder)

    def routes(self) -> list[Route]:
        """Return what can be asked."""
        post = ["POST"]
        return [
            Route("/", self.page),
            Route("/static/{name}", self.static),
            Route("/api/desk", self.desk_of),
            Route("/api/plan/{name}", self.plan),
            Route("/api/watch/{name}", self.watch),
            Route("/api/open", self.stay),
            Route("/api/ask", self.ask, methods=post),
            Route("/api/cancel", self.cancel, methods=post),
            Route("/api/enough", self.enough, methods=post),
            Route("/api/scenario", self.scenario, methods=post),
        ]

    # What is looked at

    async def page(self, request: Request) -> Response:
        """Return the page, and a session to whoever has none."""
        words = Wording(self._lang(request))
        signs = [{"name": n, "sign": sign, "words": words(f"event_{n}")} for n, sign in SIGNS.items()]
        name = self.asked.region.parameters.region.name
        text = _environment().get_template("app.html").render(
            w=words, lang=words.lang, ground=self.ground, signs=signs, region=name
        )  # fmt: skip
        answer = HTMLResponse(text)
        if not self._session(request):
            answer.set_cookie(self.cookie, secrets.token_urlsafe(24), httponly=True, samesite="strict")
        return answer

    async def static(self, request: Request) -> Response:
        """Return a script or style."""
        name = request.path_params["name"]
        if name not in STATIC:
            raise HTTPException(404)
        place = files("reports.app").joinpath("static") if name in OWN else files("reports")
        return Response(place.joinpath(name).read_bytes(), media_type=STATIC[name])

    async def desk_of(self, request: Request) -> Response:
        """Return what can be set, and the region before any plan."""
        region, words = self.asked.region, Wording(self._lang(request))
        parameters = region.parameters
        reduction = parameters.policies.intramural_reduction
        occupied = region.site_tiers["wlz_occupied"].groupby(level="site").sum()
        settled = parameters.policies.sites_run_as_settled
        return JSONResponse(
            {
                "region": parameters.region.name,
                "digest": region.digest[:12],
                "words": words.script(),
                "years": list(parameters.years.planned),
                "beds": {
                    "by_end": reduction.by_end.value,
                    "path": {str(year): share.value for year, share in reduction.path.items()},
                },
                "homes": [asdict(slider) for slider in controls.homes(region)],
                "themes": [asdict(theme) for theme in controls.themes(region, words)],
                "settled": {"open": list(settled.open), "shut": list(settled.shut)},
                "occupied": [str(site) for site, people in occupied.items() if people > 0],
                "towns": {str(c): str(n) for c, n in region.municipalities["name"].items()},
                "town_of": {str(c): str(m) for c, m in region.neighbourhoods["municipality"].items()},
                "scenarios": self.scenarios,
                "given": self.asked.given is not None,
                "gallery": [{"name": p["name"], "facts": p["facts"]} for p in self.asked.gallery],
                "map": base_data(region, words),
            }
        )

    async def plan(self, request: Request) -> Response:
        """Return what is shown of a plan that this session asked for."""
        job = self._job(request, request.path_params["name"])
        if job.state != "done" or "plan" not in job.told:
            raise HTTPException(404)
        text = (self.asked.folder / job.told["plan"] / "answer.json").read_text(encoding="utf-8")
        return JSONResponse(json.loads(text)[self._lang(request)])

    async def watch(self, request: Request) -> Response:
        """Send how a question stands until it is answered."""
        job = self._job(request, request.path_params["name"])
        return StreamingResponse(self._stand(job), media_type="text/event-stream")

    async def _stand(self, job: PlanJob) -> AsyncIterator[str]:
        began = time.monotonic()
        while True:
            seconds = round(time.monotonic() - began, 1)
            told = {
                "state": job.state, "told": job.told, "before": self.desk.before(job), "seconds": seconds,
                **search_end(job.order),
            }  # fmt: skip
            yield f"data: {json.dumps(told)}\n\n"
            if job.is_over:
                return
            async with job.changed:
                try:
                    await asyncio.wait_for(job.changed.wait(), 1.0)
                except TimeoutError:
                    continue

    async def stay(self, request: Request) -> Response:
        """Keep a line open for as long as a page is, so that it is known when the last one closes."""
        self._known_session(request)
        return StreamingResponse(self._beats(), media_type="text/event-stream")

    async def _beats(self) -> AsyncIterator[str]:
        self.pages.open, self.pages.seen = self.pages.open + 1, True
        try:
            while True:
                yield ": here\n\n"
                await asyncio.sleep(BEAT)
        finally:
            self.pages.open, self.pages.since = self.pages.open - 1, time.monotonic()

    # What is asked

    async def ask(self, request: Request) -> Response:
        """Put a question in line and return its name; 503 where too many wait."""
        session, raw = self._known_session(request), await _json(request)
        kinds: dict[str, Callable[[Any, str], dict[str, Any]]] = {
            "plan": self._plan_order, "given": self._given_order, "compare": self._compare_order,
            "explain": self._of_plan, "room": self._room_order, "alternatives": self._of_plan,
            "front": self._of_plan,
        }  # fmt: skip
        if not isinstance(raw.get("kind"), str) or raw["kind"] not in kinds:
            raise HTTPException(422, "No such question.")
        order = kinds[raw["kind"]](raw, session)
        name = f"{raw['kind']}-{fingerprint(self.asked.region.digest, {}, order)}"
        if order["kind"] == "plan":
            order["plan"] = name
        try:
            job = self.desk.submit(name, {**order, "name": name}, session)
        except Busy:
            return JSONResponse({"busy": self.desk.waiting}, status_code=503)
        return JSONResponse({"job": job.name}, status_code=202)

    def _plan_order(self, raw: Any, session: str) -> dict[str, Any]:
        try:
            settings = checked(raw.get("set"))
        except ValueError as error:
            raise HTTPException(422, str(error)) from error
        known = {key for scenario in self.scenarios.values() for key in scenario}
        strange = [k for k in settings if k not in known and not controls.settable(self.asked.region, k)]
        if strange:
            raise HTTPException(422, f"The page does not set {strange[0]}.")
        given = str(self.asked.given) if self.asked.given and not settings else ""
        limits, repair = dict(self.asked.limits), self.asked.repair_seconds
        return {"kind": "plan", "set": settings, "limits": limits, "repair": repair, "given": given}

    def _given_order(self, raw: Any, session: str) -> dict[str, Any]:
        """Show a plan that lies in a folder: of those opened, or of those found by this session."""
        found = list(self.asked.gallery)
        if raw.get("of"):
            found = self._done(raw["of"], session)["plans"]
        folder = next((p["folder"] for p in found if p["name"] == raw.get("name")), None)
        if folder is None:
            raise HTTPException(404, "No such plan.")
        return {"kind": "plan", "set": {}, "limits": {}, "given": folder}

    def _compare_order(self, raw: Any, session: str) -> dict[str, Any]:
        first, second = (self._done(raw.get(side), session)["plan"] for side in ("first", "second"))
        return {"kind": "compare", "first": first, "second": second}

    def _of_plan(self, raw: Any, session: str) -> dict[str, Any]:
        plan = self._done(raw.get("plan"), session)["plan"]
        if raw["kind"] == "explain":
            return {"kind": "explain", "plan": plan, "seconds": EXPLAIN_SECONDS}
        within = {"alternatives": WITHIN, "front": FRONT_WITHIN}[raw["kind"]]
        limits = {name: self.asked.limits[name] for name in ("gap", "seconds", "seed")}
        return {"kind": raw["kind"], "plan": plan, "limits": limits, "count": PLANS, "within": within}

    def _room_order(self, raw: Any, session: str) -> dict[str, Any]:
        plan, town = self._done(raw.get("plan"), session)["plan"], raw.get("town")
        if not isinstance(town, str) or town not in self.asked.region.municipalities.index:
            raise HTTPException(422, "No such municipality.")
        return {"kind": "room", "plan": plan, "town": town, "within": WITHIN, "seconds": ROOM_SECONDS}

    async def cancel(self, request: Request) -> Response:
        """Take a question back."""
        session, raw = self._known_session(request), await _json(request)
        await self.desk.cancel(self._job(request, raw.get("job")), session)
        return JSONResponse({})

    async def enough(self, request: Request) -> Response:
        """Ask for the best so far."""
        await self.desk.enough(self._job(request, (await _json(request)).get("job")))
        return JSONResponse({})

    async def scenario(self, request: Request) -> Response:
        """Return settings as a scenario file."""
        self._known_session(request)
        raw = await _json(request)
        try:
            settings = checked(raw.get("set"))
        except ValueError as error:
            raise HTTPException(422, str(error)) from error
        about = f"Made on the what-if page of {self.asked.region.parameters.region.name}."
        return JSONResponse({"file": "what_if.toml", "text": scenario_text(settings, about)})

    # Who asks

    def _lang(self, request: Request) -> Language:
        lang = request.query_params.get("lang")
        return next((known for known in LANGUAGES if known == lang), self.asked.lang)

    def _session(self, request: Request) -> str:
        return request.cookies.get(self.cookie, "")

    def _known_session(self, request: Request) -> str:
        session = self._session(request)
        if not session:
            raise HTTPException(401, "Load the page first.")
        return session

    def _job(self, request: Request, name: object) -> PlanJob:
        job = self.desk.of(str(name), self._known_session(request)) if NAME.fullmatch(str(name)) else None
        if job is None:
            raise HTTPException(404, "No such question of yours.")
        return job

    def _done(self, name: object, session: str) -> dict[str, Any]:
        job = self.desk.of(str(name), session)
        if job is None or job.state != "done":
            raise HTTPException(404, "No such answer of yours.")
        told: dict[str, Any] = job.told
        return told


def application(
    asked: QuestionOptions, names: Sequence[str], token: str, port: int, *, addresses: bool = False
) -> Starlette:
    """Return the page of a region, guarded as `Guard` says; its process begins with it and ends with it."""

    def forgotten(job: PlanJob) -> None:
        shutil.rmtree(asked.folder / job.name, ignore_errors=True)

    worker = Worker(asked.region.folder, asked.folder)
    what_if = WhatIf(asked, JobQueue(worker, forgotten), f"spreidplan-{port}")

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        await asyncio.to_thread(worker.begin)
        working = asyncio.create_task(what_if.desk.work())
        try:
            yield
        finally:
            working.cancel()
            await asyncio.to_thread(worker.close)

    app = Starlette(routes=what_if.routes(), lifespan=lifespan)
    app.state.what_if = what_if
    cookie = f"spreidplan-access-{port}"
    app.add_middleware(Guard, names=names, token=token, cookie=cookie, addresses=addresses)
    return app


def search_end(order: Mapping[str, Any]) -> dict[str, Any]:
    """Return what ends the search of an order: seconds or work; neither where it is more than one search."""
    if order["kind"] in ("explain", "room"):
        return {"most": order["seconds"], "work": None}
    limits = order["limits"] if order["kind"] == "plan" and not order["given"] else {}
    work = limits.get("work")
    return {"most": None if work else limits.get("seconds"), "work": work}


def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


async def _json(request: Request) -> dict[str, Any]:
    try:
        raw = json.loads(await request.body())
    except (ValueError, RecursionError) as error:
        raise HTTPException(422, "No JSON.") from error
    if not isinstance(raw, dict):
        raise HTTPException(422, "No table of JSON.")
    return raw
