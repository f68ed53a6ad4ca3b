"""The command line: `ucloud-image gc` collects what builds left in the cloud."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ucloud_provider.build.collect import Leftover
    from ucloud_provider.cloud.client import Api
    from ucloud_provider.masking import Masker

FAILED = 1
"""Exit code where something could not be listed or released."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; its exit code. Credentials come from the environment or the shared credentials file."""
    from ucloud_provider.errors import UCloudImageError
    from ucloud_provider.masking import Masker

    arguments = _parser().parse_args(argv)
    masked = Masker()
    try:
        return _gc(arguments, masked)
    except UCloudImageError as error:
        print(masked(f"error: {error}"), file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="ucloud-image", description="Custom images on UCloud.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    gc = commands.add_parser(
        "gc",
        help="collect what builds left in the cloud",
        description="Lists the temporary things of builds (hosts with their EIPs and disks, key pairs, firewalls, "
        "images that nobody was told of) and collects those whose lease has ended or whose build is known to be dead. "
        "Needs no journal; never touches a build that is still running elsewhere, nor anything that is not ours.",
    )
    gc.add_argument("--dry-run", action="store_true", help="list only")
    gc.add_argument("--all-projects", action="store_true", help="every project of the account, not just the default")
    gc.add_argument("--region", action="append", metavar="REGION", help="only this region; may be given again")
    return parser


def _gc(arguments: argparse.Namespace, masked: Masker) -> int:
    from ucloud_provider.build import collect, dead_builds, recover
    from ucloud_provider.cloud import account

    apis = _places(arguments.all_projects, arguments.region, masked)
    unlisted: list[str] = []
    found = collect.find(apis, account.now(apis[0]), unlisted)
    if not arguments.dry_run:
        recover.forget_logins(apis[0])
        dead_builds.prune()
    for place in unlisted:
        print(masked(f"error: not listed: {place}"), file=sys.stderr)
    done = FAILED if unlisted else 0
    if not found:
        print("Nothing is left of any build" + (" where it could be listed." if unlisted else "."))
        return done
    _table(found)
    collectable = [each for each in found if each.collectable]
    if arguments.dry_run or not collectable:
        print(f"\n{len(collectable)} of {len(found)} can be collected" + (" (dry run)." if arguments.dry_run else "."))
        return done
    print()
    failed = collect.remove(apis[0], found, lambda each, said: print(masked(f"{each.thing}: {said}")))
    print(f"\n{len(collectable) - len(failed)} of {len(collectable)} collected.")
    return FAILED if failed else done


def _places(all_projects: bool, regions: Sequence[str] | None, masked: Masker) -> list[Api]:
    """The projects and regions to look at; the keys that it takes are kept out of what is printed."""
    from ucloud_provider.cloud import account, credentials
    from ucloud_provider.cloud.client import connect
    from ucloud_provider.errors import InvalidSpec

    found = credentials.resolve(lambda _key: None)
    masked.add(*found.secrets())
    api = connect(found, region=next(iter(regions or ()), None) or found.region or "cn-bj2")
    known = account.zones(api)
    for region in regions or ():
        if region not in known:
            raise InvalidSpec([f"--region: {region!r} is not a region; one of {', '.join(sorted(known))}"])
    projects = sorted(account.projects(api)) if all_projects else [found.project_id or account.default_project(api)]
    return [api.at(project_id=project, region=region) for project in projects for region in regions or sorted(known)]


def _table(found: Sequence[Leftover]) -> None:
    from tabulate import tabulate

    rows = []
    for each in found:
        cost = "?" if each.cost is None else f"¥{each.cost:.2f}"
        mark = "yes" if each.collectable else "no"
        thing = each.thing
        rows.append((thing.kind, thing.id, thing.region, _age(each.age), cost, f"{mark}: {each.why}"))
    print(tabulate(rows, ("WHAT", "ID", "REGION", "AGE", "COST", "COLLECT"), tablefmt="plain", disable_numparse=True))


def _age(seconds: float) -> str:
    minutes = int(seconds // 60)
    return f"{minutes // 1440} d" if minutes >= 2880 else f"{minutes // 60} h" if minutes >= 120 else f"{minutes} min"


if __name__ == "__main__":
    sys.exit(main())
