"""EIPs: public addresses, bound to hosts."""

from __future__ import annotations

import time
from dataclasses import replace

from ucloud_emulator import catalogue, fields
from ucloud_emulator.dispatch import Call, Reply, action
from ucloud_emulator.parameters import Parameters
from ucloud_emulator.records import Eip, Host
from ucloud_emulator.refusals import Refusal, RetCode, bad_parameter, missing_parameter
from ucloud_emulator.store import new_id

CHARGE_TYPES = ("Year", "Month", "Dynamic")
ALLOCATED = {"Traffic": 300, "Bandwidth": 10_000, "PostAccurateBandwidth": 10_000, "ShareBandwidth": 0}
"""Mbps at most, by mode, of AllocateEIP."""
WITH_A_HOST = {"Traffic": 300, "Bandwidth": 800, "PostAccurateBandwidth": 800, "ShareBandwidth": 0, "Free": 800}
"""Of CreateUHostInstance. Its page does not have PostAccurateBandwidth: Packer sends it."""
CHANGED = {"Traffic": 200, "Bandwidth": 800, "PostAccurateBandwidth": 800, "Free": 800}
"""Of ModifyEIPBandwidth and SetEIPPayMode."""
PRICED = {"Traffic": 800, "Bandwidth": 800, "PostAccurateBandwidth": 800, "ShareBandwidth": 800}
"""Of GetEIPPrice. Its page does not have PostAccurateBandwidth."""
MOST_AT_ONCE = 10
MOST_FOR_ANY_HOST = 2000
"""Mbps; more is for the O types alone."""
MONTH = 30 * 24 * 3600


def eips(call: Call) -> list[Eip]:
    return call.cloud.store.at(Eip, call.project, call.region)


def find_eip(call: Call, id: str) -> Eip:
    for eip in eips(call):
        if eip.id == id:
            return eip
    raise Refusal(RetCode.NO_SUCH_RESOURCE, f"EIP [{id}] not found")


def _operator(region: str, asked: str) -> str:
    """The line as the pages of EIPs name it. CreateUHostInstance's page has Bgp, AllocateEIP's BGP: both are taken."""
    offered = (
        ("BGP",) if region.startswith("cn-") else ("International", "BGPPro") if region == "hk" else ("International",)
    )
    for operator in offered:
        if operator.lower() == asked.lower():
            return operator
    raise bad_parameter("OperatorName", f"{asked} is not offered in {region}: {', '.join(offered)}")


def _bandwidth(
    asked: Parameters, pay_mode: str, most: dict[str, int], too_much: RetCode = RetCode.BAD_PARAMETER
) -> int:
    """Mbps, within what the mode may have."""
    if pay_mode == "ShareBandwidth":
        raise Refusal(RetCode.NO_SHARED_BANDWIDTH, "no shared bandwidth is offered here")
    bandwidth = asked.required_integer("Bandwidth", least=0)
    if not bandwidth:
        raise Refusal(RetCode.NO_BANDWIDTH, "Bandwidth must not be 0")
    if bandwidth > most[pay_mode]:
        code = RetCode.TOO_MUCH_FOR_TRAFFIC if pay_mode == "Traffic" else too_much
        raise Refusal(
            code, f"Params [Bandwidth] not available: {pay_mode} has 1-{most[pay_mode]} Mbps, not {bandwidth}"
        )
    return bandwidth


def new_eip(
    call: Call, asked: Parameters, *, charge_type: str, most: dict[str, int] = WITH_A_HOST, host_id: str = ""
) -> Eip:
    """An EIP as AllocateEIP or a network interface of CreateUHostInstance asks for it; not yet stored."""
    operator = _operator(call.region, asked.required("OperatorName"))
    pay_mode = asked.one_of("PayMode", tuple(most), "Bandwidth")
    if charge_type == "Dynamic" and not call.cloud.project(call.project).traits.hourly_billing:
        raise Refusal(RetCode.NO_PERMISSION, "no permission for ChargeType Dynamic")
    now = time.time()
    return Eip(
        id=new_id("eip"),
        project=call.project,
        region=call.region,
        name=fields.name(asked, "Name", "EIP"),
        tag=fields.tag(asked),
        remark=fields.remark(asked),
        created=int(now),
        ip="",
        operator=operator,
        bandwidth=_bandwidth(asked, pay_mode, most),
        pay_mode=pay_mode,
        charge_type=charge_type,
        host_id=host_id,
        bound=now if host_id else 0.0,
    )


