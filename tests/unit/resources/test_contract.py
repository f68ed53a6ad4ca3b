"""The contract with every state in the world. A failure here means that existing stacks can no longer be destroyed."""

from __future__ import annotations

import base64
import importlib

import pytest
from pulumi.dynamic.dynamic import serialize_provider
from ucloud_provider.resources import contract


def test_module_paths_class_names_and_tokens_are_what_they_always_were() -> None:
    assert {(each.token, each.provider_module, each.provider_class) for each in contract.ALL} == {
        (
            "pulumi-python:dynamic/ucloud:CustomImage",
            "ucloud_provider.resources.custom_image",
            "CustomImageProvider",
        ),
        ("pulumi-python:dynamic/ucloud:UHost", "ucloud_provider.resources.uhost", "UHostProvider"),
    }


@pytest.mark.parametrize("resource", contract.ALL, ids=lambda each: each.name)
def test_a_state_refers_to_the_provider_by_name_and_holds_nothing_else(resource: contract.ResourceContract) -> None:
    provider = getattr(importlib.import_module(resource.provider_module), resource.provider_class)
    stored = base64.b64decode(serialize_provider(provider()))
    assert resource.provider_module.encode() in stored
    assert resource.provider_class.encode() in stored
    assert len(stored) < 120
    assert provider.serialize_as_secret_always is False


def test_what_older_releases_stored_still_loads() -> None:
    import dill

    stored = {
        "CustomImageProvider": (
            "gASVRQAAAAAAAACMJnVjbG91ZF9wcm92aWRlci5yZXNvdXJjZXMuY3VzdG9tX2ltYWdllIwTQ3Vz"
            "dG9tSW1hZ2VQcm92aWRlcpSTlCmBlC4="
        ),
        "UHostProvider": "gASVOAAAAAAAAACMH3VjbG91ZF9wcm92aWRlci5yZXNvdXJjZXMudWhvc3SUjA1VSG9zdFByb3ZpZGVylJOUKYGULg==",
    }
    for name, text in stored.items():
        assert type(dill.loads(base64.b64decode(text))).__name__ == name
