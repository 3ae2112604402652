"""The what-if page without a browser: who may ask, how questions wait, what settings and launchers say."""

import asyncio
import configparser
import contextlib
import json
import multiprocessing
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import tomllib
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn
from starlette.testclient import TestClient
from tiny import write_tiny_region

from cli import main
from geodata.bundled import region_folder
from geodata.faults import InputError
from models.demand.forecast import forecast
from models.region.read_region import read_region
from optimiser import warm_start
from optimiser.problem import Problem
from optimiser.solve import solve
from reports.app import access
from reports.app.controls import homes, settable, themes
from reports.app.jobs import Busy, JobQueue, Worker
from reports.app.launch import Place
from reports.app.open_target import opened
from reports.app.server import QuestionOptions, application, search_end
from reports.app.settings import checked, fingerprint, scenario_text, scenarios
from reports.app.shortcut import write_shortcut
from reports.app.wording import Wording
from reports.app.worker import Bench

ROOT = Path(__file__).parents[3]
LIMITS = {"gap": 0.0, "seconds": 30.0, "seed": 0}
HOST = "127.0.0.1:8427"
OWN = {"origin": f"http://{HOST}", "sec-fetch-site": "same-origin"}


@pytest.fixture(scope="module", name="folder")
def tiny_folder(tmp_path_factory) -> Path:
    """Return the folder of the tiny region, with a scenario."""
    folder = write_tiny_region(tmp_path_factory.mktemp("serve") / "tiny")
    (folder / "scenarios").mkdir()
    text = (
        '[policies.intramural_reduction]\nby_end = {value = 0.4, note = "less"}\n[pathway.wlz]\nlight = 0.1\n'
    )
    (folder / "scenarios" / "slow.toml").write_text(text, encoding="utf-8")
    return folder


def page(folder: Path, kept: Path, token: str = "", *, addresses: bool = False) -> TestClient:
    """Return a browser's side of the page; its process does not run."""
    options = QuestionOptions(read_region(folder), kept, LIMITS)
    app = application(options, ("127.0.0.1", "localhost"), token, 8427, addresses=addresses)
    return TestClient(app, base_url=f"http://{HOST}", follow_redirects=False)


@pytest.fixture(name="client")
def visitor(folder, tmp_path):
    """Return somebody who has loaded the page."""
    client = page(folder, tmp_path)
    assert client.get("/").status_code == 200
    return client


def test_the_page_allows_nothing_from_elsewhere(client):
    """The policy lets in own scripts and styles only, and the page has none of them inline."""
    answer = client.get("/?lang=nl")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'; script-src 'self'; style-src 'self'" in policy
    assert "unsafe" not in policy
    assert "<style" not in answer.text
    assert " style=" not in answer.text
    assert answer.text.count("<script") == answer.text.count('<script src="/static/') == 2
    assert 'lang="nl"' in answer.text
    assert client.get("/static/../settings.py").status_code == 404
    assert client.get("/static/app.js").headers["content-type"].startswith("text/javascript")


@pytest.mark.parametrize(
    ("host", "code"),
    [(HOST, 200), ("localhost:8427", 200), ("evil.example:8427", 400), ("127.0.0.1.evil.example", 400),
     ("", 400), ("192.168.1.5:8427", 400)],
)  # fmt: skip
def test_the_host_is_one_of_this_page(client, host, code):
    """A name that somebody else points at this machine (DNS rebinding) is not answered."""
    assert client.get("/", headers={"host": host}).status_code == code


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        (OWN, 202),
        ({"origin": f"http://{HOST}"}, 202),
        ({}, 403),
        (OWN | {"origin": "http://evil.example"}, 403),
        (OWN | {"origin": "http://127.0.0.1:9999"}, 403),
        (OWN | {"sec-fetch-site": "cross-site"}, 403),
        (OWN | {"content-type": "text/plain"}, 415),
        (OWN | {"content-length": "900000"}, 413),
        (OWN | {"transfer-encoding": "chunked"}, 413),
    ],
)
def test_only_the_page_itself_may_ask(client, headers, code):
    """Other pages may not post, a form cannot either, and nothing large is taken in."""
    given = {"content-type": "application/json"} | headers
    body = json.dumps({"kind": "plan", "set": {}})
    assert client.post("/api/ask", content=body, headers=given).status_code == code


