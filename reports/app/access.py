"""Access control: the right host, this very page, and the token."""

from __future__ import annotations

import ipaddress
import secrets
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.responses import PlainTextResponse, RedirectResponse, Response

if TYPE_CHECKING:
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


class Guard:
    """Lets a request through to the page, or answers it with what is wrong with it.

    Parameters
    ----------
    names
        Hosts by which the page may be called, without port; beyond this machine also any address in digits.
    token
        Asked of whoever is not on this machine; empty where the page is for this machine only.
    """

    def __init__(self, app: ASGIApp, names: Collection[str], token: str, cookie: str) -> None:
        self.app, self.names, self.token, self.cookie = app, frozenset(names), token, cookie

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
        if not length.isdigit() or int(length) > MOST_BYTES:
            return _told(413, "Too much, or of unknown length.")
        return None

    def _is_known(self, host: str) -> bool:
        try:
            name = urlsplit(f"http://{host}").hostname or ""
        except ValueError:
            return False
        return name in self.names or (bool(self.token) and _is_address(name))

    def _without_token(self, scope: Scope, headers: Headers) -> Response | None:
        """Ask for the token where there is one; a link that has it leaves it in a cookie."""
        if not self.token:
            return None
        given = parse_qs(scope["query_string"].decode("latin-1")).get("token", [""])[0]
        if scope["path"] == "/" and given and _same(given, self.token):
            answer = RedirectResponse("/", status_code=303)
            answer.set_cookie(self.cookie, self.token, httponly=True, samesite="lax")
            return answer
        if _same(cookie_parser(headers.get("cookie", "")).get(self.cookie, ""), self.token):
            return None
        return _told(401, "Open the page with the link that spreidplan showed: it ends in ?token=…")


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
