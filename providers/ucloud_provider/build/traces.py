"""What identifies a machine and does not go into an image: each kind by the name that `keep_in_image` knows it by.

Every kind is a shell function for /bin/sh on the host, run as root. It must be content where there is nothing, and
return false where something is left that should not be.
"""

from __future__ import annotations

import shlex
from collections.abc import Collection

CLOUD_INIT_SECONDS = 120
"""How long cloud-init may take to end before its data is removed all the same."""

HOST_KEYS_UNIT = "ucloud-image-ssh-host-keys.service"

# For systems where nothing makes host keys at boot, as on Debian without cloud-init: sshd would not start.
_UNIT = f"""\
[Unit]
Description=Make SSH host keys where there are none
After=cloud-init.service cloud-init-network.service
Before=ssh.service sshd.service
ConditionPathExistsGlob=!/etc/ssh/ssh_host_*_key

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=%s -A

[Install]
WantedBy=multi-user.target ssh.service sshd.service
# Installed by ucloud-image, which takes SSH host keys out of images; {HOST_KEYS_UNIT}
"""

# A unit that only runs at a first boot is no use: an image with an emptied machine-id has none, for systemd.
_SSH_HOST_KEYS = f"""\
made_at_boot() {{
    if [ ! -d /run/systemd/system ]; then
        grep -qs ssh-keygen /etc/init.d/ssh /etc/init.d/sshd
        return
    fi
    if [ "$cloud_init" = sealed ] && [ ! -e /etc/cloud/cloud-init.disabled ] &&
        grep -qsE '^[[:space:]]*- *\\[?ssh([],]|[[:space:]]|$)' /etc/cloud/cloud.cfg /etc/cloud/cloud.cfg.d/*.cfg; then
        for unit in cloud-init.service cloud-init-network.service; do
            systemctl -q is-enabled "$unit" 2>/dev/null && return 0
        done
    fi
    for file in $(grep -lsE 'ssh-keygen|sshd-gen-?keys' /etc/systemd/system/*.service \\
        /usr/lib/systemd/system/*.service /lib/systemd/system/*.service); do
        grep -qs '^ConditionFirstBoot=' "$file" && continue
        case ${{file##*/}},$(systemctl is-enabled "${{file##*/}}" 2>/dev/null) in
            *,masked*) ;;
            *,enabled | *,static | *,indirect | sshd-keygen*) return 0 ;;
        esac
    done
    return 1
}}
if ! made_at_boot; then
    if [ ! -d /run/systemd/system ]; then
        echo "note: the SSH host keys are kept: nothing makes new ones at boot, and there is no systemd to do so"
        return 0
    fi
    keygen=$(command -v ssh-keygen) || return 1
    printf {shlex.quote(_UNIT)} "$keygen" > /etc/systemd/system/{HOST_KEYS_UNIT} || return 1
    systemctl -q enable {HOST_KEYS_UNIT} || return 1
    echo "note: nothing makes SSH host keys at boot here, so {HOST_KEYS_UNIT} was installed, which does"
fi
rm -f /etc/ssh/ssh_host_*_key /etc/ssh/ssh_host_*_key.pub /etc/ssh/ssh_host_*_key-cert.pub
"""

# Emptied, not removed: a missing one would make systemd take the next boot for the very first, and reset all units.
_MACHINE_ID = """\
if [ -e /etc/machine-id ]; then : > /etc/machine-id || return 1; fi
if [ ! -L /var/lib/dbus/machine-id ]; then rm -f /var/lib/dbus/machine-id || return 1; fi
rm -f /var/lib/systemd/credential.secret /var/lib/NetworkManager/secret_key
"""

# Not `cloud-init clean`: that takes away scripts/ too, where an image may well have what its hosts are to run.
_CLOUD_INIT = """\
rm -rf /var/lib/cloud/instance /var/lib/cloud/instances /var/lib/cloud/data
"""

