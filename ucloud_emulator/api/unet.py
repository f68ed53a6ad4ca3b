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

PAY_MODES = ("Bandwidth", "Traffic", "PostAccurateBandwidth")
CHARGE_TYPES = ("Year", "Month", "Dynamic")
MOST_BANDWIDTH = {"Traffic": 300, "Bandwidth": 10_000, "PostAccurateBandwidth": 10_000}
MOST_AT_ONCE = 100
MONTH = 30 * 24 * 3600


def eips(call: Call) -> list[Eip]:
    return call.cloud.store.at(Eip, call.project, call.region)


def find_eip(call: Call, id: str) -> Eip:
    for eip in eips(call):
        if eip.id == id:
            return eip
    raise Refusal(RetCode.NO_SUCH_NETWORK_THING, f"EIP [{id}] not found")


def _operator(region: str, asked: str) -> str:
    """The line as the API names it. The documents write Bgp, the UCloud CLI sends BGP: both are taken."""
    offered = ("Bgp",) if region.startswith("cn-") else ("International", "BGPPro")
    for operator in offered:
        if operator.lower() == asked.lower():
            return operator
    raise bad_parameter("OperatorName", f"{asked} is not offered in {region}: {', '.join(offered)}")


def new_eip(call: Call, asked: Parameters, *, charge_type: str, host_id: str = "") -> Eip:
    """An EIP as AllocateEIP or a network interface of CreateUHostInstance asks for it; not yet stored."""
    operator = _operator(call.region, asked.required("OperatorName"))
    pay_mode = asked.one_of("PayMode", PAY_MODES, "Bandwidth")
    return Eip(
        id=new_id("eip"),
        project=call.project,
        region=call.region,
        name=fields.name(asked, "Name", "EIP"),
        tag=fields.tag(asked),
        remark=fields.remark(asked),
        created=int(time.time()),
        ip="",
        operator=operator,
        bandwidth=asked.required_integer("Bandwidth", least=1, most=MOST_BANDWIDTH[pay_mode]),
        pay_mode=pay_mode,
        charge_type=charge_type,
        host_id=host_id,
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
        "Weight": 50,
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
    with call.cloud.store.lock:
        made = [
            add_eip(call, new_eip(call, asked, charge_type=charge_type))
            for _ in range(asked.integer("Count", 1, least=1, most=MOST_AT_ONCE))
        ]
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
            raise Refusal(RetCode.IN_USE, f"EIP [{eip.id}] is bound already")
        if host.terminating:
            raise Refusal(RetCode.WRONG_HOST_STATE, f"UHost [{host.id}] is being deleted")
        call.cloud.store.change(Eip, eip.id, host_id=host.id)
    call.cloud.wiring.apply(host.id, eips=True)
    return {}


@action("UnBindEIP")
def unbind_eip(call: Call) -> Reply:
    with call.cloud.store.lock:
        eip, host = find_eip(call, call.parameters.required("EIPId")), _resource(call)
        if eip.host_id != host.id:
            raise Refusal(RetCode.IN_USE, f"EIP [{eip.id}] is not bound to {host.id}")
        call.cloud.store.change(Eip, eip.id, host_id="")
    call.cloud.wiring.apply(host.id, eips=True)
    return {}


@action("ReleaseEIP")
def release_eip(call: Call) -> Reply:
    with call.cloud.store.lock:
        eip = find_eip(call, call.parameters.required("EIPId"))
        if eip.host_id:
            raise Refusal(RetCode.IN_USE, f"EIP [{eip.id}] is bound to {eip.host_id}")
        call.cloud.store.remove(eip)
        call.cloud.ledger.close(eip.id)
    return {}


@action("ModifyEIPBandwidth")
def modify_eip_bandwidth(call: Call) -> Reply:
    eip = find_eip(call, call.parameters.required("EIPId"))
    bandwidth = call.parameters.required_integer("Bandwidth", least=1, most=MOST_BANDWIDTH[eip.pay_mode])
    _change_price(call, eip, bandwidth, eip.pay_mode)
    return {}


@action("SetEIPPayMode")
def set_eip_pay_mode(call: Call) -> Reply:
    eip = find_eip(call, call.parameters.required("EIPId"))
    pay_mode = call.parameters.required("PayMode")
    call.parameters.one_of("PayMode", PAY_MODES, "")
    _change_price(
        call, eip, call.parameters.required_integer("Bandwidth", least=1, most=MOST_BANDWIDTH[pay_mode]), pay_mode
    )
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
    pay_mode = asked.one_of("PayMode", PAY_MODES, "Bandwidth")
    price = catalogue.eip_price(asked.required_integer("Bandwidth", least=1, most=MOST_BANDWIDTH[pay_mode]), pay_mode)
    asked_types = (asked.one_of("ChargeType", CHARGE_TYPES, "Month"),) if asked.has("ChargeType") else CHARGE_TYPES
    prices = []
    for charge_type in asked_types:
        full = price * catalogue.HOURS[charge_type]
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
