"""Runs the reader: a WebAssembly module that is given memory, and neither files, nor environment, nor network.

Compiling it takes seconds, so what was compiled is kept in the cache folder. That file is machine code which is run, so
it is used only from a folder that nobody else may write to.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import hashlib
import json
import os
import platform
import stat
import tempfile
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ucloud_image.templates.errors import Problem, TemplateError, TemplateReaderMissing

if TYPE_CHECKING:
    import wasmtime

MODULE = Path(__file__).with_name("reader.wasm")
MEMORY = 1 << 30
"""How much the reader may use, in bytes: a template that makes a list without end fails, and the program does not."""


def ask(request: Mapping[str, Any]) -> dict[str, Any]:
    """One request, one answer. Each runs in an instance of its own: nothing is left of the one before."""
    engine, module = _compiled()
    import wasmtime  # for start-up time alone: only programs that read a template load it

    linker = wasmtime.Linker(engine)
    linker.define_wasi()
    store = wasmtime.Store(engine)
    store.set_limits(memory_size=MEMORY)
    store.set_wasi(wasmtime.WasiConfig())
    exports = linker.instantiate(store, module).exports(store)
    memory, start, take, read = (exports[name] for name in ("memory", "_initialize", "take", "read"))
    assert isinstance(memory, wasmtime.Memory)
    assert isinstance(start, wasmtime.Func)
    assert isinstance(take, wasmtime.Func)
    assert isinstance(read, wasmtime.Func)
    text = json.dumps(request).encode()
    try:
        start(store)
        memory.write(store, text, take(store, len(text)) & 0xFFFFFFFF)
        packed = read(store) & 0xFFFFFFFFFFFFFFFF
    except (wasmtime.Trap, wasmtime.WasmtimeError, wasmtime.ExitTrap) as error:
        detail = f"It may need more than {MEMORY >> 20} MB of memory. ({str(error).splitlines()[0]})"
        raise TemplateError([Problem("The reader stopped while it read the template", detail)]) from error
    address, length = packed >> 32, packed & 0xFFFFFFFF
    answer: dict[str, Any] = json.loads(bytes(memory.read(store, address, address + length)))
    return answer


@functools.cache
def _compiled() -> tuple[wasmtime.Engine, wasmtime.Module]:
    try:
        import wasmtime  # an extra: most stacks read no template
    except ImportError as error:
        raise TemplateReaderMissing(
            "reading Packer's templates needs wasmtime: pip install 'ucloud-image[packer]'"
        ) from error
    try:
        code = MODULE.read_bytes()
    except FileNotFoundError as error:
        raise TemplateReaderMissing(
            f"{MODULE.name} is missing: a wheel of ucloud-image has it; in a clone, `make templates` builds it with Go"
        ) from error
    # wasmtime frees what it made with its own functions, which are gone when an interpreter that ends takes it down.
    atexit.register(_compiled.cache_clear)
    engine = wasmtime.Engine()
    name = f"{hashlib.sha256(code).hexdigest()[:32]}-{version('wasmtime')}-{platform.machine()}.cwasm"
    folder = _private_folder()
    if folder is not None:
        # Of another version of wasmtime, or torn: compiled anew.
        with contextlib.suppress(OSError, wasmtime.WasmtimeError):
            return engine, wasmtime.Module.deserialize(engine, (folder / name).read_bytes())
    module = wasmtime.Module(engine, code)
    if folder is not None:
        with contextlib.suppress(OSError):
            _write(folder / name, bytes(module.serialize()))
    return engine, module


def _private_folder() -> Path | None:
    """The cache folder, where it is this user's own and nobody else may write to it."""
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = base / "ucloud-image" / "templates"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = folder.lstat()
    except OSError:
        return None
    if not stat.S_ISDIR(found.st_mode):
        return None
    if hasattr(os, "getuid") and (found.st_uid != os.getuid() or found.st_mode & 0o022):
        return None
    return folder


def _write(path: Path, content: bytes) -> None:
    """In one step, so that no other process reads half of it."""
    descriptor, name = tempfile.mkstemp(dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
