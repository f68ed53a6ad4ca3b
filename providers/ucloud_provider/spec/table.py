"""The table of every argument, its default and its effect: rendered from the declarations, for docs/arguments.md."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ucloud_provider.provisioners import kinds
from ucloud_provider.spec.image import CustomImageArgs, ImageCopy
from ucloud_provider.spec.uhost import DataDisk, UHostArgs

HEAD = """# Arguments

Every argument of every class, with its default and what changing it does to what exists:

- **replaces**: a new one is made, then the old one goes
- **updates in place**: what exists is changed; nothing is built
- **nothing**: only the next build, or the next change, sees it

A file counts by its content and the mode it gets on the host: another path, another time or another umask is no change.
Durations are seconds, or texts such as `30s`, `5m`, `1h30m`.

Of Pulumi's resource options:

- **`ignore_changes`** covers what follows from what it names: with `provisioners`, `provisioners[0].script` or
  `user_data_file` the content of the files too. Once it is lifted, what the image was not built from is a change. A
  build for another reason takes the files as they are; they must be there.
- **`replace_on_changes`** replaces by any argument, also one that changes nothing otherwise; `replace_on` does the same
  by name, from the second update on.
- **`custom_timeouts`** (create, update, delete): when the time is over, the call ends as by Ctrl-C, and a build gives
  back what it made, which takes its time. Whatever else ends a build sooner comes first.
- **`import_`** and `pulumi import` do not work with dynamic resources. The command ends in Pulumi's own
  `KeyError: '__provider'`, before anything of ours runs, and changes nothing. An image is taken over by
  `adopt_image_id`; a host that was made elsewhere cannot be: start a new one, or refer to it by its id.

Of a folder with more than 200 files, the input `files` has a line, and a preview names the first ten that changed.
`file_list` beside it has them all; it is a secret only so that Pulumi does not print it.

This page is made from the declarations by `python -m ucloud_provider.spec.table`; a test holds that it is current.
"""


def render() -> str:
    """The whole page, in Markdown."""
    sections = [HEAD]
    for title, cls in (
        ("CustomImageArgs", CustomImageArgs),
        ("ImageCopy", ImageCopy),
        ("UHostArgs", UHostArgs),
        ("DataDisk", DataDisk),
        *((kind.__name__, kind) for _type, kind in sorted(kinds().items())),
    ):
        sections.append(f"## {title}\n\n{_about(cls)}\n\n" + "\n".join(_rows(cls)) + "\n")
    return "\n".join(sections)


def _about(cls: type[Any]) -> str:
    return (cls.__doc__ or "").strip().split("\n\n")[0].replace("\n", " ")


def _rows(cls: type[Any]) -> Iterator[str]:
    yield "| argument | type | default | a change | what it is |"
    yield "| --- | --- | --- | --- | --- |"
    for field in dataclasses.fields(cls):
        meta = field.metadata
        default = "*required*" if field.default is dataclasses.MISSING else _default(field.default)
        unit = f", {meta['unit']}" if meta["unit"] else ""
        doc = meta["doc"].replace("|", "\\|") + (" Secret." if meta["secret"] else "")
        yield f"| `{field.name}` | {_type(str(field.type))}{unit} | {default} | {meta['effect'].value} | {doc} |"


def _default(value: Any) -> str:
    if value is None or value in ((), {}):
        return ""
    return f"`{value!r}`" if not isinstance(value, str) else f"`{value}`"


def _type(annotation: str) -> str:
    """`Arg[Sequence[ImageCopy]]` → `list of ImageCopy`, in words a reader of Python knows."""
    text = re.sub(r"^Arg\[(.*?)(, (?:Text|LocalPath|Source).*)?\]$", r"\1", annotation).replace(" | None", "")
    text = re.sub(r"Sequence\[(.*?)\]", r"list of \1", text)
    text = re.sub(r"Mapping\[(.*?), (.*?)\]", r"dict of \2", text)
    return text.replace("Duration", "duration").replace("|", "or").replace("Any", "any value")


if __name__ == "__main__":
    Path("docs/arguments.md").write_text(render())