def test_other_pages_may_link_to_it_and_no_more(client):
    """A link from a mail opens the page; its data are not for another page; only GET and POST."""
    cross = {"sec-fetch-site": "cross-site"}
    assert client.get("/", headers=cross | {"sec-fetch-mode": "navigate"}).status_code == 200
    assert client.get("/api/desk", headers=cross | {"sec-fetch-mode": "cors"}).status_code == 403
    assert client.get("/static/app.js", headers=cross | {"sec-fetch-mode": "no-cors"}).status_code == 403
    assert client.put("/api/ask", headers=OWN).status_code == 405


@pytest.mark.parametrize("addresses", [False, True], ids=["on this machine", "beyond it"])
def test_every_request_needs_the_token(folder, tmp_path, addresses):
    """Nothing is answered without it; the link leaves it in a cookie closed to scripts and other sites."""
    client = page(folder, tmp_path, token="secret", addresses=addresses)
    assert client.get("/").status_code == 401
    assert client.get("/api/desk").status_code == 401
    assert client.post("/api/ask", json={"kind": "plan", "set": {}}, headers=OWN).status_code == 401
    assert client.get("/?token=wrong").status_code == 401
    answer = client.get("/?token=secret&lang=en")
    assert (answer.status_code, answer.headers["location"]) == (303, "/?lang=en")
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert client.get("/").status_code == 200
    beyond = client.get("/", headers={"host": "192.168.1.5:8427"}).status_code
    assert beyond == (200 if addresses else 400)


def test_a_link_with_the_token_in_another_site_opens_the_page(folder, tmp_path):
    """A browser sends no strict cookie along a redirect that another site began: a page of ours leads on."""
    client = page(folder, tmp_path, token="secret")
    answer = client.get(
        "/?token=secret", headers={"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}
    )
    assert answer.status_code == 200
    assert 'http-equiv="refresh" content="0;url=/"' in answer.text
    assert client.get("/").status_code == 200


@pytest.fixture(name="port")
def a_server_in_a_hurry(monkeypatch) -> Iterator[int]:
    """Return the port of a server that waits half a second for a request."""
    monkeypatch.setattr(access, "REQUEST_SECONDS", 0.5)

    async def answered(scope, receive, send):
        while (await receive())["more_body"]:
            pass
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body", "body": b""})

    config = uvicorn.Config(
        answered, http=access.PromptProtocol, ws="none", lifespan="off", log_level="error"
    )
    server, listening = uvicorn.Server(config), socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=asyncio.run, args=(server.serve(sockets=[listening]),), daemon=True)
    thread.start()
    yield listening.getsockname()[1]
    server.should_exit = True
    thread.join(10)
    listening.close()


HEAD = b"GET / HTTP/1.1\r\nHost: x\r\n"


@pytest.mark.parametrize(
    "begun",
    [b"", b"GET / HTTP/1.1\r\nHo", b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nab",
     HEAD + b"\r\n" + HEAD],
    ids=["nothing", "half a header", "half a body", "half a second request"],
)  # fmt: skip
def test_who_does_not_end_a_request_is_hung_up_on(port, begun):
    """Bytes that keep trickling in do not make the time longer."""
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(begun)
        began = time.monotonic()
        with contextlib.suppress(OSError):
            while time.monotonic() - began < 10:
                connection.settimeout(0.1)
                with contextlib.suppress(TimeoutError):
                    if connection.recv(1000) == b"":
                        break
                connection.sendall(b"a")
        assert time.monotonic() - began < 5


def test_who_ends_a_request_is_answered(port):
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        for _ in range(2):
            time.sleep(0.3)  # together more than the time of one request
            connection.sendall(HEAD + b"\r\n")
            assert connection.recv(1000).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize(("host", "shared"), [("127.0.0.1", False), ("localhost", False), ("0.0.0.0", True)])
