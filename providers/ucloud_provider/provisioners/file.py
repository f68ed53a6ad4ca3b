"""The provisioner `file`: moves files and directories to the host, or from it."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any, ClassVar

from ucloud_provider.communicators.base import Communicator
from ucloud_provider.communicators.placing import Placing
from ucloud_provider.errors import CommunicatorError, ProvisionerFailed
from ucloud_provider.provisioners.base import Problem, ProvisionContext, Provisioner
from ucloud_provider.provisioners.contents import content_alone, content_of, contents
from ucloud_provider.spec import rules
from ucloud_provider.spec.args import Arg, Effect, Source, Sources, TextOrBytes, arg, args


@args
class File(Provisioner):
    """Uploads files, directories or a text to the host, or downloads from it.

    What exists on the host keeps its mode, owner and kind, a directory in the way of another as well as a file. What is
    new gets the local mode, less what lets group or others write. `mode`, `dir_mode`, `owner`, `group` override both.

    A directory named with a slash at its end stands for what is in it, without one for itself, as in rsync: `conf/` to
    `/etc/app` makes `/etc/app/nginx.conf`, `conf` to `/etc` makes `/etc/conf/nginx.conf`. A file goes to the
    destination's path, or into it where the destination ends in a slash. `~/` and `~user/` are home folders there.

    Example:
        File(source="conf/", destination="/etc/app")
    """

    type: ClassVar[str] = "file"
    takes_folders: ClassVar[bool] = True

    destination: Arg[str] = arg(
        effect=Effect.REPLACE, rule=rules.path, doc="Path on the host; for a download, the local path."
    )
    source: Arg[str | None, Source] = arg(
        default=None,
        effect=Effect.REPLACE,
        path=True,
        doc="Local file, directory or asset; for a download, a path on the host.",
    )
    sources: Arg[Sequence[str] | None, Sources] = arg(
        default=None, effect=Effect.REPLACE, path=True, doc="Several of them."
    )
    content: Arg[str | None, TextOrBytes] = arg(
        default=None, effect=Effect.REPLACE, doc="Text to write to `destination`."
    )
    direction: Arg[str] = arg(
        default="upload",
        effect=Effect.REPLACE,
        rule=rules.one_of(("upload", "download")),
        doc="`upload` or `download`.",
    )
    generated: Arg[bool] = arg(
        default=False,
        effect=Effect.REPLACE,
        doc="The source is made during the build: it need not exist before, and its content does not count.",
    )

    mode: Arg[str | None] = arg(
        default=None, effect=Effect.REPLACE, rule=rules.mode, doc="Mode of every file uploaded, such as `0640`."
    )
    dir_mode: Arg[str | None] = arg(
        default=None,
        effect=Effect.REPLACE,
        rule=rules.mode,
        doc="Mode of every directory uploaded, such as `0750`; not of a destination that was there.",
    )
    owner: Arg[str | None] = arg(
        default=None,
        effect=Effect.REPLACE,
        rule=rules.account,
        doc="Who owns all of it: a user of the host's, or an id.",
    )
    group: Arg[str | None] = arg(
        default=None, effect=Effect.REPLACE, rule=rules.account, doc="Its group: one of the host's, or an id."
    )
    exclude: Arg[Sequence[str]] = arg(
        default=(),
        effect=Effect.REPLACE,
        rule=rules.Each(rules.path),
        doc="What of directories is left out, and does not count: patterns as in .gitignore, such as `*.pyc`, `.git/`.",
    )

    def problems(self, base_dir: Path) -> Iterator[Problem]:
        if not self.generated:
            yield from super().problems(base_dir)
        given = [name for name in ("source", "sources", "content") if getattr(self, name) is not None]
        if not given or (given == ["sources"] and not self.sources):
            yield Problem("source", "nothing to move; give source, sources or content")
        for name in given[1:]:
            yield Problem(name, f"and {given[0]} are both given; give one of source, sources, content")
        if self.direction == "download" and self.content is not None:
            yield Problem("content", "cannot be downloaded; set direction to upload")
        for name in ("mode", "dir_mode", "owner", "group", "exclude"):
            if self.direction == "download" and getattr(self, name):
                yield Problem(name, "is of uploads alone; leave it out, or set direction to upload")
        if self.content is not None and self.destination.endswith("/"):
            yield Problem(
                "destination", f"{rules.shown(self.destination)} is a directory; give the path of the file to write"
            )

    def paths(self) -> Iterator[str]:
        # What the build makes itself is there after one build and not before the first: it cannot count.
        if self.direction == "upload" and not self.generated:
            yield from self._sources()

    def contents(self, path: str, base_dir: Path) -> dict[str, str]:
        return contents(path, base_dir, exclude=self.exclude)

    def counted(self, path: str, files: Mapping[str, str]) -> Any:
        found = content_of(path, files, self.exclude)
        if not isinstance(found, dict):
            return content_alone(found) if self.mode else found
        overridden = {True: self.dir_mode, False: self.mode}
        return {
            name: content_alone(entry) if overridden[not name or name.endswith("/")] else entry
            for name, entry in found.items()
        }

    def identity(self, files: Mapping[str, str]) -> dict[str, Any]:
        found = super().identity(files)
        if self.direction == "download":
            found |= {"source": list(self._sources())}
        else:
            # Where the host's path takes its last part from the local one, that name reaches the image.
            names = [
                "" if source.endswith("/") else PurePosixPath(source).name
                for source in self._sources()
                if self.destination.endswith("/") or isinstance(content_of(source, files), dict)
            ]
            found |= {"names": names} if any(names) else {}
        return found

    def provision(self, context: ProvisionContext) -> None:
        host = context.communicator
        if host is None:
            raise CommunicatorError("there is no connection to move files over; set communicator to ssh")
        if self.content is not None:
            context.on_line(f"writing {self.destination}")
            host.upload(self.content.encode(), self.destination, placing=self._placing())
        for source in self._sources():
            if self.direction == "upload":
                self._upload(host, source, context)
            else:
                self._download(host, source, context)

    def _sources(self) -> Iterator[str]:
        if self.source is not None:
            yield self.source
        yield from self.sources or ()

    def _placing(self) -> Placing:
        mode, dir_mode = (None if each is None else int(each, 8) for each in (self.mode, self.dir_mode))
        return Placing(mode, dir_mode, self.owner, self.group)

    def _upload(self, host: Communicator, source: str, context: ProvisionContext) -> None:
        local = context.base_dir / source
        target = self.destination
        if local.is_dir():
            if not source.endswith("/"):
                target = f"{target.rstrip('/')}/{local.name}"
            context.on_line(f"uploading {source} to {target}")
            host.upload_dir(local, target, placing=self._placing(), exclude=self.exclude)
        elif local.is_file():
            if target.endswith("/"):
                target += local.name
            context.on_line(f"uploading {source} to {target}")
            host.upload(local, target, placing=self._placing())
        else:
            raise ProvisionerFailed(f"file {source}", None, (), f"does not exist in {context.base_dir}")

    def _download(self, host: Communicator, source: str, context: ProvisionContext) -> None:
        local = context.base_dir / Path(self.destination).expanduser()
        name = PurePosixPath(source).name
        if host.run(f"test -d {shlex.quote(host.resolve(source))}", on_line=context.log) == 0:
            target = local if source.endswith("/") else local / name
            context.on_line(f"downloading {source} to {target}")
            host.download_dir(source, target)
            return
        target = local / name if self.destination.endswith("/") or local.is_dir() else local
        target.parent.mkdir(parents=True, exist_ok=True)
        context.on_line(f"downloading {source} to {target}")
        host.download(source, target)
