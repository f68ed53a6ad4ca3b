"""What identifies a machine is not in its image: hosts from one image are strangers to each other and to their builder.

On real hosts, of an image with cloud-init and of one without.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from ucloud_provider.communicators.ssh_keys import KeyPair
from ucloud_provider.errors import StepFailed
from ucloud_provider.spec.rules import TRACES

from tests.emulator.build.conftest import DEBIAN, Builds, Run
from tests.support.from_image import FromImage, hosts_from
from tests.support.ssh import run, ssh

CLOUD_INIT = "uimage-debian12-ci"
KEY = KeyPair.generate("of the tests")
KEYS = "cat /etc/ssh/ssh_host_*_key.pub | cut -d' ' -f1,2 | sort"
IDENTITY = ("cat /etc/machine-id", KEYS, "cat /var/lib/dbus/machine-id")

# What a careless afternoon on the host leaves, and what a host of another kind would have.
CLUTTER = """
echo secret-command | tee /root/.bash_history /root/.python_history > /root/.mysql_history
useradd -m worker && echo theirs > /home/worker/.bash_history
mkdir -p /tmp/a/b /var/tmp/c && touch /tmp/a/b/upload /var/tmp/c/upload /tmp/.hidden
mkdir -p /var/lib/dhcp && echo lease > /var/lib/dhcp/dhclient.eth0.leases
echo seed > /var/lib/systemd/random-seed
mkdir -p /var/log/journal/x && echo secret-log | tee /var/log/auth.log /var/log/auth.log.1 > /var/log/journal/x/y
rm -f /etc/ssh/ssh_host_*_key-cert.pub && touch /etc/ssh/ssh_host_ed25519_key-cert.pub
echo kept > /etc/ssh/ssh_known_hosts
cp -p /etc/shadow /etc/shadow- && grep ^root: /etc/shadow > /etc/root-of-the-builder
cp /etc/machine-id /etc/of-the-builder && cat /etc/ssh/ssh_host_*_key.pub > /etc/ssh/of-the-builder
mkdir -p /var/lib/cloud/scripts/per-boot && printf '#!/bin/sh\\necho booted >> /root/booted\\n' > \
    /var/lib/cloud/scripts/per-boot/ours && chmod +x /var/lib/cloud/scripts/per-boot/ours
