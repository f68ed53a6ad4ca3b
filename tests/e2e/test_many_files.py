"""A change of very many files: what the engine prints of it stays short, and names the first of them."""

from __future__ import annotations

import json

from ucloud_provider.spec.check import check_custom_image
from ucloud_provider.spec.file_list import expanded

from tests.e2e.stack import Stack
from tests.support.emulator import Emulator

FILES = 30_000
SHORT = 20_000
"""Characters that a screen or a CI log takes without harm."""

SECRET = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270"}
"""How Pulumi's states mark one."""

PROGRAM = """
from ucloud_image import *

CustomImage(
    "web",
    CustomImageArgs(
        availability_zone="cn-bj2-02",
        instance_type="n-basic-2",
        source_image_id="uimage-f1chxn",
        image_name="web",
        {more}
    ),
)
"""
MADE = PROGRAM.format(more='communicator="none",')
UPLOADING = PROGRAM.format(more='provisioners=[File(source="site/", destination="/srv")],')


def test_a_preview_of_very_many_changed_files_names_the_first_and_counts_the_others(
    stack: Stack, paper_cloud: Emulator
) -> None:
    stack.environment = dict(paper_cloud.environment())
    stack.create(MADE)
    site = stack.project / "site"
    site.mkdir()
    for number in range(FILES):
        (site / f"page-{number:05}.html").write_text(str(number))
    stack.up().succeeded()
    stack.write(UPLOADING)

    # nobody can log in to a host on paper: the state is made as a build, by today's code and by that of before, left it
    state = json.loads(stack.run("stack", "export").succeeded().output)
    (image,) = (each for each in state["deployment"]["resources"] if each["type"].endswith(":CustomImage"))
    given = {name: value for name, value in image["inputs"].items() if name not in ("communicator", "__provider")}
    given["provisioners"] = [{"type": "file", "source": "site/", "destination": "/srv"}]
    built = check_custom_image(given, stack.project).inputs
    for inputs in (built, expanded(built)):
        image["inputs"] = {"__provider": image["inputs"]["__provider"], **inputs}
        image["outputs"] = {
            **{name: value for name, value in image["outputs"].items() if name not in ("communicator", "file_list")},
            **inputs,
        }
        file = stack.folder / "state.json"
        file.write_text(json.dumps(state))
        stack.run("stack", "import", "--file", str(file)).succeeded()
        assert "2 unchanged" in stack.preview("--expect-no-changes").succeeded().output
    kept = {"files": built["files"], "file_list": {**SECRET, "plaintext": json.dumps(built["file_list"])}}
    for part in ("inputs", "outputs"):
        image[part] |= kept
    file.write_text(json.dumps(state))
    stack.run("stack", "import", "--file", str(file)).succeeded()

    for number in range(FILES):
        (site / f"page-{number:05}.html").write_text(f"{number} changed")
    for arguments in ((), ("--diff",)):
        preview = stack.preview(*arguments).succeeded().output
        assert "new image: site/page-00000.html: content changed; site/page-00001.html: content changed" in preview
        assert f"{FILES - 10} more files" in preview
        assert len(preview) < SHORT
        assert built["file_list"][:40] not in preview


def test_what_a_build_leaves_in_the_state_of_many_files_is_not_printed_and_tells_the_next_change(
    stack: Stack, cloud: Emulator
) -> None:
    stack.environment = dict(cloud.environment())
    site = stack.project / "site"
    site.mkdir(parents=True)
    for number in range(300):
        (site / f"page-{number:05}.html").write_text(str(number))
    stack.create(UPLOADING)
    assert len(stack.preview("--diff").succeeded().output) < SHORT
    assert len(stack.up("--diff").succeeded().output) < SHORT
    for _before_and_after_a_refresh in range(2):
        (image,) = stack.resources("CustomImage")
        for part in ("inputs", "outputs"):
            assert set(image[part]["files"]) == {"site/"}
            assert SECRET.items() <= image[part]["file_list"].items()
        assert "2 unchanged" in stack.up("--expect-no-changes").succeeded().output
        stack.run("refresh", "--yes", "--skip-preview", "--expect-no-changes").succeeded()

    (site / "page-00007.html").rename(site / "seven.html")
    (site / "page-00008.html").write_text("changed")
    preview = stack.preview("--diff").succeeded().output
    assert "site/page-00008.html: content changed" in preview
    assert "site/seven.html: renamed, was site/page-00007.html" in preview
    assert len(preview) < SHORT
    stack.destroy().succeeded()
    assert cloud.ledger(open_only=True, billable_only=True) == []
