"""Being asked to stop: everybody who waits hears of it, whatever becomes of the others."""

from __future__ import annotations

from ucloud_provider.run import Cancel


def test_a_callback_that_fails_keeps_no_other_from_running_and_not_the_caller() -> None:
    cancel = Cancel()
    heard: list[str] = []

    def fails() -> None:
        heard.append("fails")
        raise EOFError("closed already")

    with cancel.on_cancel(fails), cancel.on_cancel(lambda: heard.append("runs")):
        cancel.set("enough")
    assert heard == ["fails", "runs"]
    assert cancel.is_set()
