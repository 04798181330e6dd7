"""A page of HTML as a tree, for tests that read it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"meta", "br", "hr", "img", "input", "link"}


@dataclass
class Node:
    """An element with its attributes and what is inside."""

    tag: str
    attributes: dict[str, str | None] = field(default_factory=dict)
    inside: list["Node | str"] = field(default_factory=list)

    def __getitem__(self, name: str) -> str:
        return self.attributes.get(name) or ""

    def all(self, tag: str = "", **wanted: str) -> list["Node"]:
        """Elements below this one with a tag, and with the words ``wanted`` in their attributes."""
        found = []
        for node in self.nodes():
            fits = all(word in node[name.replace("_", "-").strip("-")].split() for name, word in wanted.items())
            if fits and tag in ("", node.tag):
                found.append(node)
        return found

    def nodes(self) -> Iterator["Node"]:
        for each in self.inside:
            if isinstance(each, Node):
                yield each
                yield from each.nodes()

    def text(self) -> str:
        """All text without that of pictures, spaces collapsed."""
        parts = [each if isinstance(each, str) else "" if each.tag == "svg" else each.text() for each in self.inside]
        return re.sub(r"\s+", " ", " ".join(parts)).strip()


class _Reader(HTMLParser):
    def __init__(self, text: str):
        super().__init__()
        self.open = [Node("page")]
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        node = Node(tag, dict(attrs))
        self.open[-1].inside.append(node)
        if tag not in VOID:
            self.open.append(node)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open[-1].inside.append(Node(tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop().tag == tag

    def handle_data(self, data: str) -> None:
        self.open[-1].inside.append(data)


def read_page(text: str) -> Node:
    """Tree of a well-formed page."""
    return _Reader(text).open[0]


def section_of(page: Node, heading: Node) -> Node:
    (section,) = [each for each in page.all("section") if heading in each.inside]
    return section


def owned_plots(node: Node, owner: Node | None) -> Iterator[tuple[Node | None, Node]]:
    """Plots below a node, each with the nearest element that names a run, else its section."""
    for each in node.inside:
        if isinstance(each, Node) and each.tag == "svg":
            yield owner, each
        elif isinstance(each, Node):
            named = each["data-run"] or (each.tag == "section" and each.all("table", class_="ranking"))
            yield from owned_plots(each, each if named else owner)
