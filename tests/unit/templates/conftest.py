"""Templates written into a folder of the test's own, and read as a program would read them."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from tools.template_reader import ensure_reader
from ucloud_image.templates import Template, TemplateError, read_template

NOW = datetime.datetime(2026, 3, 4, 5, 6, 7, tzinfo=datetime.UTC)

Read = Callable[..., Template]
Refused = Callable[..., TemplateError]


@pytest.fixture(scope="session", autouse=True)
def reader() -> Path:
    return ensure_reader()


@pytest.fixture
def read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Read:
    """Writes files ({name: text}), and reads the one named by `path`: the only one, or the folder, unless told."""
    monkeypatch.chdir(tmp_path)

    def run(files: Mapping[str, str] | str, path: str | None = None, **options: Any) -> Template:
        if isinstance(files, str):
            files = {"template.json" if files.lstrip().startswith("{") else "main.pkr.hcl": files}
        for name, text in files.items():
            file = tmp_path / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        options.setdefault("environment", {})
        options.setdefault("now", NOW)
        return read_template(path or (next(iter(files)) if len(files) == 1 else "."), **options)

    return run


@pytest.fixture
def refused(read: Read) -> Refused:
    def run(*args: Any, **options: Any) -> TemplateError:
        with pytest.raises(TemplateError) as caught:
            read(*args, **options)
        return caught.value

    return run