def test_the_link_holds_the_token_on_this_machine_too(host, shared):
    place = Place(host, 8427, "secret")
    assert place.url == "http://127.0.0.1:8427/?token=secret"
    assert place.is_shared is shared
    assert (len(place.names) > 3) is shared


@pytest.mark.parametrize(
    "body",
    [
        '{"kind": ["plan"]}', '{"kind": {"a": 1}}', '{"kind": null}', '{"kind": "plan", "set": [1]}',
        '{"kind": "plan", "set": {"homes.more.M1": 3}}', '{"kind": "plan", "set": "x"}', "[]", "3", "",
        pytest.param("[" * 100_000, id="deep JSON"),
        pytest.param(json.dumps({"kind": "plan", "set": {"homes.more.M1": "[" * 1_900}}), id="deep TOML"),
    ],
)  # fmt: skip
def test_what_is_no_question_is_refused_at_once(client, body):
    """Wrong types and depths end in 422: never in a fault of the program."""
    given = OWN | {"content-type": "application/json"}
    assert client.post("/api/ask", content=body, headers=given).status_code == 422


@pytest.mark.parametrize("town", [["M1"], {"M1": 1}, 3, None])
def test_a_municipality_of_another_type_is_refused(client, town):
    order = {"kind": "room", "plan": "plan-1", "town": town}
    assert asked(client, order)[0] in (404, 422)


def asked(client: TestClient, order: dict) -> tuple[int, dict]:
    """Return how a question of the page is received."""
    answer = client.post("/api/ask", json=order, headers=OWN)
    return answer.status_code, answer.json() if answer.status_code in (202, 503) else {}


def test_no_more_than_six_questions_wait(client):
    """The seventh is told that it is busy, and by how many; one that waits already is no new one."""
    for more in range(6):
        assert asked(client, {"kind": "plan", "set": {"homes.more.M1": str(more)}})[0] == 202
    assert asked(client, {"kind": "plan", "set": {"homes.more.M1": "9"}}) == (503, {"busy": 6})
    assert asked(client, {"kind": "plan", "set": {"homes.more.M1": "3"}})[0] == 202


def test_sessions_do_not_see_each_other(client):
    """Who has another cookie cannot watch, take back or read it; without a cookie nobody can ask."""
    job = asked(client, {"kind": "plan", "set": {}})[1]["job"]
    other = TestClient(client.app, base_url=f"http://{HOST}")
    assert asked(other, {"kind": "plan", "set": {}})[0] == 401
    other.get("/")
    for path in (f"/api/watch/{job}", f"/api/plan/{job}"):
        assert other.get(path).status_code == 404
    assert other.post("/api/cancel", json={"job": job}, headers=OWN).status_code == 404
    assert asked(other, {"kind": "explain", "plan": job})[0] == 404
    assert client.post("/api/cancel", json={"job": job}, headers=OWN).status_code == 200


@pytest.mark.parametrize(
    "order",
    [
        {"kind": "delete"},
        {"kind": "plan"},
        {"kind": "plan", "set": {"years.last": "2100"}},
        {"kind": "plan", "set": {"homes.more.M9": "1"}},
        {"kind": "plan", "set": {"homes.more.M1": "1\nyears.last = 2100"}},
        {"kind": "plan", "set": {"policies.budget.mode": 'hard"'}},
        {"kind": "plan", "set": {"policies.budget.mode": 1}},
    ],
)
def test_what_is_no_question_of_the_page_is_refused(client, order):
    """Unknown kinds and keys, texts that are no value of TOML, and nothing slipped in behind one."""
    assert asked(client, order)[0] == 422


