"""What of a build's progress is shown, and what is dropped."""

from __future__ import annotations

import threading

from ucloud_provider.engine.progress import EngineProgress, for_resource
from ucloud_provider.masking import Masker


class Shown:
    def __init__(self) -> None:
        self.texts: list[tuple[str, bool]] = []
        self.changed = threading.Condition()

    def __call__(self, text: str, ephemeral: bool) -> None:
        with self.changed:
            self.texts.append((text, ephemeral))
            self.changed.notify_all()

    def wait_for(self, text: str) -> bool:
        with self.changed:
            return self.changed.wait_for(lambda: any(shown == text for shown, _ in self.texts), 30)


def test_steps_are_all_shown_and_replaced_notes_stay() -> None:
    shown = Shown()
    progress = EngineProgress(shown, interval=60)
    progress.step("starting the host")
    progress.step("connecting")
    progress.note("made without CloudInit")
    assert shown.texts == [("starting the host", True), ("connecting", True), ("made without CloudInit", False)]


def test_lines_that_come_too_fast_are_dropped_but_the_last_is_shown() -> None:
    shown = Shown()
    progress = EngineProgress(shown, interval=0.05)
    progress.step("provisioning")
    for number in range(1000):
        progress.line(f"line {number}")
    assert shown.wait_for("provisioning: line 999")
    assert len(shown.texts) < 100


def test_a_new_step_is_not_followed_by_a_line_of_the_last() -> None:
    shown = Shown()
    progress = EngineProgress(shown, interval=0.05)
    progress.step("one")
    progress.line("late")
    progress.step("two")
    progress.line("current")
    assert shown.wait_for("two: current")
    assert ("two: late", True) not in shown.texts


def test_nothing_is_shown_after_the_end() -> None:
    shown = Shown()
    progress = EngineProgress(shown, interval=0)
    progress.close()
    progress.line("too late")
    assert shown.texts == []


def test_colours_control_characters_and_overwritten_text_are_taken_out() -> None:
    shown = Shown()
    progress = EngineProgress(shown, interval=0)
    progress.line("\x1b[1;32m 10%\r\x1b[K 100%\x07 done\x1b[0m\r\n")
    progress.line(" \r\n")
    progress.line("x" * 1000)
    assert [text for text, _ in shown.texts] == ["100% done", "x" * 200]


def test_outside_of_the_dynamic_host_progress_goes_nowhere() -> None:
    progress = for_resource("urn:pulumi:s::p::t::web", str)
    progress.step("starting the host")
    progress.line("hello")
    progress.close()


def test_what_is_hidden_is_in_no_text() -> None:
    said: list[str] = []
    progress = EngineProgress(lambda text, _ephemeral: said.append(text), 0, Masker(["planted-secret"]))
    progress.step("with planted-secret")
    progress.line("x" * 195 + "planted-secret")
    progress.note("planted-secret")
    assert len(said) == 3
    assert "plant" not in str(said)
