"""Asking an emulator as the SDK's own client does, with what tests need every time."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from ucloud.client import Client
from ucloud.core import exc

from tests.support.emulator import Emulator

DISK = {"IsBoot": "True", "Type": "CLOUD_SSD", "Size": 20}
EIP = {"Bandwidth": 10, "OperatorName": "Bgp", "PayMode": "Traffic"}
KEY = (
    "ssh-rsa "
    "AAAAB3NzaC1yc2EAAAADAQABAAABAQCoX9+BJOrSuzhVVzh2ptpV94hCSIV0Xrb5z4GiXsrzRMVjWMZggF7Ab4WR+3p7aa6lw/r8"
    "20KCKbNeHwmeNwQZ2jmrLf0d5Ix7ZcmNYIdm0VGrM5Bni2LMGC1WHX3aLQ0m1+AWpYFix+pZ6oKLluFXYhFWODjvGvGexxrJX70I"
    "dhCh9gpAf4WTwseVZrV0vQQs7qHDG5d7ygooR6rgbHeOvdVueG7MB0bGXnxaQdICh3Jz+knFrBoi1GFOslFprJAZu0urlYXC1Xf9"
    "76FC8vhlefnFz/rolidiIGzDCot7uttGMhVh0ECW+m81eGQMQbybmdzpciA5pGdZhMRG9VOj"
    " test"
)
"""An imported key pair's public half: ssh-rsa, as UCloud takes it. Nobody has the other half."""


class Asker:
    """The SDK's client with what tests need every time: a host, a state to wait for, a refusal to expect."""

    def __init__(self, emulator: Emulator, client: Client) -> None:
        self.emulator = emulator
        self.client = client

    def ask(self, action: str, **parameters: Any) -> dict[str, Any]:
        """The plain reply, as it came: not what the SDK's schemas make of it."""
        reply: dict[str, Any] = self.client.invoke(action, parameters)
        return reply

    def refused(self, action: str, **parameters: Any) -> int:
        with pytest.raises(exc.RetCodeException) as refusal:
            self.ask(action, **parameters)
        assert refusal.value.message
        return int(refusal.value.code)

    def create_host(self, **parameters: Any) -> str:
        reply = self.ask("CreateUHostInstance", **self.wanted(**parameters))
        return str(reply["UHostIds"][0])

    def wanted(self, **parameters: Any) -> dict[str, Any]:
        """What a usual host is created with, and these parameters."""
        wanted: dict[str, Any] = {
            "Zone": self.emulator.zone,
            "ImageId": "uimage-f1chxn",
            "LoginMode": "Password",
            "Password": "UGFzc3dvcmQxMjM=",
            "ChargeType": "Dynamic",
            "CPU": 2,
            "Memory": 4096,
            "Disks": [DISK],
        }
        return {**wanted, **parameters}

    def running_host(self, **parameters: Any) -> str:
        id = self.create_host(**parameters)
        self.wait(id, "Running")
        return id

    def stopped_host(self, **parameters: Any) -> str:
        id = self.running_host(**parameters)
        self.ask("StopUHostInstance", UHostId=id)
        self.wait(id, "Stopped")
        return id

    def hosts(self, *ids: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.ask("DescribeUHostInstance", UHostIds=list(ids))["UHostSet"]
        return found

    def host(self, id: str) -> dict[str, Any]:
        return self.hosts(id)[0]

    def wait(self, id: str, state: str) -> None:
        self.until(lambda: self.host(id)["State"] == state)

    def image(self, id: str) -> dict[str, Any]:
        found: list[dict[str, Any]] = self.ask("DescribeImage", ImageId=id)["ImageSet"]
        return found[0]

    def made_image(self, host_id: str, name: str = "image") -> str:
        id = str(self.ask("CreateCustomImage", UHostId=host_id, ImageName=name)["ImageId"])
        self.until(lambda: self.image(id)["State"] == "Available")
        return id

    def until(self, reached: Callable[[], bool], seconds: float = 60) -> None:
        deadline = time.monotonic() + seconds
        while not reached():
            assert time.monotonic() < deadline, "not reached in time"
            time.sleep(0.02)

    def remove_host(self, id: str) -> None:
        self.until(lambda: self.host(id)["State"] != "Initializing")  # until then it cannot be switched off
        if self.host(id)["State"] not in ("Stopped", "Install Fail"):
            self.ask("PoweroffUHostInstance", UHostId=id)
            self.wait(id, "Stopped")
        self.ask("TerminateUHostInstance", UHostId=id, ReleaseEIP=True, ReleaseUDisk=True)
        self.until(lambda: not self.hosts(id))

    def open_ids(self) -> set[str]:
        return {row["id"] for row in self.emulator.ledger(open_only=True)}