def test_controls_are_read_from_the_region(folder):
    """Every policy has its switch and its own numbers; one without data says so and has only `off`."""
    region = read_region(folder)
    found = {p.name: p for theme in themes(region, Wording("nl")) for p in theme.policies}
    assert found["within_travel_norm"].sliders[0].value == 0.5
    assert (found["within_travel_norm"].mode.value, found["notice_before_closing"].mode.value) == (
        "soft",
        "off",
    )
    assert "geen gegevens" in found["staff_within_reach"].lacks
    assert "geen gegevens" in found["budget"].lacks
    assert found["provider_share"].lacks == ""
    assert "agreed_decisions_are_kept" not in found
    assert [slider.label for slider in homes(region)] == ["Westerveen", "Oosterveen"]
    every = [s for theme in themes(region, Wording("en")) for s in theme.sliders]
    every += [s for p in found.values() for s in p.sliders]
    assert all(
        slider.least <= slider.value <= slider.most and settable(region, slider.key) for slider in every
    )
    assert not settable(region, "region.name")


@pytest.mark.parametrize(
    ("name", "scenario"),
    [
        ("zuidoost-drenthe", "close_to_home"),
        ("zuidoost-drenthe", "more_wlz"),
        ("rotterdam", "law_2022_geometric"),
    ],
)
def test_a_scenario_of_a_region_can_be_begun_with(name, scenario):
    """What a scenario file sets is the same as settings of the page, values with their note included."""
    folder = region_folder(name)
    settings = checked(scenarios(folder)[scenario])
    regions = read_region(folder, [scenario]), read_region(folder, settings=settings)
    told = [[(one.key, one.old, one.new) for one in region.overrides] for region in regions]
    assert told[0] == told[1] != []


def test_a_saved_scenario_is_one_that_the_command_takes(client, folder, tmp_path):
    """What the page saves is read with -s, and gives the region that the settings give."""
    settings = {
        "policies.intramural_reduction.path.2022": "0.4",
        "policies.sites_run_as_settled.open": '["S3"]',
        "policies.within_travel_norm.mode": '"hard"',
        "homes.more.M1": "20",
    }
    saved = client.post("/api/scenario", json={"set": settings}, headers=OWN).json()
    region = write_tiny_region(tmp_path / "again")
    (region / "scenarios").mkdir()
    (region / "scenarios" / saved["file"]).write_text(saved["text"], encoding="utf-8")
    assert tomllib.loads(saved["text"])["homes"] == {"more": {"M1": 20}}
    read = read_region(region, [Path(saved["file"]).stem]).parameters
    assert read.homes.more["M1"].value == 20
    assert read.policies.within_travel_norm.mode == "hard"
    assert read.policies.sites_run_as_settled.open == ("S3",)
    assert scenario_text({}, "one\ntwo").startswith("# one\n# two\n")


def test_the_same_settings_are_the_same_question():
    """The order of keys does not matter; the region and the limits do."""
    one = fingerprint("d", {"a.b": "1", "c.d": "2"}, LIMITS)
    assert one == fingerprint("d", {"c.d": "2", "a.b": "1"}, LIMITS)
    others = fingerprint("e", {"a.b": "1", "c.d": "2"}, LIMITS), fingerprint("d", {"a.b": "1"}, LIMITS)
    assert len({one, *others}) == 3


def test_what_can_be_opened(folder, tmp_path):
    """A region and a plan folder by the same word; a folder without a finished plan is told."""
    assert opened(str(folder)).region == folder.resolve()
    assert opened("zuidoost-drenthe").given is None
    (tmp_path / "asked.json").write_text('{"question": {}, "plans": {"plan-1": {}}}', encoding="utf-8")
    with pytest.raises(InputError, match="no plan that is finished"):
        opened(str(tmp_path))
    with pytest.raises(InputError, match="zuidoost-drenthe"):
        opened("zuidost-drenthe")


def test_a_launcher_for_each_desktop(tmp_path, capsys):
    """Each starts this Python with `serve` and ends by itself; a percent sign in a path does no harm."""
    target = str(tmp_path / "my 50% region")
    bat = write_shortcut(target, tmp_path, "win32").read_bytes().decode()
    assert bat.startswith("@echo off\r\n")
    assert '"serve" "' in bat
    assert "50%% region" in bat
    linux = write_shortcut(target, tmp_path, "linux")
    text = linux.read_text(encoding="utf-8")
    assert "Terminal=false" in text
    assert '"--until-closed"' in text
    assert os.access(linux, os.X_OK)
    assert main(["serve", "zuidoost-drenthe", "--shortcut", "-o", str(tmp_path / "desk")]) == 0
    assert Path(capsys.readouterr().out.strip()).is_file()