def add_eip(call: Call, eip: Eip) -> Eip:
    """Give it a free address and begin to charge for it."""
    with call.cloud.store.lock:
        eip = replace(eip, ip=call.cloud.free_eip())
        call.cloud.store.put(eip)
        price = catalogue.eip_price(eip.bandwidth, eip.pay_mode)
        call.cloud.ledger.open(eip.id, "eip", eip.name, eip.project, eip.region, price)
    return eip


def _describe(call: Call, eip: Eip) -> Reply:
    host = call.cloud.store.get(Host, eip.host_id) if eip.host_id else None
    return {
        "EIPId": eip.id,
        "Name": eip.name,
        "Tag": eip.tag,
        "Remark": eip.remark,
        "Bandwidth": eip.bandwidth,
        "BandwidthType": 0,
        "ChargeType": eip.charge_type,
        "PayMode": eip.pay_mode,
        "CreateTime": eip.created,
        "Expire": False,
        "ExpireTime": eip.created + MONTH,
        "Status": "used" if host else "free",
        "Weight": eip.weight,
        "EIPAddr": [{"IP": eip.ip, "OperatorName": eip.operator}],
        "EIPBinding": {"EIP": eip.ip, "PrivateIP": host.private_ip, "PrivateIPType": "PrimaryIP"} if host else {},
        "Resource": {
            "EIPId": eip.id,
            "ResourceType": "uhost" if host else "",
            "ResourceID": host.id if host else "",
            "ResourceName": host.name if host else "",
            "SubResourceType": "",
            "SubResourceId": "",
            "SubResourceName": "",
        },
        "ShareBandwidthSet": {"ShareBandwidth": 0, "ShareBandwidthId": "", "ShareBandwidthName": ""},
    }


@action("AllocateEIP")
def allocate_eip(call: Call) -> Reply:
    asked = call.parameters
    charge_type = asked.one_of("ChargeType", CHARGE_TYPES, "Month")
    count = asked.integer("Count", 1)
    if not 1 <= count <= MOST_AT_ONCE:
        raise Refusal(RetCode.TOO_MANY_AT_ONCE, f"Count is 1-{MOST_AT_ONCE}")
    with call.cloud.store.lock:
        made = [add_eip(call, new_eip(call, asked, charge_type=charge_type, most=ALLOCATED)) for _ in range(count)]
    return {"EIPSet": [{"EIPId": eip.id, "EIPAddr": [{"IP": eip.ip, "OperatorName": eip.operator}]} for eip in made]}


@action("DescribeEIP")
def describe_eip(call: Call) -> Reply:
    ids, ips = call.parameters.texts("EIPIds"), call.parameters.texts("IPs")
    found = [eip for eip in eips(call) if not (ids or ips) or eip.id in ids or eip.ip in ips]
    return {
        "TotalCount": len(found),
        "UnbindCount": sum(not eip.host_id for eip in found),
        "TotalBandwidth": sum(eip.bandwidth for eip in found),
        "EIPSet": [_describe(call, eip) for eip in call.parameters.page(found)],
    }


def _resource(call: Call) -> Host:
    if call.parameters.required("ResourceType").lower() != "uhost":
        raise bad_parameter("ResourceType", "only uhost is offered here")
    return call.host(call.parameters.required("ResourceId"))


@action("BindEIP")
def bind_eip(call: Call) -> Reply:
    with call.cloud.store.lock:
        eip, host = find_eip(call, call.parameters.required("EIPId")), _resource(call)
        if eip.host_id:
            raise Refusal(RetCode.EIP_IN_USE, f"EIP [{eip.id}] is bound already")
        if eip.bandwidth > MOST_FOR_ANY_HOST and not host.machine_type.startswith("O"):
            raise Refusal(RetCode.TOO_MUCH_FOR_HOST, f"{eip.bandwidth} Mbps are for hosts of the O types alone")
        if host.terminating:
            raise Refusal(RetCode.WRONG_HOST_STATE, f"UHost [{host.id}] is being deleted")
        call.cloud.store.change(Eip, eip.id, host_id=host.id, bound=time.time())
    call.cloud.wiring.apply(host.id, eips=True)
    return {}


