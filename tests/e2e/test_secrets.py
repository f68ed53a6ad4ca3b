"""Planted credentials are looked for wherever a stack leaves something: none is found."""

from __future__ import annotations

import base64
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.e2e.stack import Stack
from tests.support.emulator import Emulator

BUILD_PASSWORD = "Pl4nted-build-password"
HOST_PASSWORD = "Pl4nted-host-password"
WRONG_PASSWORD = "Pl4nted-wrong " * 9
ENVIRONMENT = "pl4nted-vKq7Zx2Rm9Tw4Lp8Hs3Nd6"
PRINTING = "; ".join(
    (
        "echo the token is $TOKEN",
        "echo $TOKEN | base64",
        "echo $TOKEN | base64 -w 11",
        "echo $TOKEN | fold -w 9",
        "echo $TOKEN | od -An -tx1",
        "set -x",
        ": $TOKEN",
        "exit 3",
    )
)

PROGRAM = """
import pulumi
from ucloud_image import CustomImage, CustomImageArgs, ImageCopy, Shell, ShellLocal, UHost, UHostArgs

token = pulumi.Output.secret("ENVIRONMENT")
where = {"availability_zone": "cn-bj2-02", "instance_type": "n-basic-2"}
image = CustomImage(
    "web",
    CustomImageArgs(
        **where,
        source_image_id="uimage-f1chxn",
        image_name="web",
        ssh_password="BUILD_PASSWORD",
        provisioners=[
            ShellLocal(inline=['test -n "$TOKEN"', "sleep 0.5"], env={"TOKEN": token}),
            Shell(inline=['test -n "$TOKEN"', "sleep 0.5", "COMMAND"], env={"TOKEN": token}),
        ],
    ),
)
host = UHost("host", UHostArgs(**where, image_id=image.image_id, password="HOST_PASSWORD"))
pulumi.export("image_id", image.image_id)
"""


def program(command: str, host_password: str = HOST_PASSWORD) -> str:
    values = {"BUILD_PASSWORD": BUILD_PASSWORD, "HOST_PASSWORD": host_password, "ENVIRONMENT": ENVIRONMENT}
    text = PROGRAM.replace("COMMAND", command)
    for name, value in values.items():
        text = text.replace(name, value)
    return text


@contextmanager
def command_lines(folder: Path) -> Iterator[tuple[set[bytes], set[bytes]]]:
    """The arguments of every process that was seen meanwhile, and of those that the stack in this folder started.

    Other tests may run beside this one, and use the same keys of the emulator.
    """
    seen: set[bytes] = set()
    own: set[bytes] = set()
    end = threading.Event()

    def look() -> None:
        while not end.wait(0.02):
            for each in Path("/proc").glob("[0-9]*"):
                try:
                    line = (each / "cmdline").read_bytes()
                    seen.add(line)
                    if os.fsencode(folder) in (each / "environ").read_bytes():
                        own.add(line)
                except OSError:  # it has just ended
                    continue

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield seen, own
    finally:
        end.set()
        thread.join()


def test_credentials_are_found_nowhere(stack: Stack, cloud: Emulator) -> None:
    secrets = {"ucloud:privateKey": cloud.private_key}
    config = {"ucloud:publicKey": cloud.public_key, "ucloud:region": cloud.region, "ucloud:baseUrl": cloud.url}
    stack.create("", config=config, secrets=secrets)
    said = []
    with command_lines(stack.folder) as (arguments, own_arguments):
        stack.write(program(PRINTING))
        said.append(stack.up().failed().output)
        assert "the token is ***" in said[-1], "a secret that a script prints is masked"
        stack.write(program("true"))
        said.append(stack.preview("--diff").succeeded().output)
        said.append(stack.up().succeeded().output)
        said.append(stack.run("stack", "export").succeeded().output)
        said.append(stack.run("refresh", "--yes", "--skip-preview").succeeded().output)
        stack.write(program("false"))
        said.append(stack.preview("--diff").succeeded().output)
        stack.write(program("true", WRONG_PASSWORD))
        said.append(stack.preview().failed().output)
        assert "has a problem: password: " in said[-1]
        stack.write(program("true"))
        state = stack.state_text()
        said.append(stack.destroy().succeeded().output)
    logs = [each.read_text() for each in (stack.folder / "state").rglob("*") if each.is_file()]
    assert any("api > CreateUHostInstance" in log for log in logs)
    assert any("DescribeImage" in str(each) for each in cloud.requests())

    # `config set --secret` itself names the key in its arguments: that is Pulumi's command and the user's choice.
    assert any(b"pulumi.dynamic" in each for each in own_arguments)
    places = {
        "state": state,
        "stack file": (stack.project / "Pulumi.test.yaml").read_text(),
        "output": "\n".join(said),
        "logs": "\n".join(logs),
        "arguments": b"\n".join(sorted(arguments)).decode(errors="replace").replace(cloud.private_key, ""),
        "own arguments": b"\n".join(sorted(own_arguments)).decode(errors="replace"),
        "requests": str(cloud.requests()),
    }
    found = [
        (place, secret)
        for place, text in places.items()
        for secret in (cloud.private_key, BUILD_PASSWORD, HOST_PASSWORD, WRONG_PASSWORD)
        if secret in text
    ]
    # Nor the values of provisioners' variables: what the scripts run gets them by its standard input.
    found += [
        (place, ENVIRONMENT) for place in ("arguments", "own arguments", "requests") if ENVIRONMENT in places[place]
    ]
    assert found == []
    # what the user made a secret himself is one in the state and on the screen
    assert ENVIRONMENT not in state + "\n".join([*said, *logs])
    shown = "".join("\n".join([*said, *logs]).replace("***", "\0").split())
    for form in (ENVIRONMENT, base64.b64encode(ENVIRONMENT.encode()).decode()[:-4], ENVIRONMENT.encode().hex()):
        assert [form[at : at + 8] for at in range(len(form) - 7) if form[at : at + 8] in shown] == []
    assert cloud.ledger(open_only=True, billable_only=True) == []
