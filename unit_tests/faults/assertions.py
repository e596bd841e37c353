"""What a sync with a fault must end in: everything is read, or one stream fails and all others are read."""

from collections.abc import Callable, Iterable

from unit_tests.connector import Connector, Json, Output, same

Connect = Callable[..., Connector]
OTHERS = ("sources", "warehouses")  # which are read beside the stream of a test
# Lists of more than two records, which a test can give a fault each.
LISTS = ["catalog_destinations", "catalog_sources", "catalog_warehouses", "credentials", "destinations", "groups",
         "invites", "regulations", "roles", "tracking_plans", "transformations", "users"]  # fmt: skip
SUMMARY = "destination_delivery_metrics_summary"  # whose records contain the time of the sync
TRANSIENT, SYSTEM, CONFIG = "transient_error", "system_error", "config_error"


def truth(connector: Connector, stream: str) -> list[Json]:
    """All records of a stream."""
    return connector.sim.truth(stream, connector.config["start_date"])


def assert_complete(connector: Connector, output: Output, *streams: str) -> None:
    """Assert that these streams are complete, with exactly the true records."""
    for name in streams:
        assert output.status(name) == "COMPLETE", output.errors
        same(output.records[name], truth(connector, name))


def assert_failed(output: Output, stream: str, failure_type: str, text: str) -> None:
    """Assert that a stream failed with one error of this type, whose message contains the text."""
    assert output.code == 1
    assert output.status(stream) == "INCOMPLETE"
    errors = [error for error in output.errors if (error.get("stream_descriptor") or {}).get("name") == stream]
    assert_one_sentence(errors, failure_type, text)


def assert_one_sentence(errors: Iterable[Json], failure_type: str, text: str) -> None:
    """Assert that there is one error of this type, with a message of one line that contains the text."""
    [error] = errors
    message = error["message"]
    assert (error["failure_type"], text in message) == (failure_type, True), error
    assert len(message) < 400
    assert message.endswith(".")
    assert "\n" not in message
    assert "Traceback" not in message
