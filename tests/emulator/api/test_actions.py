"""Which actions there are: each is known to the SDK, and says which parameter it misses as the SDK's schema does."""

from __future__ import annotations

import importlib

import pytest
from ucloud.core.typesystem import schema

import ucloud_emulator.api  # noqa: F401  (registers the actions)
from tests.support.asker import Asker
from ucloud_emulator.dispatch import ACTIONS

PRODUCTS = {
    "uaccount": "GetProjectList GetRegion",
    "uhost": "CreateUHostInstance DescribeUHostInstance StartUHostInstance StopUHostInstance PoweroffUHostInstance "
    "RebootUHostInstance TerminateUHostInstance ResetUHostInstancePassword ModifyUHostInstanceName "
    "ModifyUHostInstanceRemark ModifyUHostInstanceTag GetUHostInstancePrice ResizeUHostInstance ResizeAttachedDisk "
    "CreateUHostKeyPair ImportUHostKeyPairs DescribeUHostKeyPairs DeleteUHostKeyPairs DescribeImage CreateCustomImage "
    "CopyCustomImage TerminateCustomImage "
    "CreateIsolationGroup DescribeIsolationGroup DeleteIsolationGroup LeaveIsolationGroup DescribeUHostTags "
    "GetUHostInstanceVncInfo ModifyUHostIP ReinstallUHostInstance GetUHostUpgradePrice GetAttachedDiskUpgradePrice "
    "GetUHostRenewPrice UpgradeToArkUHostInstance",
    "vpc": "DescribeVPC DescribeSubnet CreateVPC CreateSubnet DeleteVPC DeleteSubnet AddVPCNetwork UpdateVPCNetwork "
    "UpdateSubnetAttribute DescribeSubnetResource",
    "unet": "DescribeFirewall CreateFirewall UpdateFirewall DeleteFirewall GrantFirewall UpdateFirewallAttribute "
    "AllocateEIP BindEIP UnBindEIP ReleaseEIP DescribeEIP ModifyEIPBandwidth SetEIPPayMode UpdateEIPAttribute "
    "GetEIPPrice ModifyEIPWeight DescribeFirewallResource",
    "udisk": "CloneUDisk CloneUDiskUDataArk RestoreUDisk SetUDiskUDataArkMode CreateAttachUDisk CreateUDiskSnapshot "
    "DescribeUDiskSnapshot DeleteUDiskSnapshot CreateUDisk DescribeUDisk AttachUDisk DetachUDisk ResizeUDisk "
    "RenameUDisk DeleteUDisk",
}
OFFERED = [(product, action) for product, actions in PRODUCTS.items() for action in actions.split()]
WHERE = {"Region", "ProjectId"}
"""The SDK's client adds these itself."""


def schemas(product: str, action: str) -> tuple[schema.RequestSchema, schema.ResponseSchema]:
    apis = importlib.import_module(f"ucloud.services.{product}.schemas.apis")
    return getattr(apis, f"{action}RequestSchema")(), getattr(apis, f"{action}ResponseSchema")()


def test_every_action_of_the_list_is_there() -> None:
    assert {action for _product, action in OFFERED} <= set(ACTIONS)


@pytest.mark.parametrize(("product", "action"), OFFERED, ids=[action for _product, action in OFFERED])
def test_without_parameters_an_action_is_answered_or_says_what_is_missing(
    api: Asker, product: str, action: str
) -> None:
    request, _response = schemas(product, action)
    needed = {name for name, field in request.fields.items() if field.required} - WHERE
    if needed or action == "DeleteUHostKeyPairs":  # a list that must not be empty, which a schema cannot say
        assert api.refused(action) == 220
    else:
        assert api.ask(action)["Action"] == f"{action}Response"
