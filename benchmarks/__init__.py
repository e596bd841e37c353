"""Measures requests, time and memory of a sync beside a dlt pipeline and the CDK's defaults: `make benchmark`."""
