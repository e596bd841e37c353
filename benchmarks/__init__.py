"""Measures the connector against what the API, the CDK and the machine allow: `make benchmark`."""