"""
LEFT = """
ls -A /tmp /var/tmp | grep -vE ':$|^$|systemd-private|^\\.X|^\\.ICE|^\\.font|^\\.XIM'
find / -xdev '(' -name '.*_history' -o -name 'dhclient.*' -path '/var/lib/*' -o -name random-seed ')' -type f
grep -rl secret-log /var/log
find / -xdev -name '*.sealed'
ls /etc/ssh/*cert* 2>/dev/null
true
"""
# /tmp is no witness: Debian empties it at every boot itself.
KEPT = """
test "$(ls /var/lib/cloud/instances 2>/dev/null | grep -c ^uhost-)" -gt 1 && echo cloud_init
cmp -s /etc/machine-id /etc/of-the-builder && echo machine_id
grep -qs secret-command /root/.bash_history && grep -qs theirs /home/worker/.bash_history && echo shell_history
grep -qs seed /var/lib/systemd/random-seed && echo random_seed
grep -qs lease /var/lib/dhcp/dhclient.eth0.leases && echo dhcp_leases
grep -qs secret-log /var/log/auth.log && grep -qs secret-log /var/log/journal/x/y && echo logs
test -e /var/tmp/c/upload && echo temporary_files
grep -qsFxf /etc/root-of-the-builder /etc/shadow- && echo password
cat /etc/ssh/ssh_host_*_key.pub | cmp -s - /etc/ssh/of-the-builder && echo ssh_host_keys
true
"""
BOOTED = "test -s /root/booted"


@pytest.fixture
def key(tmp_path: Path) -> str:
    """The private half of KEY, as a file of the project's."""
    (tmp_path / "key").write_text(KEY.private)
    return "key"


def facts(host: FromImage) -> list[str]:
    return host.says(*IDENTITY)


@pytest.mark.parametrize("source", [DEBIAN, CLOUD_INIT])
def test_hosts_from_an_image_have_identities_of_their_own_and_no_traces(builds: Builds, source: str) -> None:
    image = builds.build(
        source_image_id=source,
        provisioners=[Run(command=f"echo ID $(cat /etc/machine-id); {KEYS} | sed 's/^/KEY /'"), Run(command=CLUTTER)],
    )
    said = builds.progress.lines
    machine_ids = [line.split()[1] for line in said if line.startswith("ID ")]
    keys = {line.removeprefix("KEY ") for line in said if line.startswith("KEY ")}
    assert machine_ids
    assert keys
    with hosts_from(builds.emulator, image.image_id, 2) as hosts:
        for host in hosts:
            machine_id, host_keys, dbus = facts(host)
            assert machine_id == dbus
            assert machine_id not in machine_ids
            machine_ids.append(machine_id)
            assert len(host_keys.splitlines()) >= 2
            assert not keys & set(host_keys.splitlines())
            keys |= set(host_keys.splitlines())
            left, authorized, kept, services = host.says(
                LEFT,
                "cat /root/.ssh/authorized_keys 2>/dev/null | wc -l",
                "cat /etc/ssh/ssh_known_hosts; ls /var/lib/cloud/scripts/per-boot",
                "systemctl is-system-running --wait || systemctl --failed",
            )
            assert (left, authorized, kept, services) == ("", "0", "kept\nours", "running")
            if source == CLOUD_INIT:
                instances, _booted = host.says(
                    "cloud-init status --wait >/dev/null; ls /var/lib/cloud/instances", BOOTED
                )
                assert instances == host.id


@pytest.mark.parametrize("name", TRACES)
def test_each_trace_is_kept_by_its_name_alone(builds: Builds, name: str) -> None:
    source = CLOUD_INIT if name == "cloud_init" else DEBIAN
    image = builds.build(source_image_id=source, keep_in_image=[name], provisioners=[Run(command=CLUTTER)])
    with hosts_from(builds.emulator, image.image_id) as (host,):
        assert host.says(KEPT) == [name]


def test_all_traces_can_be_kept(builds: Builds) -> None:
    image = builds.build(keep_in_image=TRACES, provisioners=[Run(command=CLUTTER)])
    with hosts_from(builds.emulator, image.image_id) as (host,):
        assert host.says(KEPT)[0].split() == [name for name in TRACES if name != "cloud_init"]


NO_UNIT = "systemctl -q disable ssh-hostkeys.service && rm /etc/systemd/system/ssh-hostkeys.service"


def test_where_nothing_makes_host_keys_at_boot_a_unit_is_put_there_that_does(builds: Builds) -> None:
    first = builds.build(provisioners=[Run(command=NO_UNIT)])
    assert any("nothing makes SSH host keys at boot" in note for note in builds.progress.notes)
    again = builds.build(source_image_id=first.image_id, provisioners=[Run(command="true")])
    assert len(builds.progress.notes) == 1
    with hosts_from(builds.emulator, again.image_id, 2) as hosts:
        (one, one_failed), (other, other_failed) = [host.says(KEYS, "systemctl --failed --plain -q") for host in hosts]
    assert one
    assert not set(one.splitlines()) & set(other.splitlines())
    assert one_failed == other_failed == ""


def test_where_nothing_could_make_host_keys_they_are_kept_and_a_note_says_so(builds: Builds) -> None:
    # What every tool looks at to tell whether the system runs systemd.
    hidden = "mv /run/systemd/system /run/systemd/away"
    image = builds.build(provisioners=[Run(command=f"{NO_UNIT} && {hidden} && {KEYS} | sed 's/^/KEY /'")])
    assert any("the SSH host keys are kept" in note for note in builds.progress.notes)
    with hosts_from(builds.emulator, image.image_id) as (host,):
        (keys,) = host.says(KEYS)
    assert {f"KEY {key}" for key in keys.splitlines()} == set(builds.progress.lines)


def test_a_connection_that_breaks_while_sealing_is_made_again(builds: Builds, state: Path) -> None:
    drop = "while [ -s /etc/machine-id ]; do sleep 0.02; done; pkill -9 -f '^sshd: root@notty'"
    slow = "mkdir /var/tmp/many && cd /var/tmp/many && seq 40000 | xargs touch"
    image = builds.build(provisioners=[Run(command=f'systemd-run -q sh -c "{drop}"'), Run(command=slow)])
    (log,) = state.glob("builds/*/build.log")
    assert "the connection broke while sealing; once more" in log.read_text()
    with hosts_from(builds.emulator, image.image_id) as (host,):
        assert host.says(LEFT, "cat /root/.ssh/authorized_keys | wc -l") == ["", "0"]


def test_a_login_that_is_not_root_seals_by_sudo(builds: Builds, key: str) -> None:
    first = builds.build(provisioners=[Run(command=_user("ubuntu ALL=(ALL) NOPASSWD: ALL"))])
    image = builds.build(
        source_image_id=first.image_id,
        ssh_username="ubuntu",
        ssh_private_key_file=key,
        provisioners=[Run(command="id -un; sudo touch /tmp/upload; echo mine > ~/.bash_history")],
    )
    assert "ubuntu" in builds.progress.lines
    with hosts_from(builds.emulator, image.image_id) as (host,):
        assert host.says(LEFT) == [""]


def test_a_login_that_is_not_root_seals_by_sudo_with_its_password(builds: Builds) -> None:
    rule = "ubuntu ALL=(ALL) ALL"
    first = builds.build(provisioners=[Run(command=f"{_user(rule)}echo ubuntu:planted-Pass1 | chpasswd")])
    image = builds.build(
        source_image_id=first.image_id,
        ssh_username="ubuntu",
        ssh_password="planted-Pass1",
        provisioners=[Run(command="touch /tmp/upload; ! sudo -n true 2>/dev/null")],
    )
    with hosts_from(builds.emulator, image.image_id) as (host,):
        assert host.says(LEFT) == [""]


