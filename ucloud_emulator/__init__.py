"""A UCloud on one machine: its API over HTTP, its hosts real Linux systems."""
