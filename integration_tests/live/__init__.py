"""Compare a live Segment workspace with what the connector assumes: `make live`, see docs/live.md."""
