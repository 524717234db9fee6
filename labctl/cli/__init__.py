"""The commands, thin: what they do lives in `labctl.session`."""