_SHELL_HISTORY = """\
for home in $homes; do
    for shell in bash ash zsh sh ksh python mysql psql sqlite rediscli; do
        rm -f "$home/.${shell}_history" || return 1
    done
    rm -f "$home/.lesshst" "$home/.viminfo" "$home/.local/share/fish/fish_history" || return 1
done
"""

_TEMPORARY_FILES = """\
for folder in /tmp/ /var/tmp/; do
    [ -d "$folder" ] || continue
    find "$folder" -xdev -mindepth 1 -delete 2>/dev/null
    # What services put there at this very moment is none of the build's: it is tried twice, and sockets do not count.
    find "$folder" -xdev -mindepth 1 -delete 2>/dev/null
    left=$(find "$folder" -xdev -mindepth 1 -type f | head -n 3)
    [ -z "$left" ] || { echo "left: $left"; return 1; }
done
"""

# The service saves a new seed when it stops, at the shutdown at the latest: so it is stopped before.
_RANDOM_SEED = """\
[ -d /run/systemd/system ] && systemctl -q stop systemd-random-seed.service 2>/dev/null
rm -f /var/lib/systemd/random-seed /var/lib/urandom/random-seed /var/lib/misc/random-seed /var/lib/seedrng/*
"""

_DHCP_LEASES = """\
rm -f /var/lib/dhcp/*.lease* /var/lib/dhclient/*.lease* /var/lib/dhcpcd/*.lease* /var/db/dhcpcd/*.lease* \\
    /var/lib/NetworkManager/*.lease* /var/lib/wicked/lease-*
"""

# The files stay, empty, with their owners and modes: some daemons do not make them anew.
_LOGS = """\
for log in wtmp btmp lastlog faillog tallylog auth.log secure syslog messages kern.log daemon.log user.log debug \\
    cron cron.log maillog mail.log dmesg boot.log cloud-init.log cloud-init-output.log audit/audit.log; do
    if [ -f "/var/log/$log" ]; then : > "/var/log/$log" || return 1; fi
    rm -f "/var/log/$log".[0-9]* "/var/log/$log"-[0-9]* || return 1
done
rm -rf /var/log/journal/*
"""

# Hosts from the image get a password of their own from UCloud, which may well be the first that they have. `*` is one
# that nothing matches; `!` would keep keys out, too, where sshd runs without PAM.
_SHADOW = """\
for user in root "$login"; do
    [ -n "$password" ] || return 0
    hash=$(user=$user awk -F: '$1 == ENVIRON["user"] { print $2; exit }' /etc/shadow)
    case $hash in '' | '!'* | '*'*) continue ;; esac
    of_the_build
    case $? in
        0) ;;
        1) continue ;;
        *) echo "note: the password of $user may be the build's, which cannot be told here: it is locked" ;;
    esac
    for file in /etc/shadow /etc/shadow- /var/backups/shadow.bak; do
        [ -f "$file" ] || continue
        cp -p "$file" "$file.sealed" || return 1
        user=$user hash=$hash awk -F: -v OFS=: \\
            '$1 == ENVIRON["user"] && $2 == ENVIRON["hash"] { $2 = "*" } { print }' "$file" > "$file.sealed" || return 1
        [ "$(wc -l < "$file")" = "$(wc -l < "$file.sealed")" ] && mv -f "$file.sealed" "$file" || return 1
        if command -v restorecon >/dev/null; then restorecon "$file"; fi
    done
done
}
of_the_build() {  # 0: the password of $user, whose entry is $hash; 1: another; 2: who knows
    for check in /sbin/unix_chkpwd /usr/sbin/unix_chkpwd; do
        [ -x "$check" ] || continue
        printf '%s\\0' "$password" | "$check" "$user" nonull >/dev/null 2>&1
        case $? in 0) return 0 ;; 7) return 1 ;; esac
    done
    command -v perl >/dev/null || return 2
    printf '%s\\n' "$password" "$hash" |
        perl -e 'chomp($p = <STDIN>); chomp($h = <STDIN>); $c = crypt($p, $h) // exit 2; exit($c eq $h ? 0 : 1)'
"""

