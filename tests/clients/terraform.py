"""The acceptance tests of Terraform's UCloud provider that touch the products here."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile

from tests.clients.modules import Module, replaced
from tests.clients.outcome import Trial
from tests.support.emulator import Emulator

PROVIDER = Module("github.com/ucloud/terraform-provider-ucloud", "v1.39.2")
PRODUCTS = (
    "Disk|DiskAttachment|DisksDataSource|EIP|EIPAssociation|EipsDataSource|ImagesDataSource\\w*|Instance|InstanceState|"
    "InstancesDataSource|IsolationGroup|ProjectsDataSource|SecurityGroup|SecurityGroupsDataSource|Subnet|"
    "SubnetsDataSource|VPC|VPCsDataSource|ZonesDataSource"
)
IN_SCOPE = f"^TestAccUCloud(?:{PRODUCTS})(?:_\\w+)?$"
OUT_OF_SCOPE = ("shareBandwidth", "rdma", "outstanding")
"""Shared bandwidth, RDMA clusters, and a machine type that UCloud no longer sells."""
WITHIN = 1800.0

BEFORE = 'Description:   descriptions["base_url"],'
AFTER = BEFORE + '\n\t\t\t\tDefaultFunc:   schema.EnvDefaultFunc("UCLOUD_BASE_URL", nil),'
"""The tests' own configurations name no address: the provider takes it from the environment."""


def run(emulator: Emulator, matching: str) -> list[Trial]:
    source = PROVIDER.source()
    replaced(source / "ucloud/provider.go", {BEFORE: AFTER})
    program = PROVIDER.build("terraform-acceptance", ("test", "-c"), "./ucloud")
    with tempfile.TemporaryDirectory(prefix="terraform-") as folder:
        environment = {"PATH": os.environ["PATH"], "HOME": folder, "TF_ACC": "1", **emulator.environment()}
        listed = subprocess.run(
            [program, "-test.list", IN_SCOPE], env=environment, cwd=folder, capture_output=True, text=True, check=True
        ).stdout.split()
        tests = [name for name in listed if not name.endswith(OUT_OF_SCOPE) and re.search(matching, name)]
        done = subprocess.run(
            [program, "-test.v", "-test.parallel", "8", "-test.run", f"^({'|'.join(tests)})$", "-test.timeout", "0"],
            cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, timeout=WITHIN, check=False,
        )  # fmt: skip
    return [_judge(name, done.stdout) for name in tests]


def _judge(name: str, output: str) -> Trial:
    if re.search(rf"--- PASS: {name} ", output):
        return Trial(name, True)
    found = re.search(rf"--- FAIL: {name} .*?\n(.*?)(?=\n(?:---|===|time=)|\nFAIL|\Z)", output, re.DOTALL)
    return Trial(name, False, " ".join(found[1].split())[:300] if found else "did not end")
