"""Packer's templates, read by the engines that Packer itself is made of; what they say, as plain records.

`read_template` runs a WebAssembly module (Go's text/template and HashiCorp's hcl, docs/decisions/0009-templates.md) in
this process. Nothing here needs Pulumi.
"""

from __future__ import annotations

from ucloud_image.templates.errors import Problem, TemplateError, TemplateReaderMissing
from ucloud_image.templates.read import PACKER_VERSION, read_template
from ucloud_image.templates.records import (
    Build,
    Component,
    Later,
    Place,
    Secret,
    Source,
    Template,
    Value,
    Variable,
    revealed,
)

__all__ = [
    "PACKER_VERSION",
    "Build",
    "Component",
    "Later",
    "Place",
    "Problem",
    "Secret",
    "Source",
    "Template",
    "TemplateError",
    "TemplateReaderMissing",
    "Value",
    "Variable",
    "read_template",
    "revealed",
]
