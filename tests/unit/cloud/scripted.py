"""An SDK that answers what a test tells it to: for what no real cloud does on demand."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any

from ucloud_provider.cloud.client import Api
from ucloud_provider.cloud.credentials import Credentials

Answer = Mapping[str, Any] | BaseException


class ScriptedSdk:
    """Answers each call with the next of its answers, the last one again and again; remembers the calls."""

    def __init__(self, *answers: Answer, answer: Callable[[str, dict[str, Any]], Answer] | None = None) -> None:
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self._answers = list(answers)
        self._answer = answer
        self._lock = threading.Lock()

    def invoke(self, action: str, args: dict[str, Any]) -> dict[str, Any]:
        with self._lock:
            self.calls.append((action, args))
            if self._answer is not None:
                answer = self._answer(action, args)
            else:
                answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(answer, BaseException):
            raise answer
        return dict(answer)

    @property
    def actions(self) -> list[str]:
        return [action for action, _ in self.calls]


def api(sdk: ScriptedSdk, *, log: list[str] | None = None, base_url: str = "http://scripted") -> Api:
    credentials = Credentials("planted-public", "planted-private", "org-x", "cn-bj2", base_url)
    return Api(sdk, credentials, "org-x", "cn-bj2", log=log.append if log is not None else lambda _text: None)
