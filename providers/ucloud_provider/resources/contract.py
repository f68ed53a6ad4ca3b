"""What every state in the world refers to: module paths, class names and type tokens. Named once; never renamed.

Pulumi stores a dynamic provider in the state by reference, as the module's path and the class's name. A state written
by an older release must still find them, or its resources can neither be updated nor destroyed. A test keeps them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

TYPE_MODULE: Final = "ucloud"


@dataclass(frozen=True)
class ResourceContract:
    """One resource type: its name in type tokens, and where its provider class lives."""

    name: str
    provider_module: str
    provider_class: str

    @property
    def token(self) -> str:
        """The type as it stands in the state and in URNs."""
        return f"pulumi-python:dynamic/{TYPE_MODULE}:{self.name}"


CUSTOM_IMAGE: Final = ResourceContract(
    name="CustomImage",
    provider_module="ucloud_provider.resources.custom_image",
    provider_class="CustomImageProvider",
)
UHOST: Final = ResourceContract(
    name="UHost",
    provider_module="ucloud_provider.resources.uhost",
    provider_class="UHostProvider",
)
ALL: Final = (CUSTOM_IMAGE, UHOST)
