"""What a provisioner may ask of a host: run a command, move files. Provisioners know this and no protocol."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from pathlib import Path

from ucloud_provider.communicators.placing import KEPT, Placing


class Communicator(ABC):
    """A login on a host.

    Every method that blocks ends within about a second of the build being cancelled, with `Cancelled`. A connection
    that breaks is `Disconnected`, never an exit code; what could not be reached or moved is a `CommunicatorError`.
    """

    @abstractmethod
    def connect(self) -> None:
        """Log in, trying again until the host answers or the time is over. Logs in anew where it was connected."""

    @abstractmethod
    def run(
        self,
        command: str,
        *,
        on_line: Callable[[str], None],
        stdin: bytes | None = None,
        timeout: float | None = None,
        pty: bool | None = None,
    ) -> int:
        """Run a command by /bin/sh, whatever the login's shell is, and return its exit code.

        `on_line` gets each line of stdout and stderr as it comes. Death by a signal is 128 + the signal's number, as a
        shell counts. After `timeout` seconds: `WaitTimeout`, and the command's connection is closed. A command is never
        run twice: one that may have started, or did, ends in `Disconnected`; any other `CommunicatorError` says that
        it did not start.
        """

    def resolve(self, remote: str) -> str:
        """The path `remote` with a home folder that it begins with, `~` or `~user`, written out."""
        return remote

    @abstractmethod
    def upload(self, content: bytes | Path, remote: str, *, mode: int | None = None, placing: Placing = KEPT) -> None:
        """Write bytes or a local file to the path `remote`, whole or not at all. Directories on the way must exist.

        A file that exists keeps its mode and owner. A new one gets the local file's mode, less what lets others write;
        bytes get 0644. A mode or `placing` that is given overrides both.
        """

    @abstractmethod
    def upload_dir(self, local: Path, remote: str, *, placing: Placing = KEPT, exclude: Sequence[str] = ()) -> None:
        """Put what is in the directory `local` into the directory `remote`, made if missing.

        What exists there keeps mode, owner and kind; what is new gets the local mode, less what lets others write.
        `placing` overrides both; what the patterns of `exclude` take out is left out.
        """

    @abstractmethod
    def download(self, remote: str, local: Path) -> None:
        """Fetch the file `remote` to the path `local`, whole or not at all; it keeps its mode."""

    @abstractmethod
    def download_dir(self, remote: str, local: Path) -> None:
        """Fetch what is in the directory `remote` into the directory `local`, made where missing."""

    def boot_id(self) -> str:
        """What names the time since the host's last boot; empty where it does not tell."""
        return ""

    @abstractmethod
    def disconnected(self) -> bool:
        """Whether there is no usable connection now."""

    @abstractmethod
    def close(self) -> None:
        """End the connection. Content where there is none."""
