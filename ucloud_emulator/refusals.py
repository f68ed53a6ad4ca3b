"""What the API answers where it refuses: a RetCode and a message, as UCloud's clients expect them."""

from __future__ import annotations

from enum import IntEnum


class RetCode(IntEnum):
    """The codes in use: the gateway's, those of network and disks, those of UHost, each by its product's error_code.md.

    What no page has is here only where a client is known to look for it, and says which.
    """

    SERVICE_UNAVAILABLE = 150
    MISSING_ACTION = 160
    NO_SUCH_ACTION = 161
    MISSING_SIGNATURE = 170
    BAD_SIGNATURE = 171
    BAD_PUBLIC_KEY = 172
    NO_SUCH_TOKEN = 174
    MISSING_PARAMETER = 220
    BAD_PARAMETER = 230
    NO_SUCH_PROJECT = 292
    ZONE_NOT_PERMITTED = 293
    NOT_PERMITTED = 299

    NO_SUCH_ISOLATION_GROUP = 8037
    """What Terraform's provider takes for a group that is gone; the documents have another sense for it."""
    NO_SUCH_NETWORK_THING = 54002

    NO_PERMISSION = 4008
    NO_BANDWIDTH = 4011
    SAME_PAY_MODE = 4014
    NO_SUCH_RESOURCE = 4210
    EIP_NOT_BOUND = 4211
    EIP_IN_USE = 4212
    BANDWIDTH_AT_MOST = 4217
    TOO_MUCH_FOR_TRAFFIC = 4228
    TOO_MANY_AT_ONCE = 4232
    DEFAULT_FIREWALL = 4358
    BAD_PRIORITY = 4359
    TOO_MANY_RULES = 4360
    FIREWALL_IN_USE = 4361
    FIREWALL_NAME_TAKEN = 4364
    NO_SHARED_BANDWIDTH = 4509
    NO_SUCH_FIREWALL = 4600
    NETWORK_IN_USE = 5024
    DEFAULT_NETWORK = 5025
    TOO_MUCH_FOR_HOST = 5032

    CLONE_FAILED = 17015
    DISK_ATTACHED = 17026
    NO_SUCH_DISK = 17041
    ATTACH_FAILED = 17055
    ATTACHED_ALREADY = 17057
    DETACH_FAILED = 17060
    NO_HOURLY_DISKS = 17062
    RESTORE_FAILED = 17080

    HOST_NOT_STOPPED = 8010
    BOOT_DISK_TOO_LARGE = 8018
    WINDOWS_NEEDS_CORES = 8027
    WRONG_CPU = 8044
    WRONG_MEMORY = 8046
    SOLD_OUT = 8049
    WRONG_CPU_TO_PRICE = 8064
    WRONG_MEMORY_TO_PRICE = 8065
    DISK_SIZE_TO_PRICE = 8066
    DATA_DISK_SIZE = 8096
    WRONG_CPU_TO_RESIZE = 8105
    WRONG_MEMORY_TO_RESIZE = 8106
    QUOTA = 8095
    NOT_BY_THE_HOUR = 8116
    BOOT_DISK_BELOW_IMAGE = 8315
    BOOT_DISK_NOT_IMAGE = 8316
    HOST_TO_DELETE_NOT_STOPPED = 8856
    WRONG_HOST_STATE = 8905
    SUPER_NEEDS_CORES = 8949
    NO_SUCH_IMAGE = 8956
    NO_COPY_HERE = 8958
    NO_COPY = 8960
    WRONG_IMAGE_STATE = 8961
    SAME_PROJECT = 8962


class Refusal(Exception):
    """The API says no. The client gets code and message; nothing was changed."""

    def __init__(self, code: RetCode, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def missing_parameter(name: str) -> Refusal:
    return Refusal(RetCode.MISSING_PARAMETER, f"Missing params [{name}]")


def bad_parameter(name: str, reason: str = "") -> Refusal:
    return Refusal(RetCode.BAD_PARAMETER, f"Params [{name}] not available" + (f": {reason}" if reason else ""))
