"""The commands that serve a station or talk to one."""
