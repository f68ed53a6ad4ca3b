"""What UCloud's RetCodes mean for us: one table, each code with the page that has it.

Nothing else in this package decides by a number. No code proves that a thing is gone: only a listing does (`gone.py`).
Codes that no page has are not in here, but for those that say so; `retry.py` says what becomes of unknown ones.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

GATEWAY = "api/summary/public.md"
UHOST = "api/uhost-api/error_code.md"
UNET = "api/unet-api/error_code.md"
UDISK = "api/udisk-api/error_code.md"
NO_PAGE = ""
"""Of a code that is in no document and was seen by others: only what an error says to the user rests on it."""


class Meaning(Enum):
    """What a code asks of whoever made the call; the value is what docs/retcodes.md says of it."""

    LOST = (
        "the answer is lost: the call may have had its effect. It is repeated, but for a creating call: what that may "
        "have made is looked for"
    )
    THROTTLED = "too many calls: this one had no effect. It is repeated, whatever it is"
    AGAIN = (
        "it failed for now: the call is repeated, after the pause that the code names. What a creating call may have "
        "made is looked for; then it is made again, then elsewhere"
    )
    CREATE_AGAIN = (
        "a creation failed for now: what it may have made is looked for by its label; then it is made again, then "
        "elsewhere. Another call that ends in such a code is not repeated"
    )
    LATER = "something else has to end first: repeated by what knows how long that may take"
    ELSEWHERE = "not here: tried in the next fallback zone or with the next instance type, where there are any"
    ACCOUNT = "the account's own trouble: no other zone helps, so the build stops at once and says what to do"
    CALLER = "who asks, or from where: the build stops at once and says what to do"
    REQUEST = "what is asked for is wrong anywhere: the build stops at once and says what to do"
    TAKEN = "the name is taken: looked for by name, as an earlier call of ours may have made it"
    ABSENT = "a thing is said not to be there: that is no proof, a listing has to say so too"


NO_ENTRY = frozenset({171, 172, 174, 294})
"""Of those of whoever asks: no call at all is answered to these keys, or from this machine."""

STOPS = frozenset({Meaning.ACCOUNT, Meaning.CALLER, Meaning.REQUEST, Meaning.TAKEN})


@dataclass(frozen=True)
class RetCode:
    """One code: what it means, the page that has it, what a user can do, the seconds that it asks to wait."""

    code: int
    meaning: Meaning
    page: str
    remedy: str = ""
    pause: float = 0.0


def _all(meaning: Meaning, page: str, *codes: int, remedy: str = "") -> Iterable[RetCode]:
    return (RetCode(code, meaning, page, remedy) for code in codes)


_HOURLY = (
    "hourly billing is not open to this account: ask UCloud's support for it, or set `charge_type` to month (a host is "
    "then paid for a month ahead; what is left is refunded when it is released, by UCloud's rules)"
)
_MONEY = "the account's balance is too low: top it up in the console, under Finance"
_ORDERS = "the account has orders that are not paid: pay them in the console, under Finance"
_QUOTA = "raise the quota with UCloud's account manager, or give back what is no longer needed"
_SMALLER_SIZE = "choose another instance type"
_RIGHTS = "give this key's user the permission"

ROWS: tuple[RetCode, ...] = (
    # The gateway's, the same for every product.
    *_all(Meaning.LOST, GATEWAY, 110, 130, 150),
    RetCode(153, Meaning.THROTTLED, GATEWAY),
    RetCode(
        171,
        Meaning.CALLER,
        GATEWAY,
        "the private key does not go with the public one; check ucloud:privateKey, or UCLOUD_PRIVATE_KEY",
    ),
    RetCode(
        172,
        Meaning.CALLER,
        GATEWAY,
        "UCloud does not know the public key; check ucloud:publicKey, or UCLOUD_PUBLIC_KEY, and ucloud:baseUrl",
    ),
    RetCode(
        174,
        Meaning.CALLER,
        GATEWAY,
        "the keys are temporary and over, or their token is wrong; get new ones, and set UCLOUD_SECURITY_TOKEN too",
    ),
    RetCode(
        292,
        Meaning.CALLER,
        GATEWAY,
        "these keys have no such project; correct ucloud:projectId, UCLOUD_PROJECT_ID or the argument project_id",
    ),
    RetCode(
        293,
        Meaning.ELSEWHERE,
        GATEWAY,
        "this zone is not open to the account: choose another, or ask UCloud's support to open it",
    ),
    RetCode(
        294,
        Meaning.CALLER,
        GATEWAY,
        "the account lets its API be called from listed addresses only: add this machine's public address in the "
        "console, under account settings (from inside a VPC: 10.10.10.10)",
    ),
    RetCode(
        295,
        Meaning.CALLER,
        GATEWAY,
        "a security lock is on what this call changes: take it off in the console, for as long as this runs",
    ),
    RetCode(
        299,
        Meaning.CALLER,
        GATEWAY,
        "IAM does not allow these keys this call here: grant it to their user; the keys of a sub-account must also "
        "name their project, by ucloud:projectId or UCLOUD_PROJECT_ID",
    ),
    RetCode(520, Meaning.ACCOUNT, NO_PAGE, _MONEY),
    # UHost: reading, changing, creating.
    *_all(Meaning.AGAIN, UHOST, 8025, 8031, 8041, 8090, 8826, 8828, 8829, 8857, 8874, 8881, 8889, 8916),
    *_all(Meaning.AGAIN, UHOST, 8006, 8022, 8024, 8108, 8825, 8832, 8844, 8854, 8861, 8894, 8898, 8908, 8909),
    RetCode(8980, Meaning.AGAIN, UHOST, pause=30.0),
    *_all(Meaning.CREATE_AGAIN, UHOST, 8033, 8037, 8819, 8821, 8863, 8864),
    *_all(Meaning.LATER, UHOST, 8010, 8034, 8035, 8856, 8905, 8918, 8979, 8981, 8982),
    *_all(Meaning.ABSENT, UHOST, 8039, 8956),
    RetCode(
        8095,
        Meaning.ELSEWHERE,
        UHOST,
        "a quota is used up. Of hosts it differs by zone: add fallback_availability_zones. Of custom "
        f"images it is for the region. Or {_QUOTA}",
    ),
    RetCode(
        8320,
        Meaning.ELSEWHERE,
        UHOST,
        "the zone has no room for cloud disks: add fallback_availability_zones, or another boot_disk_type",
    ),
    RetCode(
        8847,
        Meaning.ELSEWHERE,
        UHOST,
        "the subnet has no address left: give vpc_id and subnet_id of another one",
    ),
    RetCode(8018, Meaning.ELSEWHERE, UHOST, f"{_SMALLER_SIZE}, or a boot disk of at most 100 GB"),
    *_all(Meaning.ELSEWHERE, UHOST, 8027, 8036, remedy="choose an instance type with 2 cores or more"),
    *_all(Meaning.ELSEWHERE, UHOST, 8044, 8045, 8046, remedy=_SMALLER_SIZE),
    RetCode(8224, Meaning.ELSEWHERE, UHOST),
    RetCode(8970, Meaning.ELSEWHERE, UHOST, "the image is bound to its zone: give that as availability_zone"),
    RetCode(8104, Meaning.ACCOUNT, UHOST, _ORDERS),
    RetCode(8116, Meaning.ACCOUNT, UHOST, _HOURLY),
    RetCode(8117, Meaning.ACCOUNT, UHOST, "its bill has expired: renew it in the console, or order it anew"),
    RetCode(8226, Meaning.ACCOUNT, UHOST, "finish the account's real-name verification in the console"),
    RetCode(8919, Meaning.ACCOUNT, UHOST, _ORDERS),
    RetCode(8315, Meaning.REQUEST, UHOST, "boot_disk_size is below the image's size: give that, or more"),
    RetCode(8316, Meaning.REQUEST, UHOST, "a local boot disk is exactly as large as its image: leave size out"),
    RetCode(8319, Meaning.REQUEST, UHOST, "boot_disk_size is below that of the host: give that, or more"),
    # EIPs, firewalls and other things of UNet.
    *_all(Meaning.AGAIN, UNET, 4001, 4003, 4004, 4006, 4007, 4015, 4017, 4058, 4201, 4351, 4400, 4401, 4404, 4405),
    *_all(Meaning.AGAIN, UNET, 4005, 4013, 4016, 4055, 4062, 4202, 4203, 4204, 4205, 4208, 4209, 4352, 4354, 4356),
    *_all(Meaning.AGAIN, UNET, 4402, 4403, 4501, 4503, 4505, 4506, 4507),
    *_all(Meaning.CREATE_AGAIN, UNET, 4200, 4206, 4353, 4502),
    *_all(Meaning.LATER, UNET, 4212, 4361),
    *_all(Meaning.ABSENT, UNET, 4210, 4600),
    RetCode(4364, Meaning.TAKEN, UNET),
    *_all(Meaning.ACCOUNT, UNET, 4018, 4057, remedy=_MONEY),
    RetCode(4067, Meaning.ACCOUNT, UNET, _ORDERS),
    RetCode(4060, Meaning.ACCOUNT, UNET, "an EIP has expired: renew or release it in the console"),
    RetCode(4207, Meaning.ACCOUNT, UNET, _QUOTA),
    RetCode(4214, Meaning.ACCOUNT, UNET, _QUOTA),
    *_all(Meaning.CALLER, UNET, 4008, 4357, 4504, 4508, remedy=_RIGHTS),
    RetCode(4228, Meaning.REQUEST, UNET, "eip_bandwidth is too high for eip_charge_mode traffic: give less"),
    RetCode(4358, Meaning.REQUEST, UNET, "UCloud's own firewalls cannot be deleted"),
    RetCode(4360, Meaning.REQUEST, UNET, "the firewall has too many rules"),
    # Disks.
    *_all(Meaning.AGAIN, UDISK, 17040, 17045, 17050, 17066, 17068, 17102),
    RetCode(17101, Meaning.AGAIN, UDISK, pause=30.0),
    *_all(Meaning.LATER, UDISK, 17026, 17056, 17060, 17061, 17085, 17086),
    RetCode(17041, Meaning.ABSENT, UDISK),
    RetCode(
        17005,
        Meaning.ELSEWHERE,
        UDISK,
        "the zone has no room for such disks: add fallback_availability_zones, or choose another disk type",
    ),
    RetCode(17062, Meaning.ACCOUNT, UDISK, _HOURLY),
    RetCode(17063, Meaning.ACCOUNT, UDISK, _MONEY),
    RetCode(17067, Meaning.ACCOUNT, UDISK, _QUOTA),
    RetCode(17084, Meaning.ACCOUNT, UDISK, _ORDERS),
)

TABLE = {each.code: each for each in ROWS}


def meaning(code: int) -> Meaning | None:
    """What a RetCode means; None where no page says, or we know nothing to do by it."""
    found = TABLE.get(code)
    return found.meaning if found else None


def remedy(code: int) -> str:
    """What a user can do about a RetCode, to go behind UCloud's message; empty where we do not know."""
    found = TABLE.get(code)
    return f": {found.remedy}" if found and found.remedy else ""


def pause(code: int) -> float:
    """Seconds that a code asks to wait before the call is made again."""
    found = TABLE.get(code)
    return found.pause if found else 0.0
