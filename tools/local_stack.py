"""`make up` and `make down`: the example stack on the emulator.

Runs in the virtual environment, after the set-up. The emulator's state, Pulumi's state and the logs are below .local.
"""

from __future__ import annotations

import argparse
import errno
import http.client
import json
import os
import re
import subprocess
import sys
import time
import urllib.request

from tools.pulumi_engine import environment
from tools.setup import EMULATOR, ROOT, say

STACK = "local"
LOCAL = ROOT / ".local"
STATE = LOCAL / "emulator"
LOG = LOCAL / "emulator.log"
PORT = 8588
"""Also in stacks/Pulumi.local.yaml."""

READY_WITHIN = 60
PAGE_WITHIN = 60


class LocalStackFailed(Exception):
    """`make up` or `make down` cannot go on; the text says why."""


def up(latency: str) -> None:
    """Starts the emulator if need be, brings the stack up, and shows what its host serves."""
    start_emulator(latency)
    _select()
    _pulumi("up", "--yes", "--skip-preview", "--suppress-outputs", "--stack", STACK)
    if _nothing_changed():
        print("Nothing changed: the stack is as the program says.")
    outputs = json.loads(_pulumi_output("stack", "output", "--json", "--stack", STACK))
    print("\nOutputs:")
    for name, value in outputs.items():
        print(f"  {name}: {value if isinstance(value, str) else json.dumps(value)}")
    print(f"\n{outputs['url']} serves: {_title(outputs['url'])}")


def down() -> None:
    """Destroys the stack, then stops the emulator; fails if the ledger still has something that costs money."""
    if not STATE.exists():
        print("Nothing is up.")
        return
    start_emulator("instant")
    _select()
    _pulumi("destroy", "--yes", "--skip-preview", "--stack", STACK)
    left = open_rows()
    stop_emulator()
    if left:
        rows = "\n".join(f"  {row}" for row in left)
        raise LocalStackFailed(
            f"the emulator's ledger has open rows, so something was left behind:\n{rows}\n"
            f"release it (`make up` runs the emulator again), or forget it all: rm -r {STATE.relative_to(ROOT)}"
        )
    print("\nThe ledger has no open row: nothing that costs money is left.")


def start_emulator(latency: str) -> None:
    """Starts the emulator in the background and waits until it answers; content where it already does."""
    if _answers():
        return
    LOCAL.mkdir(exist_ok=True)
    said_before = LOG.stat().st_size if LOG.exists() else 0
    serve = [str(EMULATOR), "serve", "--port", str(PORT), "--state", str(STATE), "--latency", latency]
    with LOG.open("ab") as log:
        process = subprocess.Popen(
            serve, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, cwd=ROOT
        )
    deadline = time.monotonic() + READY_WITHIN
    while time.monotonic() < deadline:
        if process.poll() is not None:
            tail = "\n".join(LOG.read_bytes()[said_before:].decode(errors="replace").splitlines()[-10:])
            if os.strerror(errno.EADDRINUSE) in tail:
                tail += "\nis the emulator of another clone running? then `make down` there first"
            raise LocalStackFailed(f"the emulator ended (exit status {process.returncode}), see {LOG}:\n{tail}")
        if _answers():
            say(f"emulator: http://127.0.0.1:{PORT}, log in {LOG.relative_to(ROOT)}")
            return
        time.sleep(0.1)
    process.terminate()
    raise LocalStackFailed(f"the emulator did not answer on port {PORT} within {READY_WITHIN} s, see {LOG}")


def stop_emulator() -> None:
    """Stops the emulator, and its hosts with it."""
    done = subprocess.run([str(EMULATOR), "stop", "--state", str(STATE)], check=False)
    if done.returncode != 0:
        raise LocalStackFailed(f"`ucloud-emulator stop` failed (exit status {done.returncode})")


def open_rows() -> list[str]:
    """What the ledger says still costs money; the images that were there from the start are not in it."""
    command = [str(EMULATOR), "ledger", "--open", "--json", "--state", str(STATE)]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    try:
        rows = json.loads(answer.stdout)
    except ValueError:
        raise LocalStackFailed(f"`ucloud-emulator ledger` failed: {answer.stderr.strip()}") from None
    return [f"{row['kind']} {row['id']} {row['name']} ({row['region']})" for row in rows if row["billable"]]


def _answers() -> bool:
    """Whether the emulator with this state directory is there: another one on the port does not count."""
    try:
        running = json.loads((STATE / "emulator.json").read_text())
        os.kill(int(running["pid"]), 0)
        _open(f"{running['url']}/_emulator/status", 2).close()
    except (OSError, ValueError, KeyError):
        return False
    return True


def _open(url: str, timeout: float) -> http.client.HTTPResponse:
    # No proxy: the emulator and its hosts are on this machine.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    response = opener.open(url, timeout=timeout)
    assert isinstance(response, http.client.HTTPResponse)
    return response


def _title(url: str) -> str:
    """The title of the page at `url`, once the host serves one."""
    deadline = time.monotonic() + PAGE_WITHIN
    while True:
        try:
            with _open(url, 5) as response:
                page = response.read(100_000).decode(errors="replace")
            found = re.search(r"<title>(.*?)</title>", page, re.IGNORECASE | re.DOTALL)
            return found.group(1).strip() if found else "a page without a title"
        except OSError as error:
            if time.monotonic() > deadline:
                raise LocalStackFailed(f"{url} did not answer within {PAGE_WITHIN} s: {error}") from error
        time.sleep(0.5)


def _select() -> None:
    _pulumi("stack", "select", "--create", STACK, quiet=True)


def _nothing_changed() -> bool:
    history = json.loads(_pulumi_output("stack", "history", "--json", "--page-size", "1", "--stack", STACK))
    changes = history[0].get("resourceChanges", {}) if history else {}
    return bool(changes) and set(changes) == {"same"}


def _pulumi(*arguments: str, quiet: bool = False) -> None:
    done = subprocess.run(
        ["pulumi", *arguments], cwd=ROOT, env=_environment(), check=False, stdout=subprocess.DEVNULL if quiet else None
    )
    if done.returncode != 0:
        raise LocalStackFailed(f"`pulumi {arguments[0]}` failed (exit status {done.returncode}); see above")


def _pulumi_output(*arguments: str) -> str:
    return subprocess.run(
        ["pulumi", *arguments], cwd=ROOT, env=_environment(), check=True, capture_output=True, text=True
    ).stdout


def _environment() -> dict[str, str]:
    """Pulumi's variables; none of UCloud's, so that a user's own keys never meet the emulator."""
    variables = environment(LOCAL / "pulumi")
    return {name: value for name, value in variables.items() if not name.startswith("UCLOUD_")}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.local_stack", description=__doc__)
    parser.add_argument("action", choices=["up", "down"])
    parser.add_argument("--latency", default="instant", choices=["instant", "scaled"], help="how long the cloud takes")
    options = parser.parse_args()
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    try:
        if options.action == "up":
            up(options.latency)
        else:
            down()
    except LocalStackFailed as error:
        say(f"error: {error}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
