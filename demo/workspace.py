"""The simulated workspace of the demo: an outdoor shop in which each query finds something."""

from simulator.workspace import Workspace

_SEED = 24  # one destination loses 7 % of its events, another 2 %
_IDLE_SOURCE = "Loyalty service"  # reaches no destination and no warehouse
_IDLE_WAREHOUSE = "Finance reporting"  # loads no source


def build() -> Workspace:
    """Ten sources, twelve destinations and three warehouses; a source and a warehouse are idle."""
    workspace = Workspace.generate("company", _SEED)
    [idle] = [source["id"] for source in workspace.sources if source.get("name") == _IDLE_SOURCE]
    del workspace.connected_destinations[idle]
    for warehouse in workspace.warehouses:
        sources = workspace.warehouse_sources[warehouse["id"]]
        if warehouse["settings"]["name"] == _IDLE_WAREHOUSE:
            sources.clear()
        elif idle in sources:
            sources.remove(idle)
    return workspace
