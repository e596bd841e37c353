"""Responses of faults that replace the response of the API."""

import asyncio
import json
import socket
import struct
from collections.abc import Mapping
from http.client import responses
from typing import Any

import orjson
from aiohttp import web

from simulator.errors import ApiError, invalid
from simulator.faults import Fault

JSON = "application/json; charset=utf-8"


def dump(body: Any) -> bytes:
    """JSON; half of a surrogate pair becomes an escape, as in JavaScript."""
    try:
        return orjson.dumps(body)
    except TypeError:
        return json.dumps(body).encode()


def respond(status: int, body: Any, headers: Mapping[str, str], content_type: str = JSON) -> web.Response:
    """A response with a JSON body."""
    headers = {**headers, "Content-Type": content_type}
    return web.Response(status=status, body=dump(body), headers=headers)


async def respond_with_fault(http: web.BaseRequest, fault: Fault) -> web.StreamResponse | None:
    """The response of a fault, None if the API shall respond."""
    if fault.kind in ("slow", "stall"):
        await asyncio.sleep(fault.delay)
    if fault.kind in ("reset", "stall"):
        return _reset(http)
    if fault.kind == "redirect":
        raise ApiError(308, "Permanent Redirect", headers={"Location": fault.url})
    if fault.kind == "not_json":
        return web.Response(body=fault.body or "{not json", headers={"Content-Type": JSON})
    if fault.kind == "echo_auth":
        raise ApiError(fault.status, f"Failed: Authorization: {http.headers.get('Authorization')}")
    if fault.kind == "expired_cursor" and "cursor" in http.raw_path:
        raise invalid("pagination.cursor", "has expired")
    return _status(fault) if fault.kind == "status" else None


def _status(fault: Fault) -> web.Response:
    """Any status; by default a 502 has the HTML of a proxy."""
    headers = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
    if fault.body is not None or fault.status == 502:
        body = fault.body or "<html><body><h1>502 Bad Gateway</h1></body></html>"
        headers["Content-Type"] = "text/html"
        return web.Response(status=fault.status, body=body, headers=headers)
    error = ApiError(fault.status, responses.get(fault.status, "Error"))
    if fault.status == 429 and fault.details:
        details = {"remainingPoints": 0, "msBeforeNext": 1000, "consumedPoints": 601}
        error.body["errors"][0]["data"] = details
    return respond(fault.status, error.body, headers)


def _reset(http: web.BaseRequest) -> web.StreamResponse:
    """Reset the connection; nothing is returned."""
    if http.transport is not None:
        sock = http.transport.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        http.transport.abort()
    raise asyncio.CancelledError


def truncate(http: web.BaseRequest, body: bytes) -> web.StreamResponse:
    """Send half of a body and close the connection; nothing is returned."""
    if http.transport is not None:
        head = f"HTTP/1.1 200 OK\r\nContent-Type: {JSON}\r\nContent-Length: {len(body)}\r\n\r\n"
        http.transport.write(head.encode() + body[: len(body) // 2])
        http.transport.close()
    raise asyncio.CancelledError