@action("UnBindEIP")
def unbind_eip(call: Call) -> Reply:
    with call.cloud.store.lock:
        eip, host = find_eip(call, call.parameters.required("EIPId")), _resource(call)
        if eip.host_id != host.id:
            raise Refusal(RetCode.EIP_NOT_BOUND, f"EIP [{eip.id}] is not bound to {host.id}")
        call.cloud.store.change(Eip, eip.id, host_id="")
    call.cloud.wiring.apply(host.id, eips=True)
    return {}


@action("ReleaseEIP")
def release_eip(call: Call) -> Reply:
    with call.cloud.store.lock:
        eip = find_eip(call, call.parameters.required("EIPId"))
        if eip.host_id:
            raise Refusal(RetCode.EIP_IN_USE, f"EIP [{eip.id}] is bound to {eip.host_id}")
        call.cloud.store.remove(eip)
        call.cloud.ledger.close(eip.id)
    return {}


@action("ModifyEIPBandwidth")
def modify_eip_bandwidth(call: Call) -> Reply:
    eip = find_eip(call, call.parameters.required("EIPId"))
    bandwidth = _bandwidth(call.parameters, eip.pay_mode, CHANGED, RetCode.BANDWIDTH_AT_MOST)
    _change_price(call, eip, bandwidth, eip.pay_mode)
    return {}


@action("SetEIPPayMode")
def set_eip_pay_mode(call: Call) -> Reply:
    eip = find_eip(call, call.parameters.required("EIPId"))
    call.parameters.required("PayMode")
    pay_mode = call.parameters.one_of("PayMode", ("Traffic", "Bandwidth"), "")
    if pay_mode == eip.pay_mode:
        raise Refusal(RetCode.SAME_PAY_MODE, f"EIP [{eip.id}] is paid by {pay_mode} already")
    _change_price(call, eip, _bandwidth(call.parameters, pay_mode, CHANGED, RetCode.BANDWIDTH_AT_MOST), pay_mode)
    return {}


def _change_price(call: Call, eip: Eip, bandwidth: int, pay_mode: str) -> None:
    call.cloud.store.change(Eip, eip.id, bandwidth=bandwidth, pay_mode=pay_mode)
    call.cloud.ledger.reprice(eip.id, catalogue.eip_price(bandwidth, pay_mode))


@action("UpdateEIPAttribute")
def update_eip_attribute(call: Call) -> Reply:
    asked = call.parameters
    eip = find_eip(call, asked.required("EIPId"))
    if not (asked.has("Name") or asked.has("Tag") or asked.has("Remark")):
        raise missing_parameter("Name")
    name = fields.name(asked, "Name", eip.name)
    call.cloud.store.change(
        Eip,
        eip.id,
        name=name,
        tag=fields.name(asked, "Tag", eip.tag),
        remark=fields.remark(asked) or eip.remark,
    )
    call.cloud.ledger.rename(eip.id, name)
    return {}


@action("GetEIPPrice")
def get_eip_price(call: Call) -> Reply:
    """What an EIP would cost; every kind of charge where none is asked for."""
    asked = call.parameters
    _operator(call.region, asked.required("OperatorName"))
    pay_mode = asked.one_of("PayMode", tuple(PRICED), "Bandwidth")
    price = catalogue.eip_price(asked.required_integer("Bandwidth", least=0, most=PRICED[pay_mode]), pay_mode)
    quantity = asked.integer("Quantity", 1, least=0) or 1
    asked_types = (asked.one_of("ChargeType", CHARGE_TYPES, "Month"),) if asked.has("ChargeType") else CHARGE_TYPES
    prices = []
    for charge_type in asked_types:
        full = price * catalogue.HOURS[charge_type] * quantity
        paid = round(full * catalogue.DISCOUNT[charge_type], 2)
        prices.append(
            {
                "ChargeType": charge_type,
                "Price": paid,
                "OriginalPrice": round(full, 2),
                "PurchaseValue": int(time.time()) + MONTH,
            }
        )
    return {"PriceSet": prices}
