"""Images: the standard ones, custom images made from hosts, copies to other regions and projects."""

from __future__ import annotations

import time
from dataclasses import replace

from ucloud_emulator import catalogue, fields
from ucloud_emulator.dispatch import Call, Reply, action
from ucloud_emulator.records import Disk, Host, Image
from ucloud_emulator.refusals import Refusal, RetCode, bad_parameter
from ucloud_emulator.store import new_id

BASE_CREATED = 1_500_000_000


def base_image(image: catalogue.BaseImage, project: str, region: str) -> Image:
    """A standard image as this project sees it in this region."""
    return Image(
        id=image.id,
        project=project,
        region=region,
        name=image.name,
        tag="",
        remark=image.description,
        created=BASE_CREATED,
        type="Base",
        state="Available",
        size=image.size_gb,
        layers=image.layers,
        features=image.features,
        os_type=image.os_type,
        user=image.user,
        minimal_cpu=image.minimal_cpu,
        os_name=image.os_name,
        basic_image_id=image.id,
        basic_image_name=image.name,
    )


def custom_images(call: Call, project: str, region: str) -> list[Image]:
    """A project's own images in a region. A project at its quota has as many as it may when it first looks."""
    store = call.cloud.store
    with store.lock:
        found = store.at(Image, project, region)
        if not found and not call.cloud.project(project).traits.image_quota_left:
            origin = base_image(catalogue.BASE_IMAGES[0], project, region)
            with store.together():
                for number in range(1, catalogue.image_quota(region) + 1):
                    name = f"kept-{number:02}"
                    store.put(replace(origin, id=new_id("uimage"), name=name, remark="", type="Custom"))
            found = store.at(Image, project, region)
    return found


def visible_images(call: Call) -> list[Image]:
    custom = custom_images(call, call.project, call.region)
    with_cloud_init = call.cloud.project(call.project).traits.cloud_init_images
    offered = [image for image in catalogue.BASE_IMAGES if with_cloud_init or "CloudInit" not in image.features]
    return [*(base_image(image, call.project, call.region) for image in offered), *custom]


def find_image(call: Call, id: str) -> Image:
    for image in visible_images(call):
        if image.id == id:
            return image
    raise Refusal(RetCode.NO_SUCH_IMAGE, f"Image [{id}] not found")


def _custom_image(call: Call, id: str) -> Image:
    image = find_image(call, id)
    if image.type != "Custom":
        raise Refusal(RetCode.NO_SUCH_IMAGE, f"Image [{id}] is no custom image")
    return image


def _describe(image: Image, zone: str, with_price: bool) -> Reply:
    price = {"ChargeType": "Month", "Price": 0.0, "OriginalPrice": 0.0}
    return {
        "Zone": zone,
        "ImageId": image.id,
        "ImageName": image.name,
        "ImageType": image.type,
        "ImageSize": image.size,
        "ImageDescription": image.remark,
        "State": image.state,
        "OsType": image.os_type,
        "OsName": image.os_name,
        "CreateTime": image.created,
        "Features": list(image.features),
        "FuncType": "uhost",
        "Tag": image.tag,
        "Vendor": "",
        "Links": "",
        "IntegratedSoftware": "",
        "PrimarySoftware": "",
        "MinimalCPU": image.minimal_cpu,
        "MaintainEol": "",
        "DataSnapshotIds": [],
        "SceneCategories": [],
        "SupportedGPUTypes": [],
        "PriceSet": [price] if with_price else [],
    }


@action("DescribeImage")
def describe_image(call: Call) -> Reply:
    asked = call.parameters
    type = asked.text("ImageType")
    os_type = asked.text("OsType")
    tag = asked.text("Tag")
    ids = asked.texts("ImageIds")
    if asked.has("ImageId"):
        ids = (*ids, asked.text("ImageId"))
    found = [
        image
        for image in visible_images(call)
        if (not ids or image.id in ids)
        and (not type or image.type == type)
        and os_type in ("", image.os_type)
        and (not tag or image.tag == tag)
    ]
    zone = call.zone or call.first_zone
    with_price = asked.integer("PriceSet", 0) == 1
    return {"TotalCount": len(found), "ImageSet": [_describe(i, zone, with_price) for i in asked.page(found)]}


