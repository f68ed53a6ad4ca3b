"""The build of an image: one file a step, the pipeline that runs and unwinds them, the journal that remembers."""

from ucloud_provider.build.image import build_image, make_copies
from ucloud_provider.build.state import BuiltImage, CopyFailed, MadeCopy

__all__ = ["BuiltImage", "CopyFailed", "MadeCopy", "build_image", "make_copies"]
