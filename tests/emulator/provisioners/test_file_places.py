"""Destinations on a real host beside which no file can be made, and those that begin with a home folder."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from ucloud_provider.communicators.ssh import SshCommunicator, SshTarget
from ucloud_provider.errors import UCloudImageError
from ucloud_provider.provisioners.base import Provisioner
from ucloud_provider.provisioners.file import File
from ucloud_provider.provisioners.shell import Shell
from ucloud_provider.run import Cancel

from tests.emulator.provisioners.conftest import Provisioned


@pytest.fixture
def app(provisioned: Provisioned, target: SshTarget) -> Iterator[Provisioned]:
    """The same host, logged in to as the user `app`, who may not become root."""
    provisioned.says(
        "id app >/dev/null 2>&1 || useradd -m -s /bin/sh app; rm -rf /home/app /opt/app; cp -r /etc/skel /home/app; "
        f"chown -R app:app /home/app; mkdir -p /opt/app; echo app:{target.password} | chpasswd"
    )
    host = SshCommunicator(replace(target, username="app"), Cancel())
    host.connect()
    yield Provisioned(host, provisioned.folder)
    host.close()


def both_ways(folder: Provisioned, name: str, content: str, destination: str) -> list[Provisioner]:
    """The same content as a text, and as a file in a folder."""
    top = folder.folder / "top"
    top.mkdir(exist_ok=True)
    for each in top.iterdir():
        each.unlink()
    (top / name).write_text(content)
    return [File(content=content, destination=f"{destination}/{name}"), File(source="top/", destination=destination)]


def test_an_own_file_in_a_folder_of_somebody_elses_is_written(app: Provisioned, provisioned: Provisioned) -> None:
    for number, step in enumerate(both_ways(app, "app.conf", "new\n", "/opt/app")):
        provisioned.says("echo old >/opt/app/app.conf; chown app /opt/app/app.conf; chmod 604 /opt/app/app.conf")
        inode = provisioned.says("stat -c %i /opt/app/app.conf")
        app.run(step)
        assert provisioned.says("cat /opt/app/app.conf; stat -c '%a %U %i' /opt/app/app.conf; ls -A /opt/app") == (
            f"new\n604 app {inode}\napp.conf"
        ), number


def test_a_file_that_all_may_write_keeps_its_owner(app: Provisioned, provisioned: Provisioned) -> None:
    provisioned.says("chown app /opt/app")
    for step in both_ways(app, "app.conf", "new\n", "/opt/app"):
        provisioned.says(
            "echo older >/opt/app/app.conf; chown daemon:app /opt/app/app.conf; chmod 664 /opt/app/app.conf"
        )
        app.run(step)
        assert provisioned.says("cat /opt/app/app.conf; stat -c '%a %U:%G' /opt/app/app.conf; ls -A /opt/app") == (
            "new\n664 daemon:app\napp.conf"
        )


def test_what_may_not_be_written_is_an_error_that_names_it(app: Provisioned, provisioned: Provisioned) -> None:
    provisioned.says("echo old >/opt/app/app.conf")
    for step in both_ways(app, "app.conf", "new\n", "/opt/app"):
        with pytest.raises(UCloudImageError, match=r"/opt/app.*Permission denied"):
            app.run(step)
    for step in both_ways(app, "new.conf", "new\n", "/opt/app"):
        with pytest.raises(UCloudImageError, match=r"/opt/app.*Permission denied"):
            app.run(step)
    assert provisioned.says("cat /opt/app/app.conf; ls -A /opt/app; find /tmp -name 'part-*'") == "old\napp.conf"


def test_a_setting_of_the_kernel_is_written(provisioned: Provisioned) -> None:
    for number, step in enumerate(both_ways(provisioned, "ip_default_ttl", "77\n", "/proc/sys/net/ipv4")):
        provisioned.says("echo 64 >/proc/sys/net/ipv4/ip_default_ttl")
        provisioned.run(step)
        assert provisioned.says("cat /proc/sys/net/ipv4/ip_default_ttl") == "77", number


@pytest.mark.parametrize("name", ["n" * 255, "密" * 85, "n" * 250])
def test_a_name_may_be_as_long_as_names_can_be(provisioned: Provisioned, name: str) -> None:
    for content in ("1", "2"):
        for step in both_ways(provisioned, name, content, "/root/t"):
            provisioned.run(step)
            assert provisioned.says("cat /root/t/*; ls -A /root/t") == f"{content}{name}"
    provisioned.run(File(source=f"/root/t/{name}", destination=f"back/{name}", direction="download"))
    assert (provisioned.folder / "back" / name).read_text() == "2"


def test_a_link_that_leads_nowhere_yet_is_written_through(provisioned: Provisioned) -> None:
    for step in both_ways(provisioned, "link", "new", "/root/t"):
        provisioned.says("rm -rf /root/t/*; mkdir /root/t/real; ln -s real/file /root/t/link")
        provisioned.run(step)
        assert provisioned.says("readlink /root/t/link; cat /root/t/real/file; stat -c %a /root/t/real/file") == (
            "real/file\nnew644"
        )
    provisioned.says("ln -s no/such/folder /root/t/nowhere")
    with pytest.raises(UCloudImageError, match="/root/t/nowhere"):
        provisioned.run(File(content="x", destination="/root/t/nowhere"))


def test_a_home_folder_is_the_hosts_up_and_down(provisioned: Provisioned, app: Provisioned) -> None:
    (provisioned.folder / "app/sub").mkdir(parents=True)
    (provisioned.folder / "app/sub/it's").write_text("x")
    for who, home in ((provisioned, "/root"), (app, "/home/app")):
        provisioned.says(f"rm -rf {home}/t; mkdir {home}/t; chown app:app /home/app/t 2>/dev/null || true")
        who.run(File(source="app", destination="~/t"))
        who.run(File(source="app/", destination="~/t/a b"))
        who.run(File(content="text", destination="~/t/text"))
        who.run(File(source="app/sub/it's", destination="~/t/"))
        found = provisioned.says(f"cd {home}/t && find . -type f | sort").splitlines()
        assert found == ["./a b/sub/it's", "./app/sub/it's", "./it's", "./text"]
        who.run(File(source="~/t/text", destination="back/", direction="download"))
        who.run(File(source="~/t/app", destination="back", direction="download"))
        assert (provisioned.folder / "back/text").read_text() == "text"
        assert (provisioned.folder / "back/app/sub/it's").read_text() == "x"
    provisioned.run(File(content="for app", destination="~app/from root", owner="app"))
    assert provisioned.says("cat '/home/app/from root'; stat -c %U '/home/app/from root'") == "for appapp"
    provisioned.run(File(source="~app/from root", destination="back/", direction="download"))
    assert (provisioned.folder / "back/from root").read_text() == "for app"
    assert provisioned.says("ls -d /root/~* /home/app/~* 2>/dev/null || true") == ""


def test_a_home_folder_of_nobody_is_an_error(provisioned: Provisioned) -> None:
    with pytest.raises(UCloudImageError, match="no user nobody-here"):
        provisioned.run(File(content="text", destination="~nobody-here/text"))


def test_a_tilde_that_is_no_home_folder_is_a_name(provisioned: Provisioned) -> None:
    provisioned.run(File(content="text", destination="/root/t/~"))
    provisioned.run(File(content="text", destination="/root/t/~root"))
    assert provisioned.says("ls /root/t") == "~\n~root"


def test_scripts_may_be_put_into_a_home_folder(app: Provisioned, provisioned: Provisioned) -> None:
    app.run(Shell(inline=["echo $0"], remote_folder="~"))
    app.run(Shell(inline=["echo $0"], remote_path="~/mine", env={"A": "1"}))
    app.run(Shell(inline=["echo $0"], remote_path="~app/mine", remote_folder="~/"))
    assert app.lines[0].startswith("/home/app/script_")
    assert app.lines[1:] == ["/home/app/mine", "/home/app/mine"]
    assert provisioned.says("ls /home/app") == ""
