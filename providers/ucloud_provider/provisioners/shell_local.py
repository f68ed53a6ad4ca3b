"""The provisioner `shell-local`: runs commands or scripts on the machine that builds."""

from __future__ import annotations

import contextlib
import os
import platform
import shlex
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from ucloud_provider.errors import ProvisionerFailed
from ucloud_provider.provisioners import environment, local_process, script_files
from ucloud_provider.provisioners.base import Problem, ProvisionContext, Provisioner
from ucloud_provider.provisioners.contents import is_executable, script_of
from ucloud_provider.spec import rules
from ucloud_provider.spec.args import Arg, Effect, LocalPath, LocalPaths, Texts, TextsByName, arg, args

FIELDS = ("Script", "Command", "Vars")


@args
class ShellLocal(Provisioner):
    """Runs commands or scripts on the machine that builds, in the project's folder.

    Example:
        ShellLocal(inline=["make -C app dist"])
    """

    type: ClassVar[str] = "shell-local"

    command: Arg[str | None] = arg(default=None, effect=Effect.REPLACE, rule=rules.no_null, doc="One command.")
    inline: Arg[Sequence[str] | None, Texts] = arg(
        default=None,
        effect=Effect.REPLACE,
        doc="Commands, run as one script. The build's log has them: pass secrets by `env`.",
    )
    script: Arg[str | None, LocalPath] = arg(default=None, effect=Effect.REPLACE, path=True, doc="A script.")
    scripts: Arg[Sequence[str] | None, LocalPaths] = arg(
        default=None, effect=Effect.REPLACE, path=True, doc="Scripts, run in this order."
    )
    inline_shebang: Arg[str] = arg(
        default="/bin/sh -e", effect=Effect.REPLACE, rule=script_files.shebang, doc="Interpreter of `inline`."
    )
    binary: Arg[bool] = arg(
        default=False,
        effect=Effect.REPLACE,
        doc="Leave scripts as they are; else CRLF becomes LF, and a byte order mark goes.",
    )
    environment_vars: Arg[Mapping[str, str] | Sequence[str] | None, Texts | TextsByName] = arg(
        default=None, effect=Effect.REPLACE, secret=True, doc="Variables: a dict, or a list of `KEY=value`."
    )
    env: Arg[Mapping[str, str] | None, TextsByName] = arg(
        default=None, effect=Effect.REPLACE, secret=True, doc="Variables as a dict, over `environment_vars`."
    )
    execute_command: Arg[Sequence[str]] = arg(
        default=("/bin/sh", "-c", "{{.Script}}"),
        effect=Effect.REPLACE,
        rule=rules.Each(rules.no_null),
        doc="How it is run: a program and its arguments; fields: {{.Script}}, its other name {{.Command}}, {{.Vars}}.",
    )
    only_on: Arg[Sequence[str]] = arg(
        default=(), effect=Effect.REPLACE, doc="Systems to run on, such as `linux`, `darwin`; default: all."
    )
    valid_exit_codes: Arg[Sequence[int]] = arg(default=(0,), effect=Effect.NONE, doc="Exit codes of success.")

    def problems(self, base_dir: Path) -> Iterator[Problem]:
        yield from super().problems(base_dir)
        given = [name for name in ("command", "inline", "script", "scripts") if getattr(self, name)]
        if not given:
            yield Problem("inline", "nothing to run; give command, inline, script or scripts")
        for name in given[1:]:
            yield Problem(name, f"and {given[0]} are both given; give one of command, inline, script, scripts")
        for name in ("environment_vars", "env"):
            for wrong in environment.wrong_variables(getattr(self, name)):
                yield Problem(name, wrong)
        for part in self.execute_command:
            for name in environment.unknown_fields(part, FIELDS):
                yield Problem("execute_command", f"{{{{.{name}}}}} is no field; one of {', '.join(FIELDS)}")
            if environment.is_in_substitution(part, "Vars"):
                yield Problem("execute_command", "has {{.Vars}} in $(…) within quotes; leave it out: all have them")
        if not self.binary:
            yield from script_files.problems(self, list(self.paths()), base_dir)

    def counted(self, path: str, files: Mapping[str, str]) -> Any:
        # Whether it can be executed decides who runs it.
        return script_of(path, files, binary=self.binary) + ("+x" if is_executable(path, files) else "")

    def identity(self, files: Mapping[str, str]) -> dict[str, Any]:
        found = super().identity(files)
        return found if self.binary or not self.inline else found | {"inline": script_files.cleaned_lines(self.inline)}

    def provision(self, context: ProvisionContext) -> None:
        system = platform.system().lower()
        if self.only_on and system not in self.only_on:
            context.log(f"shell-local: not on {system}, only on {', '.join(self.only_on)}")
            return
        values = environment.build_variables(context.facts)
        values["UCLOUD_IMAGE_HOST"] = context.facts.host_address
        values |= environment.variables(self.environment_vars, self.env)
        if self.command:
            self._run(self.command, self.command, values, context)
        if self.inline:
            with tempfile.TemporaryDirectory(prefix="ucloud-image-") as folder:
                script = Path(folder) / "inline.sh"
                script.touch(mode=0o700)
                script.write_bytes(script_files.inline(self.inline, self.inline_shebang, binary=self.binary))
                for line in self.inline:
                    context.log(f"> {line}")
                self._run("inline script", str(script), values, context)
        for path in [self.script] if self.script else self.scripts or ():
            local = (context.base_dir / path).resolve()
            with self._runnable(local) as script:
                quoted = shlex.quote(str(script))
                self._run(path, quoted if os.access(local, os.X_OK) else f"/bin/sh -e {quoted}", values, context)

    @contextlib.contextmanager
    def _runnable(self, local: Path) -> Iterator[Path]:
        """The script, or where it is not to be run as it is, a copy for a while: beside it, as it may look there."""
        data = local.read_bytes()
        if self.binary or script_files.cleaned(data) == data:
            yield local
            return
        folder = local.parent if os.access(local.parent, os.W_OK) else None
        descriptor, name = tempfile.mkstemp(prefix=".ucloud-image-", suffix=local.suffix, dir=folder)
        copy = Path(name)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(script_files.cleaned(data))
            copy.chmod(0o700)
            yield copy
        finally:
            copy.unlink(missing_ok=True)

    def _run(self, name: str, script: str, values: Mapping[str, str], context: ProvisionContext) -> None:
        fields = {"Script": script, "Command": script, "Vars": environment.inline_form(values)}
        command = [environment.render(part, fields) for part in self.execute_command]
        context.log(f"local {name}")
        output = context.output()
        try:
            code = local_process.run(
                command,
                folder=context.base_dir,
                environment={**os.environ, **values},
                on_line=output,
                cancel=context.cancel,
            )
        except (OSError, ValueError) as error:  # no such program, say; or a null character
            why = getattr(error, "strerror", None) or str(error)
            message = f"could not be started: {rules.shown(command[0])}: {why}; correct execute_command, or the PATH"
            raise ProvisionerFailed(f"local {name}", None, (), message) from error
        if code not in self.valid_exit_codes:
            raise ProvisionerFailed(f"local {name}", code, output.tail)
