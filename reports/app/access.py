"""Access control: the right host, this very page, the token, and requests that end."""

from __future__ import annotations

import html
import ipaddress
import secrets
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlencode, urlsplit

import h11
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from uvicorn.protocols.http.h11_impl import H11Protocol

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Collection

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
MOST_BYTES = 200_000
"""Of what is sent to the page's program."""
REQUEST_SECONDS = 15.0
"""Within which a request must have come, headers and body: who sends a byte a minute holds no place."""


class PromptProtocol(H11Protocol):
    """HTTP/1.1 that closes a connection whose request does not come whole in time."""

    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Give the first request its time."""
        super().connection_made(transport)
        self._await_request()

    def data_received(self, data: bytes) -> None:
        """Give the request its time until it has come."""
        super().data_received(data)
        if self.conn.their_state in (h11.IDLE, h11.SEND_BODY):
            self._await_request()
        else:
            self._stop_waiting()

    def connection_lost(self, exc: Exception | None) -> None:
        """Await nothing more."""
        self._stop_waiting()
        super().connection_lost(exc)

    def _await_request(self) -> None:
        if self._deadline is None:
            self._deadline = self.loop.call_later(REQUEST_SECONDS, self.transport.abort)

    def _stop_waiting(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


class Guard:
    """Lets a request through to the page, or answers it with what is wrong with it.

    Parameters
    ----------
    names
        Hosts by which the page may be called, without port.
    token
        Required of every request, on this machine too: its users may share it. Empty: none is required.
    cookie
        Name of the cookie that holds the token after the link has been opened.
    addresses
        Whether the page may also be called by any address in digits, as beyond this machine.
    """

    def __init__(
        self, app: ASGIApp, names: Collection[str], token: str, cookie: str, *, addresses: bool = False
    ) -> None:
        self.app, self.names, self.token, self.cookie = app, frozenset(names), token, cookie
        self.addresses = addresses

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer or pass on."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        refusal = self._refusal(scope)
        answer = self.app if refusal is None else refusal
        await answer(scope, receive, guarded)

    def _refusal(self, scope: Scope) -> Response | None:
        headers, path = Headers(scope=scope), scope["path"]
        if not self._is_known(headers.get("host", "")):
            return _told(400, "This host name is not one of this page.")
        if scope["method"] not in ("GET", "HEAD", "POST"):
            return _told(405, "Only GET and POST.")
        if scope["method"] == "POST":
            return self._refused_post(headers) or self._without_token(scope, headers)
        site, mode = headers.get("sec-fetch-site", "none"), headers.get("sec-fetch-mode", "navigate")
        if site in ("cross-site", "same-site") and not (path == "/" and mode == "navigate"):
            return _told(403, "Asked by another page.")
        return self._without_token(scope, headers)

    def _refused_post(self, headers: Headers) -> Response | None:
        """Only this page itself may change anything, and only with JSON."""
        if headers.get("origin", "") != f"http://{headers['host']}":
            return _told(403, "Asked by another page.")
        if headers.get("sec-fetch-site", "same-origin") != "same-origin":
            return _told(403, "Asked by another page.")
        if headers.get("content-type", "").partition(";")[0].strip() != "application/json":
            return _told(415, "Only application/json.")
        length = headers.get("content-length", "")
        # a body in chunks would not be bounded by the length that is stated beside it
        if "transfer-encoding" in headers or not length.isdigit() or int(length) > MOST_BYTES:
            return _told(413, "Too much, or of unknown length.")
        return None

    def _is_known(self, host: str) -> bool:
        try:
            name = urlsplit(f"http://{host}").hostname or ""
        except ValueError:
            return False
        return name in self.names or (self.addresses and _is_address(name))

    def _without_token(self, scope: Scope, headers: Headers) -> Response | None:
        """Ask for the token where there is one; a link that has it leaves it in a cookie."""
        if not self.token:
            return None
        query = parse_qs(scope["query_string"].decode("latin-1"))
        given, lang = (query.get(name, [""])[0] for name in ("token", "lang"))
        if scope["path"] == "/" and given and _same(given, self.token):
            answer = _onward("/" + (f"?{urlencode({'lang': lang})}" if lang else ""), headers)
            answer.set_cookie(self.cookie, self.token, httponly=True, samesite="strict")
            return answer
        if _same(cookie_parser(headers.get("cookie", "")).get(self.cookie, ""), self.token):
            return None
        return _told(401, "Open the page with the link that spreidplan showed: it ends in ?token=…")


def _onward(place: str, headers: Headers) -> Response:
    """Lead to the page without its token; from a link in another site by a page of ours.

    A browser sends no strict cookie along where another site began a chain of redirects.
    """
    if headers.get("sec-fetch-site", "none") in ("none", "same-origin"):
        return RedirectResponse(place, status_code=303)
    return HTMLResponse(f'<!doctype html><meta http-equiv="refresh" content="0;url={html.escape(place)}">')


def _same(one: str, other: str) -> bool:
    return secrets.compare_digest(one.encode(), other.encode())


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _told(code: int, text: str) -> Response:
    return PlainTextResponse(text + "\n", status_code=code)