def test_a_search_is_cancelled_within_two_seconds(tmp_path):
    """A solve of a bundled region is taken back: its process is gone, and the next question is answered."""
    asyncio.run(_cancelled(region_folder("zuidoost-drenthe"), tmp_path))


async def _cancelled(region: Path, kept: Path) -> None:
    worker = Worker(region, kept)
    desk = JobQueue(worker)
    working = asyncio.create_task(desk.work())
    order = {"kind": "plan", "plan": "plan-1", "set": {}, "limits": LIMITS | {"seconds": 600.0}, "given": ""}
    order["repair"] = 15.0
    job = desk.submit("plan-1", order, "me")
    assert desk.submit("plan-1", order, "you") is job
    async with asyncio.timeout(120):
        while not (job.told or {}).get("stage"):
            await asyncio.sleep(0.05)
    solver = worker.pid
    await desk.cancel(job, "you")
    assert job.state == "running"
    began = time.monotonic()
    await desk.cancel(job, "me")
    while not job.is_over:
        await asyncio.sleep(0.01)
    assert time.monotonic() - began < 2.0
    assert job.state == "cancelled"
    with pytest.raises(ProcessLookupError):
        os.kill(solver, 0)
    wrong = desk.submit("plan-2", order | {"plan": "plan-2", "set": {"homes.more.X": "1"}}, "me")
    async with asyncio.timeout(120):
        while not wrong.is_over:
            await asyncio.sleep(0.05)
    assert (wrong.state, wrong.told["why"]) == ("failed", "faults")
    working.cancel()
    worker.close()


def test_a_line_of_questions_is_bounded():
    """Of the desk itself: six may wait, the seventh is refused, whoever asks."""
    desk = JobQueue(Worker(Path("nowhere"), Path("nowhere")))
    for n in range(6):
        desk.submit(f"plan-{n}", {}, f"session {n}")
    with pytest.raises(Busy):
        desk.submit("plan-7", {}, "session 7")


@pytest.mark.skipif(sys.platform != "linux", reason="a .desktop file is of Linux")
@pytest.mark.parametrize("by", ["gio", "sh"])
def test_the_launcher_starts_as_a_desktop_starts_it(folder, tmp_path, by):
    """Double-clicked, without a terminal and from another folder: the browser opens by itself, on the page.

    The desktop's own launcher reads the file, and a shell its Exec line, which has the same quotes. The
    region lies on a path with a space, a quote, a dollar, a percent sign and a backslash.
    """
    if shutil.which(by) is None:
        pytest.skip(f"no {by} on this machine")
    place = tmp_path / "it's my \\ 5% $HOME `region`"
    shutil.copytree(folder, place)
    launcher, heard, browser = write_shortcut(str(place), tmp_path), tmp_path / "heard", tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\necho "$PPID $1" > {heard}.new && mv {heard}.new {heard}\n')
    browser.chmod(0o755)
    import_path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    surroundings = {**os.environ, "BROWSER": f"{browser} %s", "PYTHONPATH": import_path}
    command = (
        ["gio", "launch", str(launcher)] if by == "gio" else ["/bin/sh", "-c", f"exec {exec_of(launcher)}"]
    )
    with Path(os.devnull).open("r+b") as nowhere:
        process = subprocess.Popen(
            command, cwd=tmp_path, env=surroundings, start_new_session=True, stdin=nowhere, stdout=nowhere,
            stderr=nowhere,
        )  # fmt: skip
    until = time.monotonic() + 120.0
    while not heard.is_file():
        assert time.monotonic() < until, "no browser was opened"
        time.sleep(0.1)
    number, _, address = heard.read_text().strip().partition(" ")
    try:
        browsing = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
        with browsing.open(address, timeout=30) as page_there:
            assert "Tiny" in page_there.read().decode()
    finally:
        os.kill(int(number), signal.SIGTERM)
        process.wait(timeout=30)


