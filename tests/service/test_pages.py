"""The page's files as they are served, and the words that they use."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from indelible import Verifier
from indelible.languages import LANGUAGES, page_strings
from indelible.service import Parts, create_app
from indelible.service.pages import PAGE_HEADERS
from indelible.settings import ServiceSettings
from indelible.settings.values import HostNames

FOLDER = Path(__file__).parents[2] / "src" / "service" / "page"


@pytest.fixture(scope="module")
def client() -> TestClient:
    return made(ServiceSettings())


def made(settings: ServiceSettings) -> TestClient:
    verifier = Verifier(keys=(), registry=None, trust=None)
    return TestClient(create_app(Parts(verifier, None, settings)))


def linked(client: TestClient) -> list[str]:
    return re.findall(r'(?:href|src)="(/page/[^"#]+)"', client.get("/").text)


def test_everything_that_the_document_names_is_there_for_good(client: TestClient) -> None:
    names = linked(client)
    assert len(names) >= 5
    for name in names:
        answer = client.get(name)
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert answer.headers["content-type"].partition(";")[0] in {
            "image/svg+xml", "text/css", "text/javascript",
        }  # fmt: skip


def test_every_answer_is_under_the_policy(client: TestClient) -> None:
    for name in ["/", *linked(client), "/page/other/css/base.css"]:
        headers = client.get(name).headers
        assert {key: headers[key] for key in PAGE_HEADERS} == PAGE_HEADERS
    policy = PAGE_HEADERS["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "http" not in policy


def test_nothing_in_the_document_is_inline(client: TestClient) -> None:
    text = client.get("/").text
    assert re.search(r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\ssrc=)", text) is None
    assert "{{" not in text


def test_the_document_is_asked_for_anew_and_not_sent_twice(client: TestClient) -> None:
    first = client.get("/", headers={"Accept-Language": "de"})
    assert first.headers["cache-control"] == "no-cache"
    assert first.headers["vary"] == "Accept-Language"
    assert page_strings("de")["title"] in first.text
    again = client.get(
        "/", headers={"Accept-Language": "de", "If-None-Match": first.headers["etag"]}
    )
    assert again.status_code == 304
    assert client.head("/").status_code == 200


@pytest.mark.parametrize(
    "name", ["../pages.py", "..%2fpages.py", "index.html", "js/../../pages.py", "", "js", "%00"]
)
def test_nothing_else_is_served(client: TestClient, name: str) -> None:
    version = linked(client)[0].split("/")[2]
    assert client.get(f"/page/{version}/{name}").status_code == 404


def test_addresses_are_offered_only_where_the_operator_allows_them(client: TestClient) -> None:
    form = re.compile(r'<form id="address"[^>]*hidden')
    assert form.search(client.get("/").text)
    allowed = made(ServiceSettings(url_hosts=HostNames(("a.example", "<b>.example")))).get("/").text
    assert not form.search(allowed)
    assert "a.example, &lt;b&gt;.example" in allowed


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_word_is_used_and_every_used_word_is_there(language: str) -> None:
    texts = [file.read_text("utf-8") for file in sorted(FOLDER.rglob("*")) if file.is_file()]
    everything = "\n".join(texts)
    words = set(page_strings(language))
    named = set(re.findall(r'(?:\bt\(|counted\(|data-text=|data-label=)"([a-z_]+)"', everything))
    counted = {f"{key}_one" for key in re.findall(r'counted\("([a-z_]+)"', everything)}
    assert named | counted <= words
    # Of names that are put together, the beginnings.
    beginnings = tuple(re.findall(r"\bt\(`([a-z_]+)\$", everything))
    rest = {word for word in words if not word.startswith(beginnings)}
    quoted = set(re.findall(r'"([a-z_]+)"', everything))
    assert rest - counted - quoted - {"document_title", "without_script"} == set()


def test_no_words_stand_in_the_document_itself() -> None:
    text = re.sub(r"<[^>]*>|\{\{[a-z_]+\}\}", "", (FOLDER / "index.html").read_text("utf-8"))
    assert text.split() == ["Indelible"]
