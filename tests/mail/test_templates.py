"""Every template there is, also one that is added tomorrow, with facts that mean harm."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.template.engine import Engine
from tests.mail.test_defusing import LINKS

import provisor
from provisor.directory.models import Organisation
from provisor.mail import rendering

pytestmark = pytest.mark.django_db
FOLDERS = sorted(Path(provisor.__file__).parent.glob("*/templates/mail"))
TEMPLATES = sorted(
    file.name.removesuffix(".txt")
    for folder in FOLDERS
    for file in folder.glob("*.txt")
    if not file.name.endswith(".subject.txt") and file.name != "base.txt"
)
LINK = "https://id.example.org/my/link/token"
HOSTILE = (
    'Ada"><img src=x onerror=alert(1)>\r\nBcc: eve@evil.example\r\n\r\n'
    "https://evil.example/login www.evil.example {{ x }}"
)


class Tags(HTMLParser):
    """The links and the tags of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: list[str | None] = []
        self.tags: set[str] = set()
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.links += [value for name, value in attrs if name in ("href", "src", "background", "action")]


def sources(template: str) -> str:
    found = [folder / f"{template}{end}" for folder in FOLDERS for end in (".subject.txt", ".txt", ".html")]
    return "".join(file.read_text() for file in found if file.exists())


def facts_of(template: str) -> dict[str, object]:
    """Something hostile for every word that the template has in its braces, and a number where it counts."""
    braces = re.findall(r"{{(.*?)}}|{%(.*?)%}", sources(template), re.DOTALL)
    words = set(re.findall(r"[a-z_]+", " ".join(part for pair in braces for part in pair)))
    links = {word for word in words if word == "link" or word.endswith("_link")}
    counted = set(re.findall(r"count \w+=(\w+)", sources(template)))
    return dict.fromkeys(words, HOSTILE) | dict.fromkeys(links, LINK) | dict.fromkeys(counted, 2)


def test_there_are_templates():
    assert "test" in TEMPLATES


@pytest.mark.parametrize("template", TEMPLATES)
def test_hostile_facts_make_no_link_no_header_and_no_tag(template, monkeypatch):
    monkeypatch.setenv("PROVISOR_PUBLIC_URL", "https://id.example.org")
    Organisation.objects.update(name=HOSTILE)
    said = rendering.rendered(template, facts_of(template), to="bob@example.org")
    assert len(said.subject.splitlines()) == 1
    assert said.subject
    tags = Tags(said.html)
    assert "img" not in tags.tags
    assert "script" not in tags.tags
    assert set(tags.links) <= {LINK, "https://id.example.org"}
    for shown in (said.text, said.html):
        ours = shown.replace(LINK, "").replace("https://id.example.org", "")
        assert not LINKS.search(ours), LINKS.search(ours)
    assert "Bcc:" not in [line[:4] for line in said.text.splitlines()]


@pytest.mark.parametrize("template", TEMPLATES)
def test_every_template_has_its_three_files_and_says_something(template):
    said = rendering.rendered(template, facts_of(template), to="bob@example.org")
    assert said.subject
    assert len(said.text) > 40
    assert "<h1" in said.html
    assert "\n\n\n" not in said.text


@pytest.mark.parametrize("template", TEMPLATES)
def test_nothing_is_fetched_when_it_is_read(template):
    said = rendering.rendered(template, facts_of(template), to="bob@example.org")
    assert not Tags(said.html).tags & {"img", "link", "script", "iframe", "form", "style"}
    assert "url(" not in said.html


def test_the_html_of_a_text_is_escaped_and_its_text_is_not():
    said = rendering.rendered("test", {"name": "Ada & <b>Bob</b>"}, to="bob@example.org")
    assert "Ada & <b>Bob</b> asked" in said.text
    assert "Ada &amp; &lt;b&gt;Bob&lt;/b&gt; asked" in said.html


def test_templates_are_found_where_they_are():
    assert Engine.get_default().get_template("mail/base.html")
