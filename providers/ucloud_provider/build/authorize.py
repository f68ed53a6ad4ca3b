"""Letting the build's own key in: the lines of shell that put it into a user's authorized_keys.

They come by user data where the image has CloudInit, and over a connection that was logged in to by password elsewhere.
"""

from __future__ import annotations

import shlex

WAIT = 600
"""Seconds for which user data waits for a user that is made later in the boot."""

# Whoever runs it is root, or the user. What is there stays as it is, its modes too; the line is added once.
_PUT = """\
put() {{
    line={line} user={user}
    entry=$(getent passwd "$user" 2>/dev/null || grep "^$user:" /etc/passwd) || return 1
    home=$(echo "$entry" | cut -d: -f6)
    [ -d "$home" ] || return 1
    file=$home/.ssh/authorized_keys
    grep -qsxF -- "$line" "$file" && return 0
    umask 077
    mkdir -p "$home/.ssh" || return 1
    if [ -s "$file" ] && [ -n "$(tail -c 1 "$file")" ]; then echo >> "$file" || return 1; fi
    echo "$line" >> "$file" || return 1
    if [ "$(id -u)" = 0 ]; then chown "$(echo "$entry" | cut -d: -f3,4)" "$home/.ssh" "$file" || return 1; fi
    if command -v restorecon >/dev/null; then restorecon -R "$home/.ssh"; fi
    return 0
}}
"""

# A boothook runs early, before sshd, at every boot. It must not make the boot wait for a user that comes later in it.
_HOOK = """\
#cloud-boothook
#!/bin/sh
# {name}: lets the build log in to this temporary host.
{put}if [ "$1" != wait ]; then
    put && exit
    systemd-run --no-block --unit={unit} /bin/sh "$0" wait && exit
    setsid /bin/sh "$0" wait </dev/null >/dev/null 2>&1 &
    exit
fi
tries=0
until put || [ "$((tries += 1))" -gt {wait} ]; do sleep 1; done
"""

UNIT = "ucloud-image-key"


def script(public_key: str, user: str) -> str:
    """For /bin/sh, run by the user or by root: lets `public_key` log in as `user`; its exit code says whether."""
    return f"{_PUT.format(line=shlex.quote(public_key), user=shlex.quote(user))}put\n"


def boothook(name: str, public_key: str, user: str) -> str:
    """The same as a part of user data, with `name` in it."""
    put = _PUT.format(line=shlex.quote(public_key), user=shlex.quote(user))
    return _HOOK.format(name=name, put=put, unit=UNIT, wait=WAIT)
