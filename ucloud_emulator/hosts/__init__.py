"""The emulator's hosts: real Linux machines on this one, booted, addressed, firewalled, snapshotted."""