def test_a_login_that_cannot_seal_fails_and_says_what_to_do(builds: Builds, key: str) -> None:
    first = builds.build(provisioners=[Run(command=_user())])
    given = {"source_image_id": first.image_id, "ssh_username": "ubuntu", "ssh_private_key_file": key}
    with pytest.raises(StepFailed, match="neither root nor may use sudo") as caught:
        builds.build(**given)
    assert "keep_in_image" in str(caught.value)
    assert "user ubuntu may not use sudo" in builds.progress.notes[-1]
    assert builds.images() == [first.image_id]
    image = builds.build(**given, keep_in_image=TRACES)
    assert len(builds.images()) == 2
    with hosts_from(builds.emulator, image.image_id) as (host,):
        assert host.says("wc -l < /home/ubuntu/.ssh/authorized_keys") == ["1"]


IMAGE_PASSWORD = {"LoginMode": "ImagePasswd"}
COPIES = "cp -p /etc/shadow /etc/shadow-; cp -p /etc/shadow /var/backups/shadow.bak; "


@pytest.mark.parametrize("source", [DEBIAN, CLOUD_INIT])
def test_the_builds_password_is_locked_and_a_host_from_the_image_gets_its_own(builds: Builds, source: str) -> None:
    show = "awk -F: '$1 == \"root\" {print $2}' /etc/shadow"
    image = builds.build(source_image_id=source, provisioners=[Run(command=f"{COPIES}{show}")])
    hashed = builds.progress.lines[-1]
    assert hashed.startswith("$")
    assert not any("password of root" in note for note in builds.progress.notes)
    # With the password that UCloud gives it, in place of `*`.
    with hosts_from(builds.emulator, image.image_id) as (host,):
        said, copies = host.says(show, "cut -d: -f1,2 /etc/shadow- /var/backups/shadow.bak | grep ^root:")
        assert said.startswith("$")
        assert said != hashed
        assert copies.splitlines() == ["root:*", "root:*"]
        owners = host.says("stat -c '%U:%G %a' /etc/shadow- /var/backups/shadow.bak")[0].splitlines()
        assert set(owners) == {"root:shadow 640"}


def test_keys_let_in_to_a_host_whose_password_is_the_images_also_without_pam(builds: Builds, tmp_path: Path) -> None:
    sshd = f"mkdir -p -m 700 /root/.ssh; echo '{KEY.public}' >> /root/.ssh/authorized_keys; "
    sshd += "printf 'UsePAM no\\n' > /etc/ssh/sshd_config.d/10-mine.conf"
    image = builds.build(provisioners=[Run(command=sshd)])
    (tmp_path / "key").write_text(KEY.private)
    (tmp_path / "key").chmod(0o600)
    with (
        hosts_from(builds.emulator, image.image_id, LoginMode="ImagePasswd") as (host,),
        ssh(host.address, key=tmp_path / "key") as client,
    ):
        assert run(client, "awk -F: '$1 == \"root\" {print $2}' /etc/shadow") == "*"


def test_a_password_that_a_provisioner_sets_stays(builds: Builds) -> None:
    image = builds.build(provisioners=[Run(command="echo root:Of-the-image-1 | chpasswd")])
    with (
        hosts_from(builds.emulator, image.image_id, LoginMode="ImagePasswd") as (host,),
        ssh(host.address, password="Of-the-image-1") as client,
    ):
        assert run(client, "echo in") == "in"


def test_ssh_password_stays_where_it_is_to_be_kept(builds: Builds) -> None:
    image = builds.build(ssh_password="Of-the-image-2", keep_in_image=["password"])
    with (
        hosts_from(builds.emulator, image.image_id, LoginMode="ImagePasswd") as (host,),
        ssh(host.address, password="Of-the-image-2") as client,
    ):
        assert run(client, "echo in") == "in"


def test_where_nothing_can_tell_whose_password_it_is_it_is_locked_and_a_note_says_so(builds: Builds) -> None:
    without = "mv $(command -v perl) /root/perl; for f in /sbin/unix_chkpwd; do mv $f /root/; done"
    image = builds.build(provisioners=[Run(command=f"{COPIES}{without}")])
    assert any("the password of root may be the build's" in note for note in builds.progress.notes)
    with hosts_from(builds.emulator, image.image_id) as (host,):
        assert host.says("grep ^root: /etc/shadow- | cut -d: -f2") == ["*"]


def _user(sudoers: str = "") -> str:
    """A command that makes a user who is let in by the key of the tests."""
    return f"""
useradd -m -s /bin/bash ubuntu && mkdir /home/ubuntu/.ssh
echo '{KEY.public}' > /home/ubuntu/.ssh/authorized_keys
chown -R ubuntu: /home/ubuntu && chmod 700 /home/ubuntu/.ssh
[ -z '{sudoers}' ] || echo '{sudoers}' > /etc/sudoers.d/ubuntu
"""
