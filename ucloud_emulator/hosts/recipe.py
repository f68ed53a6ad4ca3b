"""What the base images are made of: Debian packages and the files that make them a UCloud-like host."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

SUITE = "bookworm"
DEFAULT_MIRROR = "http://deb.debian.org/debian"
DEFAULT_SECURITY_MIRROR = "http://deb.debian.org/debian-security"


@dataclass(frozen=True)
class File:
    path: str
    content: str
    mode: int = 0o644


@dataclass(frozen=True)
class Recipe:
    """One base layer: what is installed and written on top of its parent, in this order."""

    name: str
    parent: Recipe | None
    packages: tuple[str, ...]
    files: tuple[File, ...]
    script: str = ""
    """Runs in the layer at the end, by sh -e."""

    @property
    def digest(self) -> str:
        """Names the layer in the cache: any change of the recipe, or of its parent's, is another layer."""
        above = self.parent.digest if self.parent else SUITE
        content = repr((above, self.name, self.packages, self.files, self.script))
        return hashlib.sha256(content.encode()).hexdigest()[:12]

    @property
    def stack(self) -> tuple[Recipe, ...]:
        """What it stands on and itself, base first."""
        return (*(self.parent.stack if self.parent else ()), self)

    @property
    def folder(self) -> str:
        return f"{self.name}-{self.digest}"


# Only two kinds: sshd does without an RSA key, and making one costs more than the rest of the boot.
HOST_KEYS_UNIT = """\
[Unit]
Description=Generate the SSH host keys where there are none
Before=ssh.service
ConditionPathExists=!/etc/ssh/ssh_host_ed25519_key

[Service]
Type=oneshot
ExecStart=/usr/bin/ssh-keygen -q -N "" -t ed25519 -f /etc/ssh/ssh_host_ed25519_key
ExecStart=/bin/sh -c 'test -e /etc/ssh/ssh_host_ecdsa_key || \
exec /usr/bin/ssh-keygen -q -N "" -t ecdsa -f /etc/ssh/ssh_host_ecdsa_key'
RemainAfterExit=yes

[Install]
WantedBy=multi-user.target
"""

SSHD = """\
# UCloud's images let root in, by the password or the key that the API was given.
PermitRootLogin yes
PasswordAuthentication yes
UseDNS no
# A build opens many sessions at once before it has logged in.
MaxStartups 100:30:200
"""

MASKED = (
    "apt-daily.timer",
    "apt-daily-upgrade.timer",
    "dpkg-db-backup.timer",
    "e2scrub_all.timer",
    "e2scrub_reap.service",
    "fstrim.timer",
    "getty@tty1.service",
    "console-getty.service",
    "systemd-pstore.service",
    "systemd-firstboot.service",
    "systemd-update-utmp.service",
)

BASE = Recipe(
    name="base",
    parent=None,
    packages=(
        "systemd",
        "systemd-sysv",
        "dbus",
        "openssh-server",
        "ca-certificates",
        "iproute2",
        "iputils-ping",
        "procps",
        "curl",
        "sudo",
        "less",
        "e2fsprogs",
    ),
    files=(
        File("/etc/ssh/sshd_config.d/50-ucloud.conf", SSHD),
        File("/etc/systemd/system/ssh-hostkeys.service", HOST_KEYS_UNIT),
        File("/etc/systemd/journald.conf.d/50-small.conf", "[Journal]\nStorage=volatile\nRuntimeMaxUse=16M\n"),
        File("/etc/systemd/system.conf.d/50-fast.conf", "[Manager]\nDefaultTimeoutStopSec=10s\n"),
        # The file system below is the machine's: a sync for each file only waits for its disk.
        File("/etc/dpkg/dpkg.cfg.d/unsafe-io", "force-unsafe-io\n"),
        File("/etc/apt/apt.conf.d/50-small", 'Acquire::Languages "none";\nAPT::Install-Recommends "false";\n'),
        File("/etc/machine-id", ""),
        File("/etc/hostname", "localhost\n"),
    ),
    script=f"""
systemctl -q enable ssh-hostkeys.service
systemctl -q mask {" ".join(MASKED)}
rm -f /etc/ssh/ssh_host_* /var/lib/dbus/machine-id /etc/resolv.conf
ln -s /etc/machine-id /var/lib/dbus/machine-id
apt-get clean
apt-cache gencaches
rm -rf /var/log/bootstrap.log /var/log/apt/* /var/log/dpkg.log /tmp/*
""",
)

# cloud-init knows no UCloud: NoCloud reads meta-data, user-data and vendor-data below an address, UCloud's here.
# Modules that need hardware a host here has not (its boot disk is a folder) are left out: they fail
# and turn `cloud-init status` into an error. So are those of systems that Debian is not.
CLOUD_CONFIG = """\
datasource_list: [NoCloud, None]
datasource: {NoCloud: {seedfrom: "http://100.80.80.80/"}}
network: {config: disabled}
disable_root: false
users: []
locale: C.UTF-8
ssh_genkeytypes: [ed25519, ecdsa]
cloud_init_modules:
 - seed_random
 - bootcmd
 - write-files
 - set_hostname
 - update_hostname
 - update_etc_hosts
 - ca-certs
 - users-groups
 - ssh
cloud_config_modules:
 - ssh-import-id
 - locale
 - set-passwords
 - apt-configure
 - ntp
 - timezone
 - runcmd
cloud_final_modules:
 - package-update-upgrade-install
 - write-files-deferred
 - scripts-vendor
 - scripts-per-once
 - scripts-per-boot
 - scripts-per-instance
 - scripts-user
 - ssh-authkey-fingerprints
 - phone-home
 - final-message
 - power-state-change
"""

