"""The step that runs the provisioners, in order."""

from __future__ import annotations

from typing import ClassVar

from ucloud_provider.build import fate
from ucloud_provider.build.pipeline import Step
from ucloud_provider.build.state import Build
from ucloud_provider.provisioners import first_boot
from ucloud_provider.provisioners.base import BuildFacts, ProvisionContext
from ucloud_provider.provisioners.output import TAIL
from ucloud_provider.provisioners.running import run_provisioner


class Provision(Step):
    """Each line of output goes to the status column and to the log."""

    name: ClassVar[str] = "provisioning"
    tells_itself: ClassVar[bool] = True

    def run(self, build: Build) -> None:
        host = build.the_host()
        facts = BuildFacts(
            build_id=build.id,
            image_name=build.args.image_name,
            source_image_id=build.args.source_image_id,
            host_id=host.id,
            host_address=host.public_ip or host.private_ip,
        )

        def on_line(line: str) -> None:
            build.tail.append(line)
            del build.tail[:-TAIL]
            build.log(f"| {line}")
            build.progress.line(line)

        context = ProvisionContext(
            communicator=build.communicator,
            on_line=on_line,
            cancel=build.cancel,
            base_dir=build.base_dir,
            facts=facts,
            log=build.log,
            masker=build.masker,
        )
        if build.args.provisioners and build.communicator is not None and build.args.wait_for_cloud_init is not False:
            build.progress.step("waiting for cloud-init")
            with fate.told(build):
                first_boot.wait(context, theirs=build.user_data or b"", note=build.progress.note)
        count = len(build.args.provisioners)
        for index, provisioner in enumerate(build.args.provisioners, 1):
            build.tail.clear()
            build.progress.step(f"provisioning {index}/{count}: {provisioner.type}")
            build.log(f"provisioner {index}/{count}: {provisioner.type}")
            with fate.told(build):
                run_provisioner(provisioner, context)
        build.tail.clear()  # what fails from here on has nothing to do with it
