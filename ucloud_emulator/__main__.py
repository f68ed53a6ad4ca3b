"""`python -m ucloud_emulator`: the command line."""

from __future__ import annotations

import sys

from ucloud_emulator.cli import main

sys.exit(main())
