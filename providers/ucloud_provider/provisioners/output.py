"""What a provisioner's command prints: shown line by line without secrets, its last lines kept for an error."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from ucloud_provider.masking import Masker

TAIL = 20
"""Lines that an error shows."""


class Output:
    """Takes the lines of one command, in their order; from `ProvisionContext.output`.

    Example:
        output = context.output()
        code = host.run(command, on_line=output)
        if code:
            raise ProvisionerFailed("inline script", code, output.tail)
    """

    def __init__(self, show: Callable[[str], None], masker: Masker) -> None:
        self._show = show
        self._masked = masker.stream()
        self._tail: deque[str] = deque(maxlen=TAIL)

    def __call__(self, line: str) -> None:
        shown = self._masked(line)
        self._tail.append(shown)
        self._show(shown)

    @property
    def tail(self) -> tuple[str, ...]:
        """The last lines."""
        return tuple(self._tail)