CLOUD_INIT = Recipe(
    name="cloudinit",
    parent=BASE,
    packages=("cloud-init",),
    files=(File("/etc/cloud/cloud.cfg.d/90-ucloud.cfg", CLOUD_CONFIG),),
    script="""
systemctl -q mask cloud-init-hotplugd.socket
apt-get clean
rm -rf /var/log/apt/* /var/log/dpkg.log /tmp/*
""",
)

YUM_SCRIPT = r"""#!/bin/sh
# A stand-in for yum on a Debian: it hands the everyday commands to apt.
# It exists because the emulator has no RPM repository; `yum --version` says so.
export DEBIAN_FRONTEND=noninteractive
yes='' quiet='' command='' packages=''

fail() { echo "yum (stand-in on apt): $*" >&2; exit 1; }

for argument in "$@"; do
    case $argument in
        -y|--assumeyes) yes=-y ;;
        -q|--quiet) quiet=-qq ;;
        -v|--verbose|-C|--cacheonly|--nogpgcheck|--skip-broken|--best|--nobest|--allowerasing) ;;
        --enablerepo=*|--disablerepo=*|--setopt=*|--exclude=*|--releasever=*) ;;
        --version) command=version ;;
        -h|--help) command=help ;;
        -*) fail "unknown option $argument" ;;
        *) if [ -z "$command" ]; then command=$argument; else packages="$packages $argument"; fi ;;
    esac
done

# What only RPM systems have, and scripts install as a matter of course.
wanted=''
for package in $packages; do
    case $package in
        epel-release|yum-utils|deltarpm) echo "Package $package is of no use here: nothing to do." ;;
        *) wanted="$wanted $package" ;;
    esac
done

# As yum refreshes what it knows when that has expired: try, refresh, try again.
refreshing() {
    [ -z "$wanted" ] && { echo 'Nothing to do'; return 0; }
    if [ -n "$yes" ] && ! apt-get -s $1 $wanted >/dev/null 2>&1; then apt-get -qq update; fi
    apt-get $yes $quiet "$@" $wanted && return
    [ -n "$yes" ] && apt-get -qq update && apt-get $yes $quiet "$@" $wanted
}

case $command in
    version)
        echo '4.0.0 (stand-in on apt)'
        echo 'This is not yum: the emulator has no RPM repository, this script hands yum commands to apt.' ;;
    install|localinstall|reinstall)
        [ -n "$packages" ] || fail "$command needs a package"
        refreshing install ;;
    remove|erase|autoremove) apt-get $yes $quiet remove $wanted ;;
    update|upgrade)
        apt-get -qq update && if [ -n "$wanted" ]; then apt-get $yes $quiet install --only-upgrade $wanted
        else apt-get $yes $quiet upgrade; fi ;;
    makecache) apt-get $quiet update && echo 'Metadata Cache Created' ;;
    check-update)
        apt-get -qq update || exit 1
        pending=$(apt-get -s upgrade | sed -n 's/^Inst //p')
        [ -z "$pending" ] || { echo "$pending"; exit 100; } ;;
    clean) apt-get clean ;;
    list)
        case "$packages" in
            ' installed'*) dpkg-query -W -f '${Package}.${Architecture}\t${Version}\tinstalled\n' ${packages# installed} ;;
            ' available'*) apt-cache pkgnames ;;
            *) apt list $packages 2>/dev/null ;;
        esac ;;
    info) apt-cache show $wanted ;;
    search) apt-cache search $wanted ;;
    provides|whatprovides) dpkg -S $wanted ;;
    repolist) grep -h '^deb ' /etc/apt/sources.list ;;
    ''|help) echo 'usage: yum [-y] [-q] install|remove|update|makecache|check-update|clean|list|info|search|repolist' ;;
    *) fail "no such command here: $command" ;;
esac
"""

YUM = Recipe(name="yum", parent=BASE, packages=(), files=(File("/usr/bin/yum", YUM_SCRIPT, 0o755),))

# As on Ubuntu's own images: root does not log in, the first user may do everything by sudo.
UBUNTU_CLOUD_CONFIG = """\
users: [default]
disable_root: true
system_info:
  default_user:
    name: ubuntu
    lock_passwd: false
    shell: /bin/bash
    sudo: ["ALL=(ALL) NOPASSWD:ALL"]
"""

UBUNTU = Recipe(
    name="ubuntu",
    parent=CLOUD_INIT,
    packages=(),
    files=(
        File("/etc/cloud/cloud.cfg.d/95-ubuntu.cfg", UBUNTU_CLOUD_CONFIG),
        File("/etc/ssh/sshd_config.d/40-ubuntu.conf", "PermitRootLogin no\n"),
        File("/etc/sudoers.d/90-ubuntu", "ubuntu ALL=(ALL) NOPASSWD:ALL\n", 0o440),
    ),
    script="useradd --create-home --shell /bin/bash --groups sudo ubuntu",
)

RECIPES = (BASE, CLOUD_INIT, YUM, UBUNTU)
