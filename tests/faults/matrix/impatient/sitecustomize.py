"""Cuts the provider's patience short, in a process that has this folder on PYTHONPATH: for faults that last.

Waits of minutes and hours are right for UCloud and too long for hundreds of tests. Only how long is changed, never
what is done then. A constant that is renamed makes the import fail, and with it every test that relies on it.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType

SECONDS: dict[str, dict[str, float]] = {
    "ucloud_provider.cloud.retry": {"BRIEF": 3.0, "PATIENCE": 6.0},
    "ucloud_provider.build.launch": {"SETTLE_TIMEOUT": 6.0, "STOP_TIMEOUT": 8.0, "GONE_TIMEOUT": 8.0},
    "ucloud_provider.build.temporary_host": {"START_TIMEOUT": 8.0},
    "ucloud_provider.build.snapshot": {"BOOT_DISK_TIMEOUT": 8.0, "REFUSED_PATIENCE": 4.0},
    "ucloud_provider.build.release": {
        "FIREWALL_PATIENCE": 6.0,
        "EIP_PATIENCE": 6.0,
        "IMAGE_PATIENCE": 8.0,
        "IN_FLIGHT": 6.0,
    },
}


class _Impatient(Loader):
    """Loads a module as its own loader does, then changes its constants."""

    def __init__(self, loader: Loader, seconds: dict[str, float]) -> None:
        self._loader = loader
        self._seconds = seconds

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        self._loader.exec_module(module)
        for name, value in self._seconds.items():
            if not isinstance(getattr(module, name), float):
                raise ImportError(f"{module.__name__}.{name} is no number of seconds")
            setattr(module, name, value)


class _Finder(MetaPathFinder):
    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname not in SECONDS:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.loader is not None:
            spec.loader = _Impatient(spec.loader, SECONDS[fullname])
        return spec


sys.meta_path.insert(0, _Finder())
