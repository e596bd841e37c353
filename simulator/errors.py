"""The errors of the API: a status and the `errors` envelope."""

from typing import Any

Headers = dict[str, str] | None


class ApiError(Exception):
    """A response with a status and one entry of the `errors` list."""

    def __init__(self, status: int, message: str, kind: str = "", headers: Headers = None, **extra: Any) -> None:
        super().__init__(message)
        self.status, self.headers = status, headers or {}
        kind = kind or ("unauthorized" if status == 401 else "RequestError")
        self.body = {"errors": [{"type": kind, "message": message, **extra}]}


def invalid(field: str, message: str) -> ApiError:
    """422: a query parameter is missing, unknown or wrong."""
    return ApiError(422, f'"{field}" {message}', kind="input-validation", field=field)


def not_found() -> ApiError:
    """404: no such path, or no object with that id."""
    return ApiError(404, "Resource not found")
