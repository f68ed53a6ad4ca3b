"""What every provisioner is: arguments, what is wrong with them, which local files count, and how it runs."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from ucloud_provider.masking import Masker
from ucloud_provider.provisioners.contents import content_of, contents
from ucloud_provider.provisioners.output import Output
from ucloud_provider.spec import rules
from ucloud_provider.spec.args import Arg, Effect, arg, args, same

if TYPE_CHECKING:
    from ucloud_provider.communicators.base import Communicator
    from ucloud_provider.run import Cancel

Duration = float | str


class Problem(NamedTuple):
    """What is wrong with an argument, and what to do."""

    argument: str
    reason: str


@dataclass(frozen=True)
class BuildFacts:
    """What a provisioner may want to know of the build it runs in."""

    build_id: str
    image_name: str
    source_image_id: str
    host_id: str
    host_address: str


@dataclass(frozen=True)
class ProvisionContext:
    """What a provisioner works with.

    `base_dir` is the folder relative local paths start from: the Pulumi project's. `on_line` shows a line of the
    provisioner's own, already without its line end; what a command prints goes through an `output()`.
    """

    communicator: Communicator | None
    on_line: Callable[[str], None]
    cancel: Cancel
    base_dir: Path
    facts: BuildFacts
    log: Callable[[str], None] = field(default=lambda _text: None)
    masker: Masker = field(default_factory=Masker)
    on_host: list[str] = field(default_factory=list)
    """Files that were put on the host for a while and are still to be removed: those of earlier tries, too."""

    def output(self) -> Output:
        """For the lines of one command: shown without secrets, the last ones kept for an error."""
        return Output(self.on_line, self.masker)


@args
class Provisioner(ABC):
    """The base of all provisioners. A new kind is a subclass in a new file of this folder, with its `type`."""

    type: ClassVar[str]
    takes_folders: ClassVar[bool] = False
    """Whether arguments that name local files may name folders."""

    pause_before: Arg[Duration] = arg(
        default=0, effect=Effect.NONE, unit="s", rule=rules.duration(), doc="Wait before it starts."
    )
    max_retries: Arg[int] = arg(
        default=0, effect=Effect.NONE, rule=rules.between(0, 100), doc="How often to run it again when it fails."
    )
    timeout: Arg[Duration] = arg(
        default=0, effect=Effect.NONE, unit="s", rule=rules.duration(), doc="How long one run may take; 0: no limit."
    )

    @abstractmethod
    def provision(self, context: ProvisionContext) -> None:
        """Do the work once. Raises `ProvisionerFailed`, `CommunicatorError` or `Cancelled`."""

    def problems(self, base_dir: Path) -> Iterator[Problem]:
        """What is wrong with the arguments together, and with the local files they name. No cloud, no host."""
        for path in self.paths():
            wrong = self._wrong_path(path, base_dir)
            if wrong:
                yield Problem(path_argument(self, path), f"{rules.shown(path)} {wrong}")

    def _wrong_path(self, path: str, base_dir: Path) -> str | None:
        local = base_dir / path
        try:
            if not local.exists():
                return f"does not exist in {base_dir}; correct the path"
            if self.takes_folders and local.is_dir():
                return None
            return None if local.is_file() else f"in {base_dir} is no file; correct the path"
        except OSError as error:  # a name too long, a folder that may not be entered
            return f"cannot be read: {error.strerror}; correct the path"

    def paths(self) -> Iterator[str]:
        """The local files and folders named by the arguments that are declared with `path=True`, in order."""
        for each in fields(self):
            if each.metadata.get("path"):
                value: Any = getattr(self, each.name)
                if isinstance(value, str):
                    yield value
                elif value:
                    yield from value

    def contents(self, path: str, base_dir: Path) -> dict[str, str]:
        """The entries of what is at one of `paths`; raises `Unreadable`."""
        return contents(path, base_dir, is_script=not self.takes_folders)

    def counted(self, path: str, files: Mapping[str, str]) -> Any:
        """What counts of the content at a path."""
        return content_of(path, files)

    def identity(self, files: Mapping[str, str]) -> dict[str, Any]:
        """What of this provisioner ends up in the image, in place of paths the content of what they name.

        `files` is what `contents` told when the arguments were checked. Two provisioners of equal identity make
        the same image: neither a file's path nor its times are part of it.
        """
        found: dict[str, Any] = {"type": self.type}
        for each in fields(self):
            if each.metadata["effect"] is not Effect.REPLACE:
                continue
            value = getattr(self, each.name)
            if each.metadata.get("path") and value is not None:
                value = (
                    self.counted(value, files)
                    if isinstance(value, str)
                    else [self.counted(path, files) for path in value]
                )
            if value is not None and not same(value, each.default):
                found[each.name] = _plain(value)
        return found


def path_argument(provisioner: Provisioner, path: str) -> str:
    """Which argument names this path, such as `script` or `scripts[2]`."""
    for each in fields(provisioner):
        if each.metadata.get("path"):
            value: Any = getattr(provisioner, each.name)
            if value == path:
                return each.name
            if value and not isinstance(value, str) and path in value:
                return f"{each.name}[{list(value).index(path)}]"
    return ""


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return value
