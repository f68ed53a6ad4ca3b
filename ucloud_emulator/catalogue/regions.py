"""Where things may stand: the regions and zones that api summary/regionlist.md lists, in its order."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Network


@dataclass(frozen=True)
class Region:
    name: str
    id: int
    """The documents say that there is a number, not which."""
    title: str
    zones: tuple[str, ...]
    """In the order of their names; the first is where the region's defaults are."""
    default: bool = False
    unlisted: tuple[str, ...] = ()
    """Zones that the list no longer has and other pages' examples and UCloud's own scenarios name: taken, not told."""
    finance: bool = False
    """A region of the finance cloud: not open to everybody."""


def _region(
    name: str,
    id: int,
    title: str,
    *zones: int,
    default: bool = False,
    unlisted: tuple[str, ...] = (),
    finance: bool = False,
) -> Region:
    listed = tuple(f"{name}-{number:02}" for number in zones)
    return Region(name, id, title, listed, default, unlisted, finance)


REGIONS = (
    _region("cn-bj1", 2000002, "华北（北京）", 1),
    _region("cn-bj2", 1000001, "华北（北京2）", 2, 3, 5, default=True, unlisted=("cn-bj2-04",)),
    _region("cn-wlcb", 2000003, "华北（乌兰察布）", 1, 3),
    _region("cn-wlcb2", 2000004, "华北（乌兰察布2）", 1),
    _region("cn-sh2", 1000009, "华东（上海2）", 1, 2, 3),
    _region("cn-jx", 2000005, "华东（嘉兴）", 1),
    _region("cn-sh", 2000006, "金融云-华东（上海）", 1, 2, 3, finance=True),
    _region("cn-gd2", 2000007, "华南（广州2）", 1),
    _region("cn-gd", 1000007, "华南（广州）", 2),
    _region("cn-guiyang1", 2000008, "西南（贵阳）", 1),
    _region("hk", 1000003, "香港", 2, 3),
    _region("tw-tp", 2000009, "台湾（台北）", 1),
    _region("sg", 1000010, "新加坡", 1, 2),
    _region("jpn-tky", 2000010, "日本（东京）", 1),
    _region("kr-seoul", 2000011, "韩国（首尔）", 1),
    _region("th-bkk", 2000012, "泰国（曼谷）", 2),
    _region("idn-jakarta", 2000013, "印度尼西亚（雅加达）", 1),
    _region("vn-sng", 2000014, "越南（胡志明）", 1),
    _region("ph-mnl", 2000015, "菲律宾（马尼拉）", 1),
    _region("ind-mumbai", 2000016, "印度（孟买）", 1),
    _region("pk-khi", 2000017, "巴基斯坦（卡拉奇）", 1),
    _region("us-den", 2000018, "美国（丹佛）", 1),
    _region("us-ca", 1000004, "美国（洛杉矶）", 1),
    _region("us-ws", 2000019, "美国（华盛顿）", 1),
    _region("bra-saopaulo", 2000020, "巴西（圣保罗）", 1),
    _region("rus-mosc", 2000021, "俄罗斯（莫斯科）", 1, 2),
    _region("ge-fra", 2000022, "德国（法兰克福）", 1),
    _region("uk-london", 2000023, "英国（伦敦）", 1),
    _region("uae-dubai", 2000024, "阿联酋（迪拜）", 1),
    _region("afr-nigeria", 2000025, "尼日利亚（拉各斯）", 1),
    _region("uz-tas", 2000026, "乌兹别克斯坦（塔什干）", 1),
    _region("kz-ala", 2000027, "哈萨克斯坦（阿拉木图）", 1),
    _region("mx-mex", 2000028, "墨西哥（墨西哥城）", 1),
)
_BY_NAME = {region.name: region for region in REGIONS}


def region(name: str) -> Region | None:
    return _BY_NAME.get(name)


SERVICES = {
    "cn-bj2": ("10.9.192.0/18", "10.10.192.0/18", "10.19.192.0/18", "10.42.192.0/18"),
    "cn-sh2": ("10.23.248.0/21", "10.23.200.0/24", "10.25.248.0/21", "10.25.200.0/24"),
    "cn-gd": ("10.13.192.0/18",),
    "hk": ("10.8.192.0/18", "10.7.192.0/18"),
    "rus-mosc": ("10.39.192.0/18",),
    "us-ca": ("10.11.192.0/18",),
    "us-ws": ("10.27.192.0/18",),
    "ge-fra": ("10.29.192.0/18",),
    "th-bkk": ("10.31.192.0/18",),
    "kr-seoul": ("10.33.192.0/18",),
    "sg": ("10.35.192.0/18",),
    "jpn-tky": ("10.40.192.0/18",),
    "tw-tp": ("10.41.192.0/18",),
    "uae-dubai": ("10.44.192.0/18",),
    "idn-jakarta": ("10.45.192.0/18",),
    "ind-mumbai": ("10.47.192.0/18",),
    "bra-saopaulo": ("10.49.192.0/18",),
    "uk-london": ("10.50.192.0/18",),
    "afr-nigeria": ("10.52.192.0/18",),
}
"""Private networks of a region's public services, which no VPC may overlap (vpc limit.md)."""


def service_networks(region: str) -> tuple[IPv4Network, ...]:
    return tuple(map(IPv4Network, SERVICES.get(region, ())))
