"""The provisioner `shell`: runs commands or scripts on the host, with the options and meanings of Packer's."""

from __future__ import annotations

import contextlib
import secrets
import shlex
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, TypeVar

import tenacity

from ucloud_provider.communicators.base import Communicator
from ucloud_provider.errors import (
    CommunicatorError,
    Disconnected,
    HostFull,
    NoLogin,
    ProvisionerFailed,
    StartUnknown,
    UCloudImageError,
    WaitTimeout,
)
from ucloud_provider.provisioners import environment, rebooting, script_files
from ucloud_provider.provisioners.base import Duration, Problem, ProvisionContext, Provisioner
from ucloud_provider.provisioners.contents import script_of
from ucloud_provider.run import trying_again
from ucloud_provider.spec import rules
from ucloud_provider.spec.args import Arg, Effect, LocalPath, LocalPaths, Texts, TextsByName, arg, args

BY_FILE = ". {{.EnvVarFile}} && {{.Path}}"
BY_PREFIX = "{{.Vars}} {{.Path}}"
FIELDS = ("Path", "Vars", "EnvVarFile")

Result = TypeVar("Result")


@args
class Shell(Provisioner):
    """Runs commands or scripts on the host.

    Example:
        Shell(inline=["yum install -y nginx"], environment_vars={"STAGE": "test"})
    """

    type: ClassVar[str] = "shell"

    inline: Arg[Sequence[str] | None, Texts] = arg(
        default=None,
        effect=Effect.REPLACE,
        doc="Commands, run as one script. The build's log has them: pass secrets by `env`.",
    )
    script: Arg[str | None, LocalPath] = arg(default=None, effect=Effect.REPLACE, path=True, doc="A local script.")
    scripts: Arg[Sequence[str] | None, LocalPaths] = arg(
        default=None, effect=Effect.REPLACE, path=True, doc="Local scripts, run in this order."
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
    env_var_format: Arg[str] = arg(
        default="%s='%s' ", effect=Effect.REPLACE, doc="How one variable is written in `{{.Vars}}`."
    )
    use_env_var_file: Arg[bool] = arg(
        default=True,
        effect=Effect.NONE,
        doc="Pass variables in a file that is sourced and removed, not in the command, where `ps` shows them.",
    )
    execute_command: Arg[str | None] = arg(
        default=None,
        effect=Effect.REPLACE,
        rule=rules.no_null,
        doc=f"How a script is run; fields: {', '.join('{{.' + name + '}}' for name in FIELDS)}. "
        f"Default: `{BY_FILE}`, without `use_env_var_file` `{BY_PREFIX}`.",
    )
    expect_disconnect: Arg[bool] = arg(
        default=False,
        effect=Effect.NONE,
        doc="The connection may end while a script runs. Where the host reboots, it is waited for.",
    )
    pause_after: Arg[Duration] = arg(
        default=0, effect=Effect.NONE, unit="s", rule=rules.duration(), doc="Wait after each script."
    )
    remote_folder: Arg[str] = arg(
        default="/tmp",  # noqa: S108
        effect=Effect.NONE,
        rule=rules.shell_word,
        doc="Where scripts are put.",
    )
    remote_file: Arg[str | None] = arg(
        default=None,
        effect=Effect.NONE,
        rule=rules.shell_word,
        doc="A script's name there; default: one made up for each.",
    )
    remote_path: Arg[str | None] = arg(
        default=None,
        effect=Effect.NONE,
        rule=rules.shell_word,
        doc="A script's whole path, over `remote_folder` and `remote_file`.",
    )
    skip_clean: Arg[bool] = arg(default=False, effect=Effect.REPLACE, doc="Leave the scripts on the host.")
    start_retry_timeout: Arg[Duration] = arg(
        default="5m",
        effect=Effect.NONE,
        unit="s",
        rule=rules.duration(),
        doc="How long to try to put a script on the host and start it, or to wait for the end of a reboot.",
    )
    valid_exit_codes: Arg[Sequence[int]] = arg(default=(0,), effect=Effect.NONE, doc="Exit codes of success.")

    def problems(self, base_dir: Path) -> Iterator[Problem]:
        yield from super().problems(base_dir)
        given = [name for name in ("inline", "script", "scripts") if getattr(self, name)]
        if not given:
            yield Problem("inline", "nothing to run; give inline, script or scripts")
        for name in given[1:]:
            yield Problem(name, f"and {given[0]} are both given; give one of inline, script, scripts")
        for name in ("environment_vars", "env"):
            for wrong in environment.wrong_variables(getattr(self, name)):
                yield Problem(name, wrong)
        if self.execute_command is not None:
            for name in environment.unknown_fields(self.execute_command, FIELDS):
                yield Problem("execute_command", f"{{{{.{name}}}}} is no field; one of {', '.join(FIELDS)}")
            if not environment.uses(self.execute_command, "Path"):
                # Without the value: a password for sudo often stands in it.
                yield Problem("execute_command", "does not run the script; use {{.Path}}")
            if environment.is_in_substitution(self.execute_command, "Vars"):
                yield Problem("execute_command", "has {{.Vars}} in $(…) within quotes; source {{.EnvVarFile}} instead")
        if self.env_var_format.count("%s") != 2 or self.env_var_format.replace("%%", "").count("%") != 2:
            yield Problem(
                "env_var_format",
                f"{rules.shown(self.env_var_format)} needs two %s, the name and the value, and %% for any other %",
            )
        elif self.env_var_format[-1] not in " \t\n;&":
            yield Problem(
                "env_var_format",
                f"{rules.shown(self.env_var_format)} does not part a variable from the next; end it in a blank or ;",
            )
        if not self.binary:
            yield from script_files.problems(self, list(self.paths()), base_dir)

    def provision(self, context: ProvisionContext) -> None:
        host = context.communicator
        if host is None:
            raise CommunicatorError("there is no connection to run a script over; set communicator to ssh")
        for name, script in self._scripts(context.base_dir):
            context.log(f"script {name}")
            for line in self.inline or ():
                context.log(f"> {line}")
            self._run(host, name, script, context)
            context.cancel.sleep(rules.parse_duration(self.pause_after))

    def counted(self, path: str, files: Mapping[str, str]) -> Any:
        return script_of(path, files, binary=self.binary)

    def identity(self, files: Mapping[str, str]) -> dict[str, Any]:
        found = super().identity(files)
        return found if self.binary or not self.inline else found | {"inline": script_files.cleaned_lines(self.inline)}

    def _scripts(self, base_dir: Path) -> Iterator[tuple[str, bytes]]:
        if self.inline:
            yield "inline script", script_files.inline(self.inline, self.inline_shebang, binary=self.binary)
        for path in [self.script] if self.script else self.scripts or ():
            data = (base_dir / path).read_bytes()
            yield path, data if self.binary else script_files.cleaned(data)

    def _run(self, host: Communicator, name: str, script: bytes, context: ProvisionContext) -> None:
        unique = secrets.token_hex(4)
        folder, path = self._patiently(
            lambda: (_resolved(host, self.remote_folder), _resolved(host, self.remote_path or "")),
            f"{name} to start",
            context,
        )
        remote = path or f"{folder.rstrip('/')}/{self.remote_file or f'script_{unique}.sh'}"
        template = self.execute_command or (BY_FILE if self.use_env_var_file else BY_PREFIX)
        values = environment.build_variables(context.facts)
        values |= environment.variables(self.environment_vars, self.env)
        mode = _mode(script, context)
        files = {remote: (script, mode)}
        env_file = f"{folder.rstrip('/')}/env_{unique}.sh"
        if environment.uses(template, "EnvVarFile"):
            # The file removes itself when it is read: no value stays on the host longer than the command needs. That
            # comes first, as one of the variables may be a PATH without rm.
            text = f"rm -f {env_file}\n" + environment.file_form(values)
            files[env_file] = (text.encode(), 0o600)
        fields = {"Path": remote, "EnvVarFile": env_file}
        command = environment.render(template, {**fields, "Vars": environment.inline_form(values, self.env_var_format)})
        # A command of the user's own is not written down: a password for sudo often stands in it.
        hidden = environment.inline_form(dict.fromkeys(values, "***"), self.env_var_format)
        shown = (
            environment.render(template, {**fields, "Vars": hidden}) if not self.execute_command else "execute_command"
        )
        context.log(f"$ {shown}")
        context.on_host.extend(path for path in files if path == env_file or not self.skip_clean)
        output = context.output()
        booted = self._patiently(host.boot_id, f"{name} to start", context) if self.expect_disconnect else ""
        try:
            ended = self._start(host, files, command, output, name, context)
            # That the connection may end excuses no script that may never have started: the image would lack it.
            if isinstance(ended, StartUnknown) or (isinstance(ended, Disconnected) and not self.expect_disconnect):
                raise ended
        except UCloudImageError:
            self._take_back(host, context)
            raise
        if self.expect_disconnect and isinstance(ended, int) and ended > 128 and rebooting.is_going_down(host):
            ended = Disconnected(f"{name} was ended by the shutdown, with exit code {ended}")
        if isinstance(ended, Disconnected):
            context.log(f"{name}: the connection ended, as expected")
        elif ended not in self.valid_exit_codes:
            with contextlib.suppress(CommunicatorError, WaitTimeout):  # that it failed is what the user must hear
                self._clean(host, name, context)
            raise ProvisionerFailed(name, ended, output.tail, _reason(ended, mode, output.tail))
        if self.expect_disconnect:
            grace = rebooting.SETTLED if isinstance(ended, Disconnected) else rebooting.SOON
            rebooting.wait_until_back(booted, rules.parse_duration(self.start_retry_timeout), grace, context)
        self._clean(host, name, context)

    def _start(
        self,
        host: Communicator,
        files: Mapping[str, tuple[bytes, int]],
        command: str,
        on_line: Callable[[str], None],
        name: str,
        context: ProvisionContext,
    ) -> int | Disconnected:
        """Put the files there and run the command; its exit code, or the loss of the connection while it ran.

        Until it has, or may have, started all is tried again for as long as `start_retry_timeout`: the host may just
        reboot.
        """

        def attempt() -> int | Disconnected:
            if host.disconnected():
                host.connect()
            for path, (data, mode) in files.items():
                host.upload(data, path, mode=mode)
            try:
                return host.run(command, on_line=on_line)
            except Disconnected as lost:
                return lost

        return self._patiently(attempt, f"{name} to start", context)

    def _patiently(self, attempt: Callable[[], Result], awaited: str, context: ProvisionContext) -> Result:
        limit = rules.parse_duration(self.start_retry_timeout)

        def tell(state: tenacity.RetryCallState) -> None:
            context.output()(f"waiting for {awaited}: {trying_again(state)}")

        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception(
                lambda e: isinstance(e, CommunicatorError) and not isinstance(e, HostFull)
            ),
            stop=tenacity.stop_after_delay(limit),
            wait=tenacity.wait_exponential(multiplier=0.2, max=5),
            sleep=context.cancel.sleep,
            before_sleep=tell,
            reraise=True,
        )
        started = time.monotonic()
        try:
            return retrying(attempt)
        except (NoLogin, HostFull):  # the one says all that itself, the other was not waited for
            raise
        except CommunicatorError as error:
            if not limit:
                raise
            raise WaitTimeout(awaited, max(limit, round(time.monotonic() - started)), str(error)) from error

    def _take_back(self, host: Communicator, context: ProvisionContext) -> None:
        """Remove the files of a script that may never have read its variables, where this host is to be used again."""
        if host.disconnected() and not self.max_retries:
            return  # the build ends here, and with it the host
        with contextlib.suppress(UCloudImageError):  # what went wrong before is what the user must hear
            _remove(host, context)

    def _clean(self, host: Communicator, name: str, context: ProvisionContext) -> None:
        """Take the files away again. After an expected disconnect the host is given time to come back."""
        if self.expect_disconnect:
            self._patiently(lambda: _remove(host, context), f"the files of {name} to be removed", context)
        else:
            _remove(host, context)


def _mode(script: bytes, context: ProvisionContext) -> int:
    """The mode of a script: readable to all, as a command may run it as another user; not where it holds a secret."""
    text = script.decode(errors="replace")
    return 0o755 if context.masker(text) == text else 0o700


def _reason(code: int, mode: int, tail: Sequence[str]) -> str:
    """Why a script failed, where it can be told; empty: by its exit code."""
    if mode == 0o755 or not any("ermission denied" in line for line in tail):
        return ""
    return (
        f"ended with exit code {code}; the script holds a secret value, so that its login alone may read it: where "
        "another user is to run it, pass the value by env"
    )


def _resolved(host: Communicator, path: str) -> str:
    """A path that is the same in every command, whoever runs it: `~` is one's own home folder."""
    return host.resolve(path) if path.startswith("~") else path


def _remove(host: Communicator, context: ProvisionContext) -> None:
    """Remove what is on the host of this script, and of tries before it that could not be cleaned up after."""
    if not context.on_host:
        return
    if host.disconnected():
        host.connect()
    host.run(shlex.join(["rm", "-f", *dict.fromkeys(context.on_host)]), on_line=context.log)
    context.on_host.clear()
