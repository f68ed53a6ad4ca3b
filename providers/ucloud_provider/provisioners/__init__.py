"""The provisioners, one kind a file: found by looking through this folder, so that a new kind is one new file."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from functools import cache

from ucloud_provider.provisioners.base import Provisioner


@cache
def kinds() -> dict[str, type[Provisioner]]:
    """Every kind of provisioner by its `type`, such as {"shell": Shell}."""
    found: dict[str, type[Provisioner]] = {}
    for module in pkgutil.iter_modules(__path__):
        for _name, each in inspect.getmembers(importlib.import_module(f"{__name__}.{module.name}"), inspect.isclass):
            if issubclass(each, Provisioner) and not inspect.isabstract(each) and each is not Provisioner:
                found[each.type] = each
    return found
