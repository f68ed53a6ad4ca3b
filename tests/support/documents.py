"""The mark of a test that holds a rule of UCloud's own documents: `@documented("uhost/guide/keypair.md", "…")`.

The page is a path in the repositories UCloudDoc-Team/<first part>. `python -m tools.rules` lists rule, page and test in
docs/rules.md; a test holds that the list is current.
"""

from __future__ import annotations

import pytest


def documented(page: str, rule: str) -> pytest.MarkDecorator:
    """Say which rule of which page a test holds. Both have to be literals: the list is read from the source."""
    return pytest.mark.documented(page=page, rule=rule)
