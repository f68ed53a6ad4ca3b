"""What sets a machine up: the Pulumi engine, the virtual environment, the emulator, the example stack."""
