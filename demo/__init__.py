"""Syncs a Segment workspace, simulated or real, into a DuckDB file and draws a report of it."""
