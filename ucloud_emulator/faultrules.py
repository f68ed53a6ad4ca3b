"""What a test may ask to go wrong: rules for calls and for changes of state, read from JSON, each mistake named."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

MOST_SECONDS = 3600.0
Garbage = Literal["html", "garbage", "empty"]
Outcome = Literal["fail", "never", "vanish"]

OUTCOMES: Mapping[str, tuple[Outcome, ...]] = {
    "launch": ("fail", "never", "vanish"),
    "start": ("fail", "never", "vanish"),
    "boot_disk": ("never", "vanish"),
    "stop": ("never", "vanish"),
    "terminate": ("never",),
    "resize": ("fail",),
    "capacity": ("fail",),
    "image": ("fail", "never", "vanish"),
    "copy": ("fail", "never", "vanish"),
}
"""The changes of state that faults are known for, and what may become of each."""

Seconds = Annotated[float, Field(ge=0, le=MOST_SECONDS, allow_inf_nan=False)]
Text = Annotated[str, Field(max_length=200)]


class BadRule(Exception):
    """A rule that cannot be: the message has a line for each thing that is wrong with it."""


class _Rule(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    project: Text = ""
    """Only this project's; "" for any."""
    region: Text = ""
    """Only in this region; "" for any."""
    zone: Text = ""
    """Only where this zone is asked for; "" for any."""
    skip: Annotated[int, Field(ge=0, le=1_000_000)] = 0
    """So many that match pass first."""
    times: Annotated[int, Field(ge=0, le=1_000_000)] = 1
    """So many it hits then; 0 for every one."""


class Fault(_Rule):
    """What goes wrong with calls. One effect at most, and a delay beside it or alone."""

    action: Annotated[str, Field(min_length=1, max_length=200)] = "*"
    """The calls it is for: an action's name, or "*"."""
    parameters: dict[Text, Text] = {}
    """Only calls each of whose named parameters contains this text."""

    delay: Seconds = 0.0
    """Seconds before the call is looked at."""
    delay_after: Seconds = 0.0
    """Seconds after the effect, before the answer."""

    ret_code: Annotated[int, Field(ge=0, le=10_000_000)] = 0
    """Answer with this RetCode, without the call's effect."""
    message: Text = "fault injected"
    """What is said with the RetCode."""
    http_status: Annotated[int, Field(ge=0, le=599)] = 0
    """Answer with this HTTP status, without the effect."""
    reset_before: bool = False
    """Break the connection before the effect."""
    not_json_before: Garbage | None = None
    """Answer status 200 and no JSON, without the effect."""
    reset_after: bool = False
    """Have the effect, then break the connection: the answer is lost."""
    status_after: Annotated[int, Field(ge=0, le=599)] = 0
    """Have the effect, then answer with this HTTP status: the answer is lost behind a gateway."""
    truncate: bool = False
    """Have the effect, then send half of the answer."""
    not_json_after: Garbage | None = None
    """Have the effect, then answer status 200 and no JSON."""

    @property
    def effects(self) -> dict[str, object]:
        """What is set of the effects."""
        return {name: value for name in EFFECTS if (value := getattr(self, name))}

    @property
    def refuses(self) -> bool:
        """Whether the call has no effect."""
        return bool(self.ret_code or self.http_status or self.reset_before or self.not_json_before)

    @model_validator(mode="after")
    def _one_effect(self) -> Fault:
        if len(self.effects) > 1:
            raise ValueError(f"{' and '.join(self.effects)} exclude each other: set one rule for each")
        if not self.effects and not self.delay and not self.delay_after:
            raise ValueError(f"nothing goes wrong: set delay, delay_after or one of {', '.join(EFFECTS)}")
        for name in ("http_status", "status_after"):
            if getattr(self, name) and getattr(self, name) < 400:
                raise ValueError(f"{name}: {getattr(self, name)} is no error; 400 to 599")
        return self


EFFECTS = (
    "ret_code", "http_status", "reset_before", "not_json_before",
    "reset_after", "status_after", "truncate", "not_json_after",
)  # fmt: skip


class StateFault(_Rule):
    """What becomes of a change of state that was asked for and accepted."""

    transition: Literal["launch", "start", "boot_disk", "stop", "terminate", "resize", "capacity", "image", "copy"]
    outcome: Outcome
    """fail: it ends in the state that UCloud has for that; never: it goes no further until this rule is cleared;
    vanish: somebody else terminates the host or deletes the image."""
    for_seconds: Annotated[float, Field(gt=0, le=MOST_SECONDS, allow_inf_nan=False)] | None = None
    """Of never: after so long it goes on by itself."""
    after_seconds: Seconds = 0.0
    """Of fail and vanish: so long it stays on its way first."""
    keep_eip: bool = False
    """Of a host that vanishes: its EIP and its data disks stay."""

    @model_validator(mode="after")
    def _known(self) -> StateFault:
        if self.outcome not in OUTCOMES[self.transition]:
            known = ", ".join(OUTCOMES[self.transition])
            raise ValueError(f"outcome: {self.outcome!r} is not known of {self.transition!r}; one of {known}")
        if self.for_seconds is not None and self.outcome != "never":
            raise ValueError(f"for_seconds is for the outcome 'never', not {self.outcome!r}")
        if self.after_seconds and self.outcome == "never":
            raise ValueError("after_seconds is for the outcomes 'fail' and 'vanish'")
        if self.keep_eip and (self.outcome != "vanish" or self.transition in ("image", "copy")):
            raise ValueError("keep_eip is for a host's outcome 'vanish'")
        return self


Rule = Fault | StateFault


def parse_rule(given: object) -> Rule:
    """A rule as JSON has it; a `transition` makes it one for a change of state. Raises `BadRule`."""
    if not isinstance(given, dict):
        raise BadRule("a rule is a JSON object")
    if "transition" in given and "action" in given:
        raise BadRule("action and transition exclude each other: a rule is for calls or for a change of state")
    kind: type[Fault] | type[StateFault] = StateFault if "transition" in given else Fault
    try:
        return kind.model_validate(given)
    except ValidationError as error:
        raise BadRule("\n".join(_line(each, kind) for each in error.errors())) from None


def _line(error: Any, kind: type[BaseModel]) -> str:
    message = error["msg"].removeprefix("Value error, ")
    name = ".".join(map(str, error["loc"]))
    if error["type"] == "extra_forbidden":
        return f"{name[:80]}: no such field; one of {', '.join(kind.model_fields)}"
    if not name:
        return str(message)
    shown = json.dumps(error["input"], ensure_ascii=False, default=repr)[:80]
    return f"{name}: {shown}: {message}" if error["type"] != "missing" else f"{name}: {message}"


assert set(OUTCOMES) == set(get_args(StateFault.model_fields["transition"].annotation))
