"""Start the page on a port of this machine, open the browser, and stop when nobody looks any more."""

from __future__ import annotations

import asyncio
import secrets
import socket
import threading
import time
import webbrowser
from dataclasses import dataclass
from typing import TYPE_CHECKING

import uvicorn

from geodata.faults import Fault, InputError
from reports.app.access import PromptProtocol
from reports.app.server import application

if TYPE_CHECKING:
    from collections.abc import Callable

    from reports.app.server import Pages, QuestionOptions

LOOPBACK = ("127.0.0.1", "::1", "localhost")
PORT = 8427
"""The first port that is tried."""

PORTS = 20
LEFT_ALONE = 60.0
"""Seconds without any page open after which a page that was started by a double click stops."""


@dataclass(frozen=True)
class Place:
    """Where the page is to be found."""

    host: str
    port: int
    token: str

    @property
    def url(self) -> str:
        """The address to open."""
        name = "127.0.0.1" if self.host in ("0.0.0.0", "::", *LOOPBACK) else self.host
        return f"http://{name}:{self.port}/" + (f"?token={self.token}" if self.token else "")

    @property
    def names(self) -> tuple[str, ...]:
        """The hosts by which it may be called."""
        own = (self.host, socket.gethostname(), socket.getfqdn()) if self.is_shared else ()
        return (*LOOPBACK, *own)

    @property
    def is_shared(self) -> bool:
        """Whether the page can be reached from other machines."""
        return self.host not in LOOPBACK


def serve(
    asked: QuestionOptions,
    *,
    host: str = "127.0.0.1",
    port: int | None = None,
    browser: bool = True,
    until_closed: bool = False,
    told: Callable[[Place], None],
) -> None:
    """Show the page until it is stopped.

    Parameters
    ----------
    host
        Address to listen on. Every request needs the token that is in the link: a machine has more users.
    port
        None: the first that is free from 8427 on.
    until_closed
        Stop when the last page has been closed for a minute.
    told
        Hears where the page is, when it is there.

    Raises
    ------
    InputError
        When the port is taken, or the address is none of this machine.
    """
    listening = _listening(host, port)
    place = Place(host, listening.getsockname()[1], secrets.token_urlsafe(24))
    app = application(asked, place.names, place.token, place.port, addresses=place.is_shared)
    config = uvicorn.Config(
        app,
        log_level="warning",
        timeout_graceful_shutdown=1,
        server_header=False,
        http=PromptProtocol,
        ws="none",
    )
    server = uvicorn.Server(config)
    watching = threading.Thread(
        target=_watch, args=(server, app.state.what_if.pages, place, browser, until_closed, told), daemon=True
    )
    watching.start()
    try:
        asyncio.run(server.serve(sockets=[listening]))
    finally:
        listening.close()


def _watch(
    server: uvicorn.Server, pages: Pages, place: Place, browser: bool, until_closed: bool,
    told: Callable[[Place], None],
) -> None:  # fmt: skip
    """Say that the page is there, open it, and end it when it was left."""
    while not server.started:
        if server.should_exit:
            return
        time.sleep(0.05)
    told(place)
    if browser:
        webbrowser.open(place.url)
    while until_closed and not server.should_exit:
        time.sleep(1.0)
        if pages.seen and not pages.open and time.monotonic() - pages.since > LEFT_ALONE:
            server.should_exit = True


def _listening(host: str, port: int | None) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    tried = range(PORT, PORT + PORTS) if port is None else (port,)
    reason = ""
    for number in tried:
        listening = socket.socket(family, socket.SOCK_STREAM)
        try:
            listening.bind((host, number))
        except OSError as error:
            listening.close()
            reason = error.strerror or str(error)
            continue
        listening.listen(64)
        return listening
    found = f"port {tried[0]} cannot be used on {host} ({reason})"
    remedy = "Name another port, or leave --port out and the first free one is taken."
    raise InputError([Fault("--port" if port is not None else "--host", found, "a free port", remedy)])
