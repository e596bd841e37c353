"""The generated tables are up to date, and links between the pages resolve."""

import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from scripts import docs
from scripts.catalog import ROOT, streams

PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]


@pytest.mark.parametrize("path", docs.PARTS, ids=lambda path: path.name)
def test_generated_parts_are_up_to_date(path: Path) -> None:
    assert path.read_text() == docs.page(path), "run `make docs`"


def test_remarks_and_reasons_are_about_streams_and_operations() -> None:
    assert docs.REMARKS.keys() <= streams().keys()
    assert docs.REASONS.keys() <= docs.operations().keys()


def links(page: Path) -> Iterator[str]:
    """The targets of the links and pictures of a page."""
    for block in MarkdownIt("gfm-like", {"linkify": False}).parse(page.read_text()):
        for token in block.children or ():
            target = token.attrs.get("href") or token.attrs.get("src")
            if target:
                yield str(target)


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    tokens = MarkdownIt("gfm-like", {"linkify": False}).parse(page.read_text())
    texts = [text.content for token, text in pairwise(tokens) if token.type == "heading_open"]
    return {re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-") for text in texts}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_resolve(page: Path) -> None:
    for target in links(page):
        if target.startswith("https://"):
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        assert file.exists(), target
        assert not anchor or anchor in anchors(file), target