def exec_of(launcher):
    """Return the command line of a .desktop file: a backslash is written twice in it, and a percent sign."""
    written = configparser.ConfigParser(interpolation=None)
    written.read(launcher, encoding="utf-8")
    return written["Desktop Entry"]["Exec"].replace("\\\\", "\\").replace("%%", "%")


@pytest.mark.parametrize(
    ("order", "most", "work"),
    [
        ({"kind": "plan", "given": "", "limits": {"seconds": 150.0}}, 150.0, None),
        ({"kind": "plan", "given": "", "limits": {"seconds": 150.0, "work": 40}}, None, 40),
        ({"kind": "plan", "given": "folder", "limits": {"seconds": 150.0}}, None, None),
        ({"kind": "room", "seconds": 20.0}, 20.0, None),
        ({"kind": "front", "limits": {"seconds": 150.0}}, None, None),
    ],
)
def test_the_page_says_what_ends_a_search(order, most, work):
    """Seconds where they bound it; with --work no number of seconds is promised."""
    assert search_end(order) == {"most": most, "work": work}


def test_plans_beside_each_other_are_opened(folder, tmp_path):
    """A folder with plan folders of one region is clicked through, the first of them being plan A."""
    for name in ("early", "late"):
        shutil.copytree(folder, tmp_path / name / "case")
        (tmp_path / name / "plan.nc").touch()
    there = opened(str(tmp_path))
    assert there.given == tmp_path / "early"
    assert [one["name"] for one in there.gallery] == ["early", "late"]
    sites = tmp_path / "late" / "case" / "sites.csv"
    sites.write_text(sites.read_text(encoding="utf-8").replace("S1,", "S9,"), encoding="utf-8")
    with pytest.raises(InputError, match="a plan of other sites"):
        opened(str(tmp_path))


@pytest.mark.parametrize("bounded", [{}, {"work": 400}])
def test_a_moved_slider_is_planned_from_a_plan_that_stands(folder, tmp_path, monkeypatch, bounded):
    """As good as planned anew, with a dearer home. Bounded by work nothing that came before may matter."""
    monkeypatch.setattr(warm_start, "SMALL", 0)  # the tiny region as one that is too large to be solved anew
    ours, theirs = multiprocessing.Pipe()
    bench = Bench(folder, tmp_path, ours)
    limits = {"gap": 0.0, "seconds": 60.0, "seed": 0, **bounded}
    order = {"kind": "plan", "limits": limits, "repair": 5.0, "given": ""}
    bench.answer({**order, "plan": "a", "set": {}})
    bench.stand()
    assert (bench.standing is None) == bool(bounded)
    moved = {"tiers.home.rate": "400"}
    bench.answer({**order, "plan": "b", "set": moved})
    region = read_region(folder, settings=moved)
    anew = solve(Problem.of(region, forecast(region)), gap=0.0)
    assert bench.plans["b"].proof.objective == pytest.approx(anew.proof.objective)
    assert bench.plans["b"].proof.objective > bench.plans["a"].proof.objective
    theirs.close()


def test_the_last_plan_stands_unless_a_question_waits(folder, tmp_path, monkeypatch):
    """Of other offers than those that stand, it takes their place; asked meanwhile, it waits its turn."""
    monkeypatch.setattr(warm_start, "SMALL", 0)
    ours, theirs = multiprocessing.Pipe()
    bench = Bench(folder, tmp_path, ours)
    order = {"kind": "plan", "limits": {"gap": 0.0, "seconds": 60.0, "seed": 0}, "repair": 5.0, "given": ""}
    bench.answer({**order, "plan": "a", "set": {}})
    bench.stand()
    first = bench.standing
    bench.answer({**order, "plan": "b", "set": {"tiers.home.rate": "400"}})
    bench.stand()
    assert bench.standing is first
    bench.answer({**order, "plan": "c", "set": {"policies.fair_share_between_municipalities.mode": "off"}})
    bench.asked.set()
    bench.stand()
    assert bench.standing is None
    bench.asked.clear()
    bench.stand()
    assert bench.standing.plan is bench.plans["c"]
    theirs.close()
