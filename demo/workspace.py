"""The simulated workspace of the demo: small, and with something for each query to find."""

from __future__ import annotations

from simulator.workspace import Workspace

_SEED = 8459  # its sources differ in size, yet all can be seen in one chart
_GIANT = "007"  # a source whose counts would dwarf all others
_FORGOTTEN = "true"  # the source that will reach nothing


def build() -> Workspace:
    """Five sources, nine destinations, three warehouses; one source and one warehouse are idle."""
    workspace = Workspace.generate("small", _SEED)
    workspace.sources = [source for source in workspace.sources if source["id"] != _GIANT]
    del workspace.connected_destinations[_FORGOTTEN]
    for connected in workspace.warehouse_sources.values():
        connected[:] = [source for source in connected if source != _FORGOTTEN]
    workspace.warehouse_sources[workspace.warehouses[1]["id"]] = []
    return workspace
