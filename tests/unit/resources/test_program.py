"""What a program registers: inputs with their secrets marked, typed outputs, and connections for remote commands."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi
import pytest
from ucloud_provider.resources import contract

from ucloud_image import CustomImage, CustomImageArgs, ImageCopy, Shell, UHost, UHostArgs, ssh_connection
from ucloud_image.inputs import inputs_of

PASSWORD = "S0me-password"


class Cloud(pulumi.runtime.Mocks):
    """Registers what it is given, and answers as a provider does."""

    def __init__(self) -> None:
        self.registered: dict[str, pulumi.runtime.MockResourceArgs] = {}

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        self.registered[args.typ] = args
        made = {"image_id": "uimage-1", "image_ids": {"cn-bj2": "uimage-1"}, "public_ip": "198.18.0.2"}
        return "id-1", {**args.inputs, **made}

    def call(self, args: pulumi.runtime.MockCallArgs) -> tuple[dict[Any, Any], list[tuple[str, str]] | None]:
        return {}, None


@pytest.fixture
def cloud() -> Cloud:
    mocks = Cloud()
    pulumi.runtime.set_mocks(mocks)
    return mocks


def image() -> CustomImage:
    return CustomImage(
        "web",
        CustomImageArgs(
            availability_zone="cn-bj2-02",
            instance_type="n-basic-2",
            source_image_id=pulumi.Output.from_input("uimage-source"),
            image_name="web",
            ssh_password=PASSWORD,
            provisioners=[Shell(inline=["true"])],
            copies=[ImageCopy(region="cn-sh2")],
        ),
    )


@pulumi.runtime.test  # type: ignore[untyped-decorator]
def test_an_image_is_registered_with_its_type_and_arguments(cloud: Cloud) -> pulumi.Output[None]:
    def look(given: list[Any]) -> None:
        image_id, image_ids, _ = given
        assert (image_id, image_ids) == ("uimage-1", {"cn-bj2": "uimage-1"})
        inputs: Mapping[str, Any] = cloud.registered[contract.CUSTOM_IMAGE.token].inputs
        assert inputs["source_image_id"] == "uimage-source"
        assert inputs["provisioners"][0]["type"] == "shell"
        assert inputs["copies"] == [{"region": "cn-sh2"}]

    made = image()
    return pulumi.Output.all(made.image_id, made.image_ids, made.urn).apply(look)


@pulumi.runtime.test  # type: ignore[untyped-decorator]
def test_passwords_are_secrets_though_the_program_does_not_say_so(cloud: Cloud) -> Any:
    host_args = UHostArgs(
        availability_zone="cn-bj2-02", instance_type="n-basic-2", image_id="uimage-1", password=PASSWORD
    )
    password = inputs_of(host_args, ("state",))["password"]

    async def look() -> None:
        assert await password.is_secret()

    return look()


@pulumi.runtime.test  # type: ignore[untyped-decorator]
def test_a_connection_reaches_a_host_by_its_public_address(cloud: Cloud) -> pulumi.Output[None]:
    host = UHost("web", UHostArgs(availability_zone="cn-bj2-02", instance_type="n-basic-2", image_id="uimage-1"))
    connection = ssh_connection(host, password=PASSWORD)

    def look(given: list[Any]) -> None:
        assert given == ["198.18.0.2", "root", 22, PASSWORD]

    return pulumi.Output.all(connection.host, connection.user, connection.port, connection.password).apply(look)
