"""What a stack imports: custom images and the hosts started from them, as Pulumi resources."""

from __future__ import annotations

from ucloud_provider.provisioners.file import File
from ucloud_provider.provisioners.shell import Shell
from ucloud_provider.provisioners.shell_local import ShellLocal
from ucloud_provider.spec.image import CustomImageArgs, ImageCopy
from ucloud_provider.spec.uhost import DataDisk, UHostArgs

from ucloud_image.connection import ssh_connection
from ucloud_image.custom_image import CustomImage
from ucloud_image.uhost import UHost

__all__ = [
    "CustomImage",
    "CustomImageArgs",
    "DataDisk",
    "File",
    "ImageCopy",
    "Shell",
    "ShellLocal",
    "UHost",
    "UHostArgs",
    "ssh_connection",
]
