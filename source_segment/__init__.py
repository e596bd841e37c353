"""Airbyte source connector for the Twilio Segment Public API."""

from source_segment.source import SourceSegment as SourceSegment
