"""What every request passes first: hosts, origins, sizes and the headers of the page's security."""

import asyncio
from collections.abc import Sequence
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOCAL_HOSTS = ("localhost", "127.0.0.1", "::1")

MAX_WAITING = 400
"""Uploads at once; further ones are told to come back."""

MAX_WAITING_BYTES = 1 << 30
"""Bytes of the uploads at once."""

PATIENCE_SECONDS = 60.0
"""Longest pause within an upload."""

SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; media-src blob:; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "microphone=(self), camera=(), geolocation=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-cache",
}


class Gate:
    """Middleware that refuses requests before their content is read, and limits that content while it arrives.

    Parameters
    ----------
    app : ASGI application
    max_bytes : int
        largest request
    hosts : sequence of str
        host names by which the server may be called, against DNS rebinding; empty for any name
    """

    def __init__(self, app: ASGIApp, max_bytes: int, hosts: Sequence[str] = LOCAL_HOSTS):
        self.app, self.max_bytes, self.hosts = app, max_bytes, frozenset(hosts)
        self.n_waiting = self.n_waiting_bytes = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(SECURITY_HEADERS)
            await send(message)

        try:
            self._check(scope["method"], Headers(scope=scope))
        except HTTPException as refusal:
            response = JSONResponse({"error": refusal.detail}, refusal.status_code, refusal.headers)
            await response(scope, receive, send_guarded)
            return
        if scope["method"] == "POST":
            await self._serve_upload(scope, receive, send_guarded)
        else:
            await self.app(scope, receive, send_guarded)

    def _check(self, method: str, headers: Headers) -> None:
        called = headers.get("host", "")
        if self.hosts and _host(called) not in self.hosts:
            raise HTTPException(421, f"This server is not called '{called}'. Use http://127.0.0.1 and its port.")
        if method in ("GET", "HEAD"):
            return
        origin = headers.get("origin")
        if origin is not None and urlsplit(origin).netloc.lower() != called.lower():
            raise HTTPException(403, f"Requests from '{origin}' are refused. Open the page of this server itself.")
        declared = headers.get("content-length", "")
        if declared.isdigit() and int(declared) > self.max_bytes:
            raise self._too_large()
        if self.n_waiting >= MAX_WAITING or self.n_waiting_bytes >= MAX_WAITING_BYTES:
            raise HTTPException(
                503, f"{self.n_waiting} uploads are waiting. Send it again later.", {"Retry-After": "5"}
            )

    async def _serve_upload(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Count the bytes of a request as they arrive, until it is answered."""
        n_received = 0

        async def receive_counted() -> Message:
            nonlocal n_received
            try:
                message = await asyncio.wait_for(receive(), PATIENCE_SECONDS if unfinished else None)
            except TimeoutError as error:
                raise HTTPException(408, "The upload paused too long. Send it again.") from error
            n_bytes = len(message.get("body", b""))
            n_received, self.n_waiting_bytes = n_received + n_bytes, self.n_waiting_bytes + n_bytes
            if n_received > self.max_bytes:
                raise self._too_large()
            if not message.get("more_body"):
                unfinished.clear()
            return message

        unfinished = {True}
        self.n_waiting += 1
        try:
            await self.app(scope, receive_counted, send)
        finally:
            self.n_waiting -= 1
            self.n_waiting_bytes -= n_received

    def _too_large(self) -> HTTPException:
        limit = f"{self.max_bytes / (1 << 20):g} MB"
        return HTTPException(413, f"The upload is larger than {limit}. Send less, or start it with a larger --max-mb.")


def _host(called: str) -> str:
    """Host name without port and brackets."""
    try:
        return urlsplit(f"//{called}").hostname or ""
    except ValueError:
        return ""
