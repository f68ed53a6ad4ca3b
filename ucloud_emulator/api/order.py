"""DescribeOrderDetailInfo: the orders of a project, the newest first. The SDK has it; no page of the documents does."""

from __future__ import annotations

from ucloud_emulator.dispatch import Call, Reply, action
from ucloud_emulator.records import Order


def _describe(order: Order) -> Reply:
    return {
        "OrderNo": order.id,
        "OrderType": order.type,
        "OrderState": "OS_FINISHED",
        "Amount": f"{order.amount:.2f}",
        "AmountReal": f"{order.amount:.2f}",
        "AmountFree": "0.00",
        "AmountCoupon": "0.00",
        "CouponCode": "",
        "ChargeType": order.charge_type,
        "Count": 1,
        "Quantity": "1",
        "CreateTime": order.created,
        "StartTime": order.created,
        "EndTime": order.created,
        "Invoiced": "No",
        "RegionId": order.region,
        "ResourceId": order.resource_id,
        "ResourceType": order.resource_type,
        "ResourceTag": [],
        "OrderDetails": [],
    }


@action("DescribeOrderDetailInfo", "project")
def describe_order_detail_info(call: Call) -> Reply:
    asked = call.parameters
    begin, end = asked.required_integer("BeginTime"), asked.required_integer("EndTime")
    ids, types = asked.texts("ResourceIds"), asked.texts("OrderTypes")
    found = call.cloud.store.all(
        Order,
        lambda order: (
            order.project == call.project
            and begin <= order.created <= end
            and (not ids or order.resource_id in ids)
            and (not types or order.type in types)
        ),
    )
    return {"TotalCount": len(found), "OrderInfos": [_describe(order) for order in asked.page(found[::-1])]}
