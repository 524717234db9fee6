"""The bench at a glance: tiles, queue, schedule, events, samples."""
