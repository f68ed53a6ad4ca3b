"""The one place that talks to UCloud: credentials, calls, retries, waits."""
