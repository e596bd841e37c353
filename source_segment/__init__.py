"""Airbyte source connector for the Twilio Segment Public API."""
