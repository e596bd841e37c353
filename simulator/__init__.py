"""An in-process simulator of the Twilio Segment Public API."""

from simulator.access import Region, Tier
from simulator.clock import Clock
from simulator.faults import Fault
from simulator.limits import RateLimit
from simulator.server import Request
from simulator.simulator import Simulator
from simulator.workspace import Workspace

__all__ = ["Clock", "Fault", "RateLimit", "Region", "Request", "Simulator", "Tier", "Workspace"]
