"""What an upload keeps of what is on a real host, and what becomes of what is new there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from ucloud_provider.errors import UCloudImageError
from ucloud_provider.provisioners.file import File

from tests.emulator.provisioners.conftest import Provisioned


@pytest.fixture(params=["tar", "sftp", "busybox"])
def way(request: pytest.FixtureRequest, provisioned: Provisioned) -> Iterator[str]:
    """How folders are moved: by GNU tar, by SFTP where there is none, by busybox and its shell's tools."""
    if request.param == "tar":
        yield "tar"
        return
    provisioned.says("mv /usr/bin/tar /usr/bin/tar.away")
    if request.param == "busybox":
        provisioned.host.upload(Path("/bin/busybox"), "/usr/bin/busybox")
        provisioned.says(
            "for each in tar xargs stat chown chmod mv; do ln -sf /usr/bin/busybox /usr/local/bin/$each; done"
        )
    try:
        yield request.param
    finally:
        provisioned.says("mv /usr/bin/tar.away /usr/bin/tar; rm -f /usr/local/bin/*")


def local(folder: Path, *, umask: int = 0o022) -> None:
    """Makes a root file system to lay over the host's, as a checkout under this umask has it."""
    root = folder / "rootfs"
    for name in ("etc/app", "etc/sudoers.d", "shared", "links", "new/sub", "var/sticky"):
        (root / name).mkdir(parents=True, exist_ok=True)
    files = ("etc/app/app.conf", "etc/sudoers.d/app", "shared/file", "links/file", "new/sub/run.sh", "etc/secret")
    for name in files:
        (root / name).write_text(f"new {name}\n")
    for each in [root, *root.rglob("*")]:
        each.chmod((0o777 if each.is_dir() else 0o666) & ~umask)
    (root / "new/sub/run.sh").chmod(0o4777 & ~umask)
    (root / "etc/secret").chmod(0o600)
    (root / "var/sticky").chmod(0o1777)
    (root / "new/link").symlink_to("sub/run.sh")


def there(provisioned: Provisioned) -> None:
    """Makes what is on the host before: folders and files with modes and owners of their own, and links in the way."""
    provisioned.says(
        "cd /root/t && useradd -M other 2>/dev/null; mkdir -p etc/app etc/sudoers.d shared real etc/kept && "
        "ln -s real links && echo old >real/target && ln -s target real/file && echo old >etc/app/app.conf && "
        "chown other etc/app etc/app/app.conf && chmod 750 etc/sudoers.d && chmod 1777 etc && chmod 2775 shared && "
        "chmod 4640 etc/app/app.conf && echo other >etc/app/stays && echo x >shared/file && chmod 604 shared/file"
    )


KEPT = """\
1777 root etc
755 other etc/app
4640 other etc/app/app.conf
750 root etc/sudoers.d
2775 root shared
604 root shared/file
777 root links
640 root real/target"""


@pytest.mark.parametrize("umask", [0o002, 0o022, 0o077])
def test_what_exists_keeps_mode_owner_and_kind(provisioned: Provisioned, way: str, umask: int) -> None:
    local(provisioned.folder, umask=umask)
    there(provisioned)
    provisioned.says("chmod 640 /root/t/real/target")
    provisioned.run(File(source="rootfs/", destination="/root/t"))
    names = " ".join(line.split()[2] for line in KEPT.splitlines())
    assert provisioned.says(f"cd /root/t && stat -c '%a %U %n' {names}") == KEPT
    assert provisioned.says("cd /root/t && cat etc/app/app.conf shared/file real/target etc/app/stays") == (
        "new etc/app/app.conf\nnew shared/file\nnew links/file\nother"
    )
    assert provisioned.says("readlink /root/t/links /root/t/real/file") == "real\ntarget"
    assert provisioned.says("find /root/t -name '.part-*'") == ""


@pytest.mark.parametrize(("umask", "expected"), [(0o002, "755"), (0o022, "755"), (0o077, "700")])
def test_what_is_new_gets_the_local_mode_without_others_writing(
    provisioned: Provisioned, way: str, umask: int, expected: str
) -> None:
    local(provisioned.folder, umask=umask)
    provisioned.run(File(source="rootfs/", destination="/root/t/new root"))
    modes = provisioned.says("cd '/root/t/new root' && stat -c %a . new new/sub var/sticky new/sub/run.sh etc/secret")
    assert modes.splitlines() == [expected, expected, expected, "1777", f"4{expected}", "600"]
    assert (
        provisioned.says("cd '/root/t/new root' && readlink new/link && cat new/link")
        == "sub/run.sh\nnew new/sub/run.sh"
    )


def test_modes_and_owners_that_are_asked_for_override_all(provisioned: Provisioned, way: str) -> None:
    local(provisioned.folder)
    there(provisioned)
    provisioned.run(
        File(source="rootfs/", destination="/root/t", mode="0640", dir_mode="2750", owner="other", group="daemon")
    )
    said = provisioned.says(
        "cd /root/t && stat -c '%a %U:%G %n' "
        "etc etc/app etc/app/app.conf new/sub/run.sh real/target var/sticky etc/kept"
    )
    assert said.splitlines() == [
        "2750 other:daemon etc",
        "2750 other:daemon etc/app",
        "640 other:daemon etc/app/app.conf",
        "640 other:daemon new/sub/run.sh",
        "640 other:daemon real/target",
        "2750 other:daemon var/sticky",
        "755 root:root etc/kept",
    ]
    assert provisioned.says("stat -c '%a %U' /root/t") == "755 root", "the destination was there"
    provisioned.run(File(source="rootfs/", destination="/root/t", owner="0"))
    assert (
        provisioned.says("cd /root/t && stat -c '%a %U:%G %n' etc/app/app.conf") == "640 root:daemon etc/app/app.conf"
    )


