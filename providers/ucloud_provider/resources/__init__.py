"""The resources: one file each with check, diff, create, read, update and delete; no cloud logic, no build logic."""
