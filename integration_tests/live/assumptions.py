"""Check the assumptions of assumptions.yaml, which says how, against a workspace."""

import hmac
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from airbyte_cdk.sources.declarative.interpolation.jinja import JinjaInterpolation

from integration_tests.live.client import NotTried
from integration_tests.live.streams import Json, Page, Workspace

ASSUMPTIONS: dict[int, Json] = yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text())


def verdict(workspace: Workspace, number: int) -> Json:
    """Whether an assumption holds, and what was seen, which is no value of the workspace; raises NotTried."""
    assumption, found, reason = ASSUMPTIONS[number], Counter[str](), "no example in this workspace"
    for streams in assumption["streams"]:
        try:
            found.update(filter(None, observations(workspace, assumption, streams)))
        except NotTried as error:
            reason = str(error)
        except Exception as error:
            reason = f"a response like none that is known ({type(error).__name__})"
    if found.total() < assumption.get("at_least", 1):
        raise NotTried("no run of the day before" if assumption.get("later") else reason)
    holds = found.keys() <= set(assumption["expect"]) if "expect" in assumption else len(found) == 1
    seen = ", ".join(f"{name} ({times} times)" for name, times in sorted(found.items()))
    return {"result": "confirmed" if holds else "contradicted", "seen": seen}


def observations(workspace: Workspace, assumption: Json, streams: str) -> Iterator[str]:
    """What is noted of each page, row, record or request."""
    for base in pages(workspace, assumption, streams):
        context: Json = {"base": base, "limit": workspace.client.limit}
        changes = {base.count: assumption["page_size"]} if "page_size" in assumption else {}
        for name, template in assumption.get("params", {}).items():
            changes[name] = template and JinjaInterpolation().eval(template, {}, valid_types=(str,), **context)
        page = workspace.again(base, changes, assumption.get("token", ""))
        if assumption.get("later"):
            yield from comparison(workspace, page, changes)
            continue
        items: list[Any] = {"rows": page.rows, "sent": workspace.client.sent}.get(assumption.get("of", ""), [None])
        for row, previous in zip(items, [None, *items], strict=False):
            context |= {"page": page, "row": row, "previous": previous}
            yield str(JinjaInterpolation().eval(assumption["observe"], {}, "", **context))


def pages(workspace: Workspace, assumption: Json, streams: str) -> Iterator[Page]:
    """The pages that an assumption is about."""
    if streams == "lists":
        workspace.first("sources", rows=2)
        yield from [page for pages in workspace.pages.values() for page in pages if page.count and page.rows]
    elif streams == "without parents":
        whole = [name for name, stream in workspace.declared.items() if "partition_router" not in stream["retriever"]]
        yield from (page for name in whole for page in workspace.read(name))
    elif assumption.get("parents"):
        yield from workspace.read(streams)
    else:
        yield workspace.first(streams, assumption.get("rows", 1))


def comparison(workspace: Workspace, page: Page, changes: Json) -> Iterator[str]:
    """Compare rows with those that an earlier run has seen, of which only hashes were kept, with the token as key."""

    def digest(value: object) -> str:
        return hmac.digest(workspace.token.encode(), json.dumps(value, sort_keys=True).encode(), "sha256").hex()[:16]

    key = digest([page.path, {name: value for name, value in page.params.items() if name not in changes}])
    workspace.kept[key] = {"changes": changes, "rows": sorted(map(digest, page.rows))}
    if earlier := workspace.earlier.get(key):
        now, before = set(map(digest, workspace.again(page, earlier["changes"]).rows)), set(earlier["rows"])
        yield from ["same"] * len(now & before) + ["different"] * len(now ^ before)