def test_an_owner_takes_no_set_id_bit_away(provisioned: Provisioned) -> None:
    local(provisioned.folder)
    there(provisioned)
    provisioned.run(File(source="rootfs/", destination="/root/t", owner="daemon"))
    said = provisioned.says("cd /root/t && stat -c '%a %U' new/sub/run.sh etc/app/app.conf")
    assert said.splitlines() == ["4755 daemon", "4640 daemon"]


def put(path: Path, kind: str) -> None:
    if kind == "folder":
        path.mkdir()
    elif kind == "link":
        path.symlink_to("a")
    else:
        path.touch()


@pytest.mark.parametrize(
    ("on_host", "here", "said"),
    [
        ("mkdir x", "file", "x is a directory there and a file here"),
        ("echo 1 >x", "folder", "x is a file there and a directory here"),
        ("ln -s nowhere x", "folder", "x is a link that leads to no directory there and a directory here"),
        ("echo 1 >x", "link", "x is a file there and a link here"),
        ("mkdir x", "link", "x is a directory there and a link here"),
        ("mkdir y; ln -s y x", "file", "x is a link to a directory there and a file here"),
        ("mkfifo x", "file", "x is a device, pipe or socket there and a file here"),
    ],
)
def test_a_thing_of_another_kind_is_not_replaced_but_named(
    provisioned: Provisioned, way: str, on_host: str, here: str, said: str
) -> None:
    top = provisioned.folder / "top"
    top.mkdir()
    (top / "before").write_text("")
    put(top / "x", here)
    provisioned.says(f"cd /root/t && {on_host}")
    before = provisioned.says("ls -l --time-style=+ /root/t/x")
    with pytest.raises(UCloudImageError, match=said if way != "sftp" else "x is another kind of thing there"):
        provisioned.run(File(source="top/", destination="/root/t"))
    assert provisioned.says("ls -l --time-style=+ /root/t/x") == before


def test_a_link_takes_the_place_of_a_link(provisioned: Provisioned, way: str) -> None:
    (provisioned.folder / "top/folder").mkdir(parents=True)
    (provisioned.folder / "top/x").symlink_to("new")
    (provisioned.folder / "top/folder/y").symlink_to("../new")
    provisioned.says("cd /root/t && mkdir old folder && ln -s old x && ln -s nowhere folder/y && touch old/stays")
    provisioned.run(File(source="top/", destination="/root/t"))
    assert provisioned.says("cd /root/t && readlink x folder/y; ls old") == "new\n../new\nstays"


def test_a_single_file_keeps_what_is_there_and_is_never_wider_than_here(provisioned: Provisioned) -> None:
    there(provisioned)
    one = provisioned.folder / "one"
    one.write_text("1")
    for here, expected in ((0o666, "644"), (0o600, "600"), (0o6777, "6755"), (0o440, "440")):
        one.chmod(here)
        provisioned.run(File(source="one", destination=f"/root/t/one-{here:o}"))
        assert provisioned.says(f"stat -c %a /root/t/one-{here:o}") == expected
        provisioned.run(File(source="one", destination="/root/t/etc/app/app.conf"))
        assert provisioned.says("stat -c '%a %U' /root/t/etc/app/app.conf") == "4640 other"
    provisioned.run(File(content="text", destination="/root/t/etc/app/app.conf"))
    assert (
        provisioned.says("stat -c '%a %U' /root/t/etc/app/app.conf; cat /root/t/etc/app/app.conf") == "4640 other\ntext"
    )
    provisioned.run(File(content="text", destination="/root/t/etc/app/app.conf", mode="4711", owner="daemon"))
    assert provisioned.says("stat -c '%a %U:%G' /root/t/etc/app/app.conf") == "4711 daemon:root"
    provisioned.run(File(content="text", destination="/root/t/secret", mode="600", group="daemon"))
    assert provisioned.says("stat -c '%a %U:%G' /root/t/secret") == "600 root:daemon"


def test_an_owner_that_the_host_does_not_know_is_named(provisioned: Provisioned) -> None:
    with pytest.raises(UCloudImageError, match="nobody-here"):
        provisioned.run(File(content="text", destination="/root/t/text", owner="nobody-here"))


def test_odd_names_arrive(provisioned: Provisioned, way: str) -> None:
    names = ["-n", "a b", "new\nline", "it's", "\\n", "密" * 80, "l" * 255, "*", "{}", "--help", " "]
    top = provisioned.folder / "top"
    (top / "--x").mkdir(parents=True)
    for name in names:
        (top / name).write_text(name)
        (top / "--x" / name).write_text(name)
    for _again in range(2):
        provisioned.run(File(source="top", destination="/root/t"))
        provisioned.run(File(source="/root/t/top", destination="back", direction="download"))
        back = provisioned.folder / "back/top"
        assert {each.name: each.read_text() for each in back.iterdir() if each.is_file()} == {n: n for n in names}
        assert {each.name for each in (back / "--x").iterdir()} == set(names)
    assert provisioned.says("find /root/t -name '.part-*'") == ""


def test_what_is_excluded_stays_here(provisioned: Provisioned, way: str) -> None:
    top = provisioned.folder / "top"
    for name in (".git/config", "src/a.py", "src/a.pyc", "src/build/x", "build/x", "docs/build", "keep/.git"):
        (top / name).parent.mkdir(parents=True, exist_ok=True)
        (top / name).write_text("")
    provisioned.run(File(source="top/", destination="/root/t", exclude=["*.pyc", ".git/", "/build", "src/**/x"]))
    assert provisioned.says("cd /root/t && find . -type f | sort").splitlines() == [
        "./docs/build", "./keep/.git", "./src/a.py",
    ]  # fmt: skip