@action("CreateCustomImage")
def create_custom_image(call: Call) -> Reply:
    store = call.cloud.store
    name = fields.image_name(call.parameters, "ImageName")
    host_id = call.parameters.required("UHostId")
    description = fields.remark(call.parameters, "ImageDescription")
    tag = fields.tag(call.parameters)
    with store.lock:
        host = call.host(host_id)
        if host.state != "Stopped" or host.terminating or host.imaging:
            raise Refusal(RetCode.HOST_NOT_STOPPED, f"UHost [{host_id}] must be Stopped, is {host.state}")
        if host.boot_disk_state != "Normal":
            raise Refusal(RetCode.HOST_NOT_STOPPED, f"the boot disk of UHost [{host_id}] is {host.boot_disk_state}")
        _check_quota(call, call.project, call.region, 1)
        boot_disk = next(disk for disk in store.all(Disk) if disk.host_id == host_id and disk.boot)
        image_id = new_id("uimage")
        layer = image_id
        image = Image(
            id=image_id,
            project=call.project,
            region=call.region,
            name=name,
            tag=tag,
            remark=description,
            created=int(time.time()),
            type="Custom",
            state="Making",
            size=boot_disk.size,
            layers=(*host.layers, layer),
            features=host.features,
            os_type=host.os_type,
            user=host.user,
            os_name=host.os_name,
            basic_image_id=host.basic_image_id,
            basic_image_name=host.basic_image_name,
        )
        store.put(image)
        store.change(Host, host_id, imaging=image_id)
        _open_row(call, image)
    call.cloud.lifecycle.make_image(host_id, image_id, layer)
    return {"ImageId": image_id, "DataSnapshotIds": []}


@action("CopyCustomImage")
def copy_custom_image(call: Call) -> Reply:
    source_id = call.parameters.required("SourceImageId")
    project = call.parameters.required("TargetProjectId")
    regions = call.parameters.texts("TargetRegionList")
    single = not regions
    if single:
        regions = (call.parameters.text("TargetRegion", call.region),)
    if not call.cloud.has_project(project):
        raise Refusal(RetCode.NO_SUCH_PROJECT, f"Project [{project}] not found")
    for region in regions:
        if catalogue.region(region) is None:
            raise bad_parameter("TargetRegion", f"no region {region}")
    with call.cloud.store.lock:
        source = _custom_image(call, source_id)
        _check_copy(call, source, project, regions)
        copies = [_copy(call, source, project, region) for region in regions]
    for copy in copies:
        call.cloud.lifecycle.copy_image(copy.id)
    infos = [{"TargetImageId": copy.id, "TargetRegion": copy.region, "TaskId": f"task-{copy.id}"} for copy in copies]
    if single:
        return {"TargetImageId": copies[0].id, "TaskId": infos[0]["TaskId"]}
    return {"Infos": infos}


def _copy(call: Call, source: Image, project: str, region: str) -> Image:
    copy = Image(
        id=new_id("uimage"),
        project=project,
        region=region,
        name=fields.image_name(call.parameters, "TargetImageName", source.name),
        tag=fields.tag(call.parameters, "TargetImageTag"),
        remark=fields.remark(call.parameters, "TargetImageDescription"),
        created=int(time.time()),
        type="Custom",
        state="Copying",
        size=source.size,
        layers=source.layers,
        features=source.features,
        os_type=source.os_type,
        user=source.user,
        minimal_cpu=source.minimal_cpu,
        os_name=source.os_name,
        basic_image_id=source.basic_image_id,
        basic_image_name=source.basic_image_name,
    )
    call.cloud.store.put(copy)
    _open_row(call, copy)
    return copy


def _check_quota(call: Call, project: str, region: str, more: int) -> None:
    """Custom images that a project may have in a region."""
    quota, there = catalogue.image_quota(region), len(custom_images(call, project, region))
    if there + more > quota:
        raise Refusal(RetCode.QUOTA, f"{there} custom images of [{project}] in {region}, its quota is {quota}")


def _check_copy(call: Call, source: Image, project: str, regions: tuple[str, ...]) -> None:
    """Everything that is known before the copies are begun."""
    if not call.cloud.project(call.project).traits.image_copies:
        raise Refusal(RetCode.NO_COPY, f"Project [{call.project}] has no region-level image service")
    if {call.region, *regions} & set(catalogue.REGIONS_WITHOUT_COPIES):
        raise Refusal(RetCode.NO_COPY_HERE, f"images of {', '.join(catalogue.REGIONS_WITHOUT_COPIES)} are not copied")
    if source.state != "Available":
        raise Refusal(RetCode.WRONG_IMAGE_STATE, f"Image [{source.id}] must be Available, is {source.state}")
    if any((project, region) == (call.project, call.region) for region in regions):
        raise Refusal(RetCode.SAME_PROJECT, f"Image [{source.id}] is there already")
    for region in dict.fromkeys(regions):
        _check_quota(call, project, region, regions.count(region))


def _open_row(call: Call, image: Image) -> None:
    call.cloud.ledger.open(
        image.id, "image", image.name, image.project, image.region, catalogue.image_price(image.size)
    )


@action("TerminateCustomImage")
def terminate_custom_image(call: Call) -> Reply:
    with call.cloud.store.lock:
        image = _custom_image(call, call.parameters.required("ImageId"))
        if image.state in ("Making", "Copying"):
            raise Refusal(RetCode.WRONG_IMAGE_STATE, f"Image [{image.id}] cannot be deleted while {image.state}")
        call.cloud.store.remove(image)
        call.cloud.ledger.close(image.id)
    call.cloud.lifecycle.drop_layer(image.layers[-1])
    return {"ImageId": image.id}
