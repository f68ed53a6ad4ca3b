"""The command line: ucloud-emulator serve | status | ledger | reset | prepare | stop."""

from __future__ import annotations

import argparse
import json
import logging
import os
import signal
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ucloud_emulator.catalogue import MOST_MORE_PROJECTS
from ucloud_emulator.latency import PROFILES

DEFAULT_STATE = Path("/var/lib/ucloud-emulator")
DEFAULT_PORT = 8588
RECORD = "emulator.json"


class NotRunning(Exception):
    """There is no emulator to talk to."""


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        return 0
    except Exception as error:
        if os.environ.get("UCLOUD_EMULATOR_DEBUG"):
            raise
        print(f"ucloud-emulator: {error}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="ucloud-emulator", description="A UCloud on this machine.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, run: Any, help: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=help, description=help)
        sub.set_defaults(run=run)
        sub.add_argument("--state", type=Path, default=DEFAULT_STATE, help=f"state directory ({DEFAULT_STATE})")
        return sub

    serving = command("serve", _serve, "run the emulator until SIGTERM or SIGINT")
    serving.add_argument("--host", default="127.0.0.1", help="address to listen on (127.0.0.1)")
    serving.add_argument("--port", type=int, default=DEFAULT_PORT, help=f"port, 0 for a free one ({DEFAULT_PORT})")
    serving.add_argument("--latency", choices=sorted(PROFILES), default="instant", help="how long changes take")
    serving.add_argument("--hosts", choices=("real", "paper"), default="real", help="paper: nothing boots, no root")
    serving.add_argument("--cache", type=Path, help="where the base images are")
    serving.add_argument(
        "--projects",
        type=int,
        default=0,
        choices=range(MOST_MORE_PROJECTS + 1),
        metavar="N",
        help="N projects more, org-case-01 and on: for tests side by side (0)",
    )
    command("status", _status, "what the running emulator is at").add_argument("--json", action="store_true")
    ledger = command("ledger", _ledger, "what was made and what it costs; ends with 2 if --open finds billable rows")
    ledger.add_argument("--open", action="store_true", help="only what is not released")
    ledger.add_argument("--json", action="store_true")
    command("reset", _reset, "remove every host, image, EIP and ledger row")
    command("prepare", _prepare, "build the base images").add_argument("--cache", type=Path)
    command("stop", _stop, "end the running emulator")
    return parser


def _serve(options: argparse.Namespace) -> int:
    from ucloud_emulator.hosts.base import CACHE
    from ucloud_emulator.serve import serve

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    serve(
        options.state.resolve(),
        host=options.host,
        port=options.port,
        latency=PROFILES[options.latency],
        paper=options.hosts == "paper",
        cache=options.cache or CACHE,
        more_projects=options.projects,
        say=_say,
    )
    return 0


def _say(text: str) -> None:
    print(text, flush=True)


def _prepare(options: argparse.Namespace) -> int:
    from ucloud_emulator.hosts.base import CACHE, ensure_bases

    ensure_bases(options.cache or CACHE, _say)
    return 0


def _running(options: argparse.Namespace) -> tuple[str, int]:
    try:
        record = json.loads((options.state / RECORD).read_text())
        os.kill(record["pid"], 0)
    except (OSError, ValueError, KeyError) as error:
        raise NotRunning(
            f"no emulator is running on {options.state}: start one with `ucloud-emulator serve`"
        ) from error
    return record["url"], record["pid"]


def _ask(options: argparse.Namespace, path: str, method: str = "GET") -> Any:
    url, _ = _running(options)
    request = urllib.request.Request(f"{url}/_emulator/{path}", method=method)  # noqa: S310  (our own address)
    try:
        with urllib.request.urlopen(request, timeout=120) as response:  # noqa: S310
            return json.load(response)
    except urllib.error.URLError as error:
        raise NotRunning(f"the emulator at {url} does not answer: {error.reason}") from error


def _status(options: argparse.Namespace) -> int:
    url, pid = _running(options)
    status = _ask(options, "status")
    if options.json:
        _say(json.dumps({"url": url, "pid": pid, **status}, indent=2))
        return 0
    _say(f"running at {url}, pid {pid}; {status['open']} open billable rows in the ledger")
    for id, state in {**status["hosts"], **status["images"]}.items():
        _say(f"  {id:24} {state}")
    return 0


def _ledger(options: argparse.Namespace) -> int:
    rows = _ask(options, "ledger?open=1" if options.open else "ledger")
    if options.json:
        _say(json.dumps(rows, indent=2, ensure_ascii=False))
    else:
        _say(_table(rows))
    return 2 if options.open and any(row["billable"] for row in rows) else 0


def _table(rows: Sequence[dict[str, Any]]) -> str:
    lines = [("id", "kind", "name", "project", "region", "created", "released", "yuan/h", "yuan")]
    for row in rows:
        lines.append(
            (
                row["id"],
                row["kind"],
                row["name"],
                row["project"],
                row["region"],
                _time(row["created"]),
                _time(row["released"]) if row["released"] else "-",
                f"{row['price']:.4f}" if row["billable"] else "free",
                f"{row['cost']:.4f}" if row["billable"] else "-",
            )
        )
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    lines.append(("", "", f"{len(rows)} rows", "", "", "", "", "", f"{sum(row['cost'] for row in rows):.4f}"))
    return "\n".join("  ".join(f"{c:{w}}" for c, w in zip(line, widths, strict=True)).rstrip() for line in lines)


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%H:%M:%S")


def _reset(options: argparse.Namespace) -> int:
    _ask(options, "reset", "POST")
    _say("reset: nothing is left")
    return 0


def _stop(options: argparse.Namespace) -> int:
    _, pid = _running(options)
    os.kill(pid, signal.SIGTERM)
    for _ in range(600):
        if not (options.state / RECORD).exists():
            _say("stopped")
            return 0
        time.sleep(0.1)
    raise TimeoutError(f"the emulator (pid {pid}) has not ended within 60 s")
