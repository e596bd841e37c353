"""Airbyte's acceptance tests: the CDK's standard ones, and those that it no longer has."""
