"""What a sync with a fault must end in: everything is read, or one stream fails and all others are read."""

from __future__ import annotations

from typing import Any

from unit_tests.connector import Connector, Output, same

OTHERS = ("sources", "warehouses")  # which are read beside the stream of a test
# Lists of more than two records, which a test can give a fault each.
LISTS = ["catalog_destinations", "catalog_sources", "catalog_warehouses", "credentials", "destinations", "groups",
         "invites", "regulations", "roles", "tracking_plans", "transformations", "users"]  # fmt: skip
TRANSIENT, SYSTEM, CONFIG = "transient_error", "system_error", "config_error"


def truth(connector: Connector, stream: str) -> list[dict[str, Any]]:
    """All records of a stream."""
    return connector.sim.truth(stream, connector.config["start_date"])


def assert_complete(connector: Connector, output: Output, *streams: str) -> None:
    """Assert that these streams are complete, with exactly the true records."""
    for name in streams:
        assert output.status(name) == "COMPLETE", output.failures()
        same(output.records[name], truth(connector, name))


def assert_failed(output: Output, stream: str, failure_type: str, text: str) -> None:
    """Assert that a stream failed with one error of this type, in one line that contains the text."""
    assert output.code == 1
    assert output.status(stream) == "INCOMPLETE"
    errors = [e for e in output.errors if (e.get("stream_descriptor") or {}).get("name") == stream]
    assert len(errors) == 1, errors
    assert_sentence(errors[0], failure_type, text)


def assert_sentence(error: dict[str, Any], failure_type: str, text: str) -> None:
    """Assert that an error has this type and a message of one line that contains the text."""
    message = error["message"]
    assert (error["failure_type"], text in message) == (failure_type, True), error
    assert len(message) < 400
    assert message.endswith(".")
    assert "\n" not in message
    assert "Traceback" not in message