TRACES: dict[str, tuple[str, str]] = {
    "cloud_init": ("cloud-init's data of this instance, in /var/lib/cloud", _CLOUD_INIT),
    "machine_id": ("/etc/machine-id, D-Bus's copy, and secrets derived for the machine", _MACHINE_ID),
    "shell_history": ("what shells and clients remember of their input, of every user", _SHELL_HISTORY),
    "random_seed": ("the seed of the random number generator", _RANDOM_SEED),
    "dhcp_leases": ("leases of DHCP clients", _DHCP_LEASES),
    "logs": ("the system's logs: logins, the journal, cloud-init's", _LOGS),
    "temporary_files": ("everything in /tmp and /var/tmp, with uploads and scripts there", _TEMPORARY_FILES),
    "password": ("the password of root and of the login, where it is still the build's", _SHADOW),
    # Last of all: sshd reads them for each connection, so that without them none can be made again.
    "ssh_host_keys": ("the SSH host keys; hosts from the image make their own at boot", _SSH_HOST_KEYS),
}
"""What is removed by default, in this order: its name, what it is, how."""

# Whatever is kept: the user data of the build holds its host key's private half, and would end the next host, too.
_OURS = """\
for file in $(grep -rlsF -- "$mark" /var/lib/cloud); do rm -f "$file" || return 1; done
"""

_KEYS = """\
for home in $homes; do
    for file in "$home/.ssh/authorized_keys" "$home/.ssh/authorized_keys2"; do
        if [ -f "$file" ] && grep -qsF -- "$key" "$file"; then
            grep -vF -- "$key" "$file" > "$file.sealed"
            [ $? -le 1 ] || return 1  # 1: there was no other key
            cat "$file.sealed" > "$file" && rm -f "$file.sealed" || return 1
        fi
    done
done
"""

# Where the connection broke, the first run may still be at work. A lock on a folder that is there leaves no trace.
_ALONE = """\
if command -v flock >/dev/null && [ -d "$1" ]; then exec 9< "$1"; flock -w 120 9; fi
"""

# One that is still at work would write down anew what was removed, and might not be through with the user's data.
_WAIT = f"""\
if command -v cloud-init >/dev/null; then timeout {CLOUD_INIT_SECONDS} cloud-init status --wait >/dev/null 2>&1; fi
"""

_MAIN = """\
failed=
for each in {functions}; do "$each" || failed="$failed $each"; done
sync
if [ -n "$failed" ]; then echo "failed:$failed"; exit 1; fi
echo {done}
"""

DONE = "ucloud-image: sealed"
"""The last line of a script that did all it should."""


def script(*, remove: Collection[str], key: str = "", mark: str = "", every_home: bool = True, login: str = "") -> str:
    """The script that takes the named traces off a host, for /bin/sh; its first argument is the login's home folder.

    `key` is the body of the public key that is taken out of authorized_keys, and `mark` what a file of cloud-init's
    that holds user data of ours has in it; empty: no such thing. Without `every_home` only the login's own counts.
    `login` is the user whose password is the build's: that is then the first line of the script's input.
    """
    bodies = {"user_data": _OURS} if mark else {}
    bodies |= {name: body for name, (_what, body) in TRACES.items() if name in remove}
    if key:
        # Last: nobody can log in again after it.
        bodies["authorized_keys"] = _KEYS
    others = "$(cut -d: -f6 /etc/passwd | grep '^/.' | sort -u)" if every_home else ""
    lines = [
        _ALONE,
        f"key={shlex.quote(key)} mark={shlex.quote(mark)}",
        f"cloud_init={'sealed' if 'cloud_init' in remove else 'kept'}",
        f'homes="$1 {others}"',
        f"login={shlex.quote(login)} password=",
        *(["IFS= read -r password"] if login and "password" in remove else ()),
        *([_WAIT] if mark or "cloud_init" in remove else ()),
        *(f"{name}() {{\n{body}}}" for name, body in bodies.items()),
        _MAIN.format(functions=" ".join(bodies), done=shlex.quote(DONE)) if bodies else f"sync; echo {DONE}",
    ]
    return "\n".join(lines)
