"""How hosts and images get from state to state: in the background, as long as the latency profile says."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Literal

from ucloud_emulator.faults import Faults
from ucloud_emulator.hosts.machines import Machines, MachineSpec
from ucloud_emulator.latency import Latency
from ucloud_emulator.ledger import Ledger
from ucloud_emulator.records import Disk, Eip, Host, Image
from ucloud_emulator.store import Store
from ucloud_emulator.wiring import Wiring

log = logging.getLogger(__name__)

MOST_AT_ONCE = 512
"""Changes under way; most of them only wait for their time to pass, or are held by a fault."""
MOST_BOOTS = 8
"""Hosts that are made or booted at the same moment: more only get in each other's way."""


Meets = Literal["", "fail", "vanish", "end"]
"""What a change of state meets: nothing, a fault's outcome, or the end of the emulator while it was held."""


class Lifecycle:
    """Runs the changes that take time. A caller has set the first state before; the last one is set here."""

    def __init__(
        self, store: Store, ledger: Ledger, machines: Machines, wiring: Wiring, latency: Latency, faults: Faults
    ) -> None:
        self._store = store
        self._ledger = ledger
        self._machines = machines
        self._wiring = wiring
        self._latency = latency
        self._faults = faults
        self._pool = ThreadPoolExecutor(MOST_AT_ONCE, thread_name_prefix="lifecycle")
        self._boots = threading.BoundedSemaphore(MOST_BOOTS)
        self._closing = threading.Event()
        self._still_in_use: dict[str, float] = {}
        machines.on_exit(self._powered_off_itself)

    def close(self) -> None:
        """Let what runs come to its end, without waiting for its time."""
        self._closing.set()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def launch(self, spec: MachineSpec) -> None:
        self._begin(spec.id, lambda: self._launch(spec))

    def reinstall(self, spec: MachineSpec) -> None:
        """The host of this id anew, from an image; its data disks stay."""

        def work() -> None:
            self._machines.set_disks(spec.id, ())
            self._machines.destroy(spec.id)
            self._launch(spec)

        self._begin(spec.id, work)

    def start(self, id: str) -> None:
        self._begin(id, lambda: self._boot(id, time.monotonic()))

    def stop(self, id: str, *, force: bool) -> None:
        self._begin(id, lambda: self._stop(id, force))

    def reboot(self, id: str) -> None:
        self._begin(id, lambda: self._reboot(id))

    def terminate(self, id: str) -> None:
        self._begin(id, lambda: self._terminate(id))

    def vanish(self, id: str, *, keep_eip: bool = False) -> None:
        """Somebody else terminates the host; when this returns, it is gone."""
        host = self._store.change(Host, id, terminating=True, release_eip=not keep_eip, release_disks=not keep_eip)
        if host is not None:
            self._remove_host(host)

    def make_image(self, host_id: str, image_id: str, layer: str) -> None:
        self._begin(host_id, lambda: self._make_image(host_id, image_id, layer))

    def copy_image(self, image_id: str) -> None:
        self._submit(lambda: self._copy_image(image_id))

    def resume_images(self) -> None:
        """After a restart: a copy goes on; an image whose host was being read is lost."""
        for image in self._store.all(Image, lambda image: image.state in ("Making", "Copying")):
            if image.state == "Copying":
                self.copy_image(image.id)
            else:
                self._store.change(Image, image.id, state="Unavailable")

    def drop_layer(self, layer: str) -> None:
        """An image of this layer is gone. Its copies share it; what stands on it, the hosts know themselves."""
        if not self._store.all(Image, lambda image: image.layers[-1] == layer):
            self._machines.delete_layer(layer)

    def _submit(self, work: Callable[[], None]) -> None:
        def run() -> None:
            try:
                work()
            except Exception:
                log.exception("a change in the background failed")

        self._pool.submit(run)

    def _begin(self, host_id: str, work: Callable[[], None]) -> None:
        def run() -> None:
            try:
                work()
            except Exception:
                log.exception("%s could not be changed", host_id)
                self._store.change(Host, host_id, state="Install Fail", imaging="", terminating=False)

        self._pool.submit(run)

    def _rest(self, since: float, seconds: float) -> None:
        self._closing.wait(max(0.0, since + seconds - time.monotonic()))

    def _arrive(self, id: str, before: str, after: str) -> None:
        """Set the last state, unless another change has come between."""
        with self._store.lock:
            host = self._store.get(Host, id)
            if host is not None and host.state == before:
                self._store.change(Host, id, state=after)

    def _meets(self, transition: str, kind: type[Host] | type[Image], id: str) -> Meets:
        """What the faults have for this change; where they hold it, this takes as long."""
        thing = self._store.get(kind, id)
        zone = thing.zone if isinstance(thing, Host) else ""
        held = self._faults.at(transition, thing.project, thing.region, zone) if thing else None
        if held is None:
            return ""
        held.wait(self._closing)
        if self._closing.is_set():
            return "end"
        if held.fault.outcome == "never":
            return ""
        if held.fault.outcome == "vanish" and kind is Host:
            self.vanish(id, keep_eip=held.fault.keep_eip)
        elif held.fault.outcome == "vanish":
            self._vanish_image(id)
        return held.fault.outcome

    def _launch(self, spec: MachineSpec) -> None:
        began = time.monotonic()
        if meets := self._meets("launch", Host, spec.id):
            if meets == "fail":
                self._arrive(spec.id, "Initializing", "Install Fail")
            return
        with self._boots:
            self._machines.create(spec)
        if self._store.get(Host, spec.id) is None:  # reset meanwhile
            self._machines.destroy(spec.id)
            return
        self._wiring.apply(spec.id, rules=True, eips=True, disks=True)
        self._arrive(spec.id, "Initializing", "Starting")
        self._boot(spec.id, began)

    def _boot(self, id: str, began: float) -> None:
        meets = self._meets("start", Host, id)
        if meets not in ("", "fail"):
            return
        host = self._store.get(Host, id)
        if host is None or host.state != "Starting":  # the power was cut while it was held
            return
        with self._boots:
            if self._closing.is_set():
                return
            self._machines.boot(id)
        if meets == "fail":
            self._machines.lose_power(id)  # its end is heard of: see _powered_off_itself
            return
        self._rest(began, self._latency.start)
        self._arrive(id, "Starting", "Running")
        self._rest(time.monotonic(), self._latency.boot_disk)
        if self._meets("boot_disk", Host, id):
            return
        self._store.change(Host, id, boot_disk_state="Normal")

    def _stop(self, id: str, force: bool) -> None:
        # A power-off works where a stop hangs (uhost guide/common.md).
        if not force and self._meets("stop", Host, id):
            return
        began = time.monotonic()
        host = self._store.get(Host, id)
        if host is None or host.state != "Stopping":  # the power was cut while the stop was held
            return
        self._machines.stop(id, force=force)
        self._rest(began, self._latency.stop)
        self._arrive(id, "Stopping", "Stopped")

    def _reboot(self, id: str) -> None:
        began = time.monotonic()
        with self._boots:
            self._machines.reboot(id)
        self._rest(began, self._latency.stop + self._latency.start)
        self._arrive(id, "Rebooting", "Running")

    def _terminate(self, id: str) -> None:
        if self._meets("terminate", Host, id):
            return
        host = self._store.get(Host, id)
        if host is not None:
            self._remove_host(host, self._latency.terminate)

    def _remove_host(self, host: Host, seconds: float = 0.0) -> None:
        began, id = time.monotonic(), host.id
        kept = (
            [] if host.release_disks else self._store.all(Disk, lambda d: d.host_id == id and not d.boot and d.in_cloud)
        )
        if kept:
            self._machines.set_disks(id, ())
        self._machines.destroy(id)
        self._rest(began, seconds)
        with self._store.lock:
            for eip in self._store.all(Eip, lambda eip: eip.host_id == id):
                if host.release_eip:
                    self._store.remove(eip)
                    self._ledger.close(eip.id)
                else:
                    self._store.change(Eip, eip.id, host_id="")
            for disk in self._store.all(Disk, lambda disk: disk.host_id == id):
                if disk in kept:
                    self._store.change(Disk, disk.id, host_id="", status="Available")
                else:
                    self._store.remove(disk)
                    self._ledger.close(disk.id)
            self._ledger.close(id)
            self._store.remove(host)
            until = time.monotonic() + self._latency.release
            for used in (host.firewall_id, host.subnet_id):
                self._still_in_use[used] = until

    def still_in_use(self, id: str) -> bool:
        """Whether a firewall or subnet counts as in use although the last of its hosts is gone: it does for a while."""
        return self._still_in_use.get(id, 0.0) > time.monotonic()

    def _make_image(self, host_id: str, image_id: str, layer: str) -> None:
        began = time.monotonic()
        if meets := self._meets("image", Image, image_id):
            if meets != "end":
                self._made(host_id, image_id, "Unavailable" if meets == "fail" else "")
            return
        try:
            self._machines.snapshot(host_id, layer)
        except Exception:
            log.exception("no image could be made of %s", host_id)
            self._made(host_id, image_id, "Unavailable")
        else:
            self._rest(began, self._latency.image)
            self._made(host_id, image_id, "Available", layer)

    def _made(self, host_id: str, image_id: str, state: str, *layers: str) -> None:
        """An image is what it becomes, and its host is free, in the same moment: who asks sees both or neither."""
        with self._store.lock:
            host = self._store.get(Host, host_id)
            if host is not None:
                self._store.change(Host, host_id, imaging="", layers=(*host.layers, *layers))
            if state:
                self._store.change(Image, image_id, state=state)

    def _copy_image(self, image_id: str) -> None:
        self._rest(time.monotonic(), self._latency.copy)
        if meets := self._meets("copy", Image, image_id):
            if meets == "fail":
                self._store.change(Image, image_id, state="Unavailable")
            return
        self._store.change(Image, image_id, state="Available")

    def _vanish_image(self, id: str) -> None:
        with self._store.lock:
            image = self._store.get(Image, id)
            if image is None:
                return
            for host in self._store.all(Host, lambda host: host.imaging == id):
                self._store.change(Host, host.id, imaging="")
            self._store.remove(image)
            self._ledger.close(id)
        self.drop_layer(image.layers[-1])

    def _powered_off_itself(self, id: str) -> None:
        with self._store.lock:
            host = self._store.get(Host, id)
            if host is not None and host.state in ("Starting", "Running", "Rebooting") and not self._closing.is_set():
                self._store.change(Host, id, state="Stopped")
