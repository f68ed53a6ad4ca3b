"""`file` on a real host, over real SSH."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from ucloud_provider.errors import ProvisionerFailed
from ucloud_provider.provisioners.file import File
from ucloud_provider.provisioners.shell_local import ShellLocal

from tests.emulator.provisioners.conftest import Provisioned


def tree(provisioned: Provisioned) -> None:
    conf = provisioned.folder / "conf"
    (conf / "sub").mkdir(parents=True)
    (conf / "a.conf").write_text("a\n")
    (conf / "sub/run.sh").write_text("#!/bin/sh\n")
    (conf / "sub/run.sh").chmod(0o750)
    (conf / "link").symlink_to("a.conf")
    (conf / "with space 密").write_bytes(b"\0\xff")


def test_a_directory_goes_as_itself_without_a_slash(provisioned: Provisioned) -> None:
    tree(provisioned)
    provisioned.run(File(source="conf", destination="/root/t"))
    assert provisioned.says("cd /root/t && find . -type f -o -type l | LC_ALL=C sort").splitlines() == [
        "./conf/a.conf",
        "./conf/link",
        "./conf/sub/run.sh",
        "./conf/with space 密",
    ]


def test_a_directorys_content_goes_with_a_slash_and_modes_stay(provisioned: Provisioned) -> None:
    tree(provisioned)
    provisioned.run(File(source="conf/", destination="/root/t/new"))
    assert provisioned.says("stat -c %a /root/t/new/sub/run.sh; readlink /root/t/new/link").splitlines() == [
        "750",
        "a.conf",
    ]


def test_a_file_goes_to_a_path_or_into_a_directory(provisioned: Provisioned) -> None:
    (provisioned.folder / "one").write_text("1")
    (provisioned.folder / "one").chmod(0o640)
    provisioned.run(File(source="one", destination="/root/t/uno"))
    provisioned.run(File(sources=["one"], destination="/root/t/"))
    assert provisioned.says("cat /root/t/uno /root/t/one; echo; stat -c %a /root/t/uno") == "11\n640"


def test_a_generated_file_may_be_made_by_an_earlier_provisioner(provisioned: Provisioned) -> None:
    made = File(source="made", destination="/root/t/made", generated=True)
    assert list(made.problems(provisioned.folder)) == []
    with pytest.raises(ProvisionerFailed, match="file made does not exist"):
        provisioned.run(made)
    provisioned.run(ShellLocal(command="echo generated > made"))
    provisioned.run(made)
    assert provisioned.says("cat /root/t/made") == "generated"


def test_a_text_is_written(provisioned: Provisioned) -> None:
    provisioned.run(File(content="line ' one\n密\n", destination="/root/t/text"))
    assert provisioned.says("cat /root/t/text") == "line ' one\n密"


def test_files_and_directories_come_back(provisioned: Provisioned) -> None:
    tree(provisioned)
    provisioned.run(File(source="conf/", destination="/root/t/conf"))
    provisioned.run(File(source="/root/t/conf/a.conf", destination="back/a", direction="download"))
    provisioned.run(File(source="/root/t/conf", destination="back", direction="download"))
    back = provisioned.folder / "back"
    assert (back / "a").read_text() == "a\n"
    assert (back / "conf/sub/run.sh").stat().st_mode & 0o777 == 0o750
    assert (back / "conf/link").readlink() == Path("a.conf")


def test_a_large_file_arrives_whole(provisioned: Provisioned) -> None:
    (provisioned.folder / "large").write_bytes(os.urandom(1 << 20) * 40)
    provisioned.run(File(source="large", destination="/root/t/large"))
    local = os.popen(f"sha256sum < {provisioned.folder}/large").read().split()[0]
    assert provisioned.says("sha256sum < /root/t/large").split()[0] == local


def test_a_host_without_tar_gets_its_directory_by_sftp(provisioned: Provisioned) -> None:
    tree(provisioned)
    provisioned.says("mv /usr/bin/tar /usr/bin/tar.away")
    try:
        provisioned.run(File(source="conf/", destination="/root/t/slow"))
    finally:
        provisioned.says("mv /usr/bin/tar.away /usr/bin/tar")
    assert provisioned.says("stat -c %a /root/t/slow/sub/run.sh; readlink /root/t/slow/link").splitlines() == [
        "750",
        "a.conf",
    ]


def test_a_place_that_cannot_be_written_is_named(provisioned: Provisioned) -> None:
    (provisioned.folder / "one").write_text("1")
    with pytest.raises(Exception, match="/proc/no/such"):
        provisioned.run(File(source="one", destination="/proc/no/such/place"))
