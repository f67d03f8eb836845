"""Pictures on their way in: the gate sees each, whichever way it takes, and no other gets in."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageCms

from indelible import consent, imaging, watermark
from indelible.consent import ConsentGate, HashList, Policy
from indelible.credentials import DevelopmentIdentity, Trust
from indelible.gateway import OverrideToken
from indelible.registry import SqlRegistry, open_registry, sqlite_url
from indelible.watermark import CONSENT_KEY
from tests.gateway.conftest import Build
from tests.gateway.houses import Gateway
from tests.gateway.upstream import Answer, Received, Upstream, b64, data_url, encode
from tests.gateway.ways import WAYS_IN, FileServer, file_server

pytestmark = pytest.mark.compiled

Pixels = NDArray[np.uint8]

ASKING = tuple(
    f"/v1/{name}"
    for name in (
        "images/generations", "images/edits", "images/variations", "chat/completions", "responses",
    )
)  # fmt: skip


@pytest.fixture(scope="module")
def owners(tmp_path_factory: pytest.TempPathFactory) -> SqlRegistry:
    """The registry that photographs' owners use."""
    return open_registry(sqlite_url(tmp_path_factory.mktemp("owners") / "registry.sqlite3"))


@pytest.fixture(scope="module")
def asks(photograph: Pixels, owners: SqlRegistry, identity: DevelopmentIdentity) -> bytes:
    """A photograph whose owner asks that nobody edits it, as a PNG file."""
    part = np.ascontiguousarray(photograph[:320, 96:416])
    return consent.sign(part, signer=identity.signer, records=owners.consents, format="png").data


@pytest.fixture(scope="module")
def reposted(asks: bytes) -> bytes:
    """The same after a screenshot: cropped, compressed, without metadata."""
    pixels = imaging.decode(asks).pixels
    return encode(np.ascontiguousarray(pixels[9:310, 13:305]), "jpeg", quality=80)


@pytest.fixture(scope="module")
def server() -> Iterator[FileServer]:
    with file_server() as server:
        yield server


@pytest.fixture(scope="module")
def gate(owners: SqlRegistry, trust: Trust) -> ConsentGate:
    policy = Policy(override_scopes=frozenset({"newsroom"}))
    return ConsentGate(registry=owners, policy=policy, trust=trust, audit=lambda _: None)


@pytest.fixture(scope="module")
def guarded(build: Build, gate: ConsentGate, server: FileServer) -> Gateway:
    host = server.address.removeprefix("http://")
    token = OverrideToken(
        "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", "newsroom", "Eve"
    )
    return build(gate=gate, input_hosts=(host,), allow_private=True, overrides=(token,))


@pytest.fixture
def gateway(guarded: Gateway, upstream: Upstream) -> Gateway:
    return guarded


def code_of(answer: Any) -> str | None:
    return str(answer.json()["error"]["code"]) if answer.status_code >= 400 else None


def generations(upstream: Upstream) -> list[Received]:
    """Return what asked the upstream for anything but a file."""
    return [one for one in upstream.received if one.method != "GET"]


def pictures_of(seen: Received) -> list[bytes]:
    """Return the files that a request brought to the upstream."""
    found = [data for files in seen.files.values() for data in files]
    if seen.headers["content-type"].startswith("application/json"):
        found += _in_json(seen.json)
    return found


def _in_json(value: Any) -> list[bytes]:
    if isinstance(value, dict):
        return [data for one in value.values() for data in _in_json(one)]
    if isinstance(value, list):
        return [data for one in value for data in _in_json(one)]
    if isinstance(value, str) and len(value) > 500:
        return [base64.b64decode(value.rpartition(",")[2])]
    return []


# --- by every way ---------------------------------------------------------------------------------


@pytest.mark.parametrize("way", WAYS_IN)
def test_a_signed_photograph_is_refused(
    gateway: Gateway, upstream: Upstream, server: FileServer, asks: bytes, way: str
) -> None:
    answer = WAYS_IN[way](gateway, asks, server)
    assert answer.status_code == 400, answer.text[:300]
    error = answer.json()["error"]
    assert error["code"] == "consent_denied"
    assert error["type"] == "invalid_request_error"
    assert error["reference"].startswith("consent-")
    assert error["reference"] in error["message"]
    assert "registry" not in answer.text
    assert generations(upstream) == []


@pytest.mark.parametrize("way", WAYS_IN)
def test_what_is_looked_at_is_what_the_server_gets(
    gateway: Gateway, upstream: Upstream, server: FileServer, asks: bytes, way: str
) -> None:
    plain = encode(upstream.pixels(1), "jpeg", quality=91)
    nothing = Answer.of({"created": 1, "data": [], "choices": [], "output": []})
    upstream.scripts |= dict.fromkeys(ASKING, nothing)
    answer = WAYS_IN[way](gateway, plain, server)
    assert answer.status_code in (200, 502), answer.text[:300]
    (seen,) = generations(upstream)
    sent = pictures_of(seen)
    assert plain in sent
    assert set(sent) <= {plain, upstream.plain}
    assert server.address not in seen.body.decode("latin-1")
    assert b"file-" not in seen.body


def test_a_screenshot_is_refused(
    gateway: Gateway, upstream: Upstream, server: FileServer, reposted: bytes
) -> None:
    for way in ("a form's image", "chat"):
        assert code_of(WAYS_IN[way](gateway, reposted, server)) == "consent_denied"
    assert generations(upstream) == []


def test_what_was_made_of_a_signed_photograph_is_refused(
    gateway: Gateway, upstream: Upstream, server: FileServer, asks: bytes
) -> None:
    """The manifest of its parent counts, where the mark is gone."""
    noise = np.random.default_rng(1).normal(0, 40, upstream.pixels(0).shape)
    other = np.clip(upstream.pixels(0) + noise, 0, 255).astype(np.uint8)
    made = gateway.house.protector.protect(encode(other), parent=asks).data
    assert code_of(WAYS_IN["a form's image"](gateway, made, server)) == "consent_denied"


@pytest.mark.parametrize("way", ["a form's url[]", "an address", "chat by address"])
def test_another_picture_at_the_second_fetch(
    gateway: Gateway, upstream: Upstream, server: FileServer, asks: bytes, way: str
) -> None:
    plain = encode(upstream.pixels(1))
    lay, before = server.lay, len(server.asked)

    class Turning(FileServer):
        def lay(self, *versions: bytes) -> str:
            return lay(plain, asks)

    answer = WAYS_IN[way](gateway, asks, Turning(server.address))
    assert answer.status_code == 200
    assert len(server.asked) == before + 1
    (seen,) = generations(upstream)
    assert set(pictures_of(seen)) <= {plain, upstream.plain}


def test_another_file_at_the_second_fetch(
    gateway: Gateway, upstream: Upstream, asks: bytes
) -> None:
    plain = encode(upstream.pixels(1))
    upstream.files["file-9"] = [plain, asks]
    body = {"prompt": "x", "images": [{"file_id": "file-9"}]}
    assert gateway.client.post("/v1/images/edits", json=body).status_code == 200
    (seen,) = generations(upstream)
    assert pictures_of(seen) == [plain]


def test_listed_pictures(build: Build, upstream: Upstream) -> None:
    from indelible import fingerprint  # noqa: PLC0415

    shown = upstream.pixels(0)
    listed = HashList("ours", [fingerprint.pdq(shown).hash])
    gateway = build(gate=ConsentGate(hash_lists=[listed], audit=lambda _: None))
    mirrored = encode(np.ascontiguousarray(shown[:, ::-1]), "jpeg")
    answer = gateway.client.post("/v1/images/edits", json={"prompt": "x", "image": b64(mirrored)})
    assert code_of(answer) == "consent_denied"
    assert "list" not in answer.text


def test_an_override(gateway: Gateway, upstream: Upstream, asks: bytes) -> None:
    def ask(**headers: str) -> Any:
        body = {"prompt": "x", "image": b64(asks)}
        return gateway.client.post("/v1/images/edits", json=body, headers=headers)

    token = {"X-Indelible-Override": "test"}
    assert code_of(ask(**{"X-Indelible-Override": "wrong"})) == "override_refused"
    assert code_of(ask(**token)) == "override_without_reason"
    assert generations(upstream) == []
    assert ask(**token, **{"X-Indelible-Reason": "a report on it"}).status_code == 200
    assert "x-indelible-override" not in generations(upstream)[0].headers


def test_without_a_registry(build: Build, upstream: Upstream, reposted: bytes) -> None:
    gateway = build(gate=ConsentGate(audit=lambda _: None))
    answer = gateway.client.post("/v1/images/edits", json={"prompt": "x", "image": b64(reposted)})
    assert code_of(answer) == "consent_denied"


def test_when_the_owners_registry_is_dead(
    build: Build, upstream: Upstream, reposted: bytes, monkeypatch: pytest.MonkeyPatch, gate: Any
) -> None:
    from indelible.errors import RegistryUnavailableError  # noqa: PLC0415

    def down(*args: Any, **options: Any) -> Any:
        raise RegistryUnavailableError("down")

    monkeypatch.setattr("indelible.consent.gate.look_up_consents", down)
    gateway = build(gate=gate)
    answer = gateway.client.post("/v1/images/edits", json={"prompt": "x", "image": b64(reposted)})
    assert answer.status_code >= 400
    assert generations(upstream) == []


# --- pictures that show one thing to the gate and another to the model ----------------------------


def profile_of_one_colour() -> bytes:
    """Return a profile in which every CMYK value is the same grey."""
    return bytes(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())


def two_faced(asks: bytes) -> dict[str, Callable[[], bytes]]:
    pixels = imaging.decode(asks).pixels
    shown = Image.fromarray(pixels)
    other = Image.fromarray(np.ascontiguousarray(np.roll(pixels[::-1], 100, axis=0)[:, :, ::-1]))
    flat = Image.new("RGB", shown.size, (200, 180, 160))

    def saved(image: Image.Image, kind: str, **options: Any) -> bytes:
        stream = io.BytesIO()
        image.save(stream, kind, **options)
        return stream.getvalue()

    def with_alpha(value: int) -> Image.Image:
        changed = shown.convert("RGBA")
        changed.putalpha(value)
        return changed

    return {
        "alpha 0": lambda: saved(with_alpha(0), "png"),
        "alpha 1": lambda: saved(with_alpha(1), "png"),
        "alpha 40": lambda: saved(with_alpha(40), "png"),
        "alpha 0, webp": lambda: saved(with_alpha(0), "webp", lossless=True, exact=True),
        "alpha 0, tiff": lambda: saved(with_alpha(0), "tiff"),
        "alpha 0, avif": lambda: saved(with_alpha(0), "avif", quality=95),
        "grey": lambda: saved(shown.convert("L"), "png"),
        "palette": lambda: saved(shown.quantize(256), "png"),
        "palette, transparent": lambda: saved(shown.quantize(255), "png", transparency=bytes(256)),
        "turned by EXIF": lambda: saved(
            shown.transpose(Image.Transpose.ROTATE_90), "jpeg", exif=_turned(6), quality=90
        ),
        "cmyk": lambda: saved(shown.convert("CMYK"), "jpeg", quality=92),
        "cmyk with a profile": lambda: saved(
            shown.convert("CMYK"), "jpeg", quality=92, icc_profile=profile_of_one_colour()
        ),
        "two pages": lambda: saved(other, "tiff", save_all=True, append_images=[shown]),
        "two pages, the first": lambda: saved(shown, "tiff", save_all=True, append_images=[flat]),
        "mpo": lambda: saved(shown, "mpo", save_all=True, append_images=[flat]),
        "mpo, the second": lambda: saved(flat, "mpo", save_all=True, append_images=[shown]),
        "gif": lambda: saved(shown, "gif"),
        "gif of two": lambda: saved(flat, "gif", save_all=True, append_images=[shown]),
        "png of two": lambda: saved(flat, "png", save_all=True, append_images=[shown]),
        "png of two, another first": lambda: saved(
            flat, "png", save_all=True, append_images=[shown], default_image=True
        ),
        "webp of two": lambda: saved(flat, "webp", save_all=True, append_images=[shown]),
        "avif of two": lambda: saved(flat, "avif", save_all=True, append_images=[shown]),
        "ico": lambda: saved(shown, "ico", sizes=[(256, 256)]),
        "bmp": lambda: saved(shown, "bmp"),
        "ppm": lambda: saved(shown, "ppm"),
        "tga": lambda: saved(shown, "tga"),
        "pcx": lambda: saved(shown, "pcx"),
        "jpeg 2000": lambda: saved(shown, "jpeg2000"),
        "dds": lambda: saved(shown, "dds"),
        "sgi": lambda: saved(shown, "sgi"),
        "icns": lambda: saved(shown.resize((256, 256)), "icns"),
        "pdf": lambda: saved(shown, "pdf"),
        "eps": lambda: saved(shown, "eps"),
        "after a jpeg": lambda: saved(flat, "jpeg") + saved(shown, "jpeg"),
        "before a jpeg": lambda: saved(shown, "jpeg") + saved(flat, "jpeg"),
        "in a thumbnail": lambda: saved(flat, "jpeg", exif=_turned(1)),
        "png with gamma": lambda: _with_gamma(saved(shown, "png")),
        "16 bits": lambda: _deep(pixels),
        "cut short": lambda: saved(shown, "jpeg", quality=95)[:-3000],
        "wrong check": lambda: _damaged(saved(shown, "png")),
    }


def _turned(orientation: int) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return exif.tobytes()


def _with_gamma(data: bytes) -> bytes:
    import struct  # noqa: PLC0415
    import zlib  # noqa: PLC0415

    body = struct.pack(">I", 1_000)  # nearly everything white to whoever heeds it
    chunk = struct.pack(">I", 4) + b"gAMA" + body + struct.pack(">I", zlib.crc32(b"gAMA" + body))
    return data[:33] + chunk + data[33:]


def _deep(pixels: Pixels) -> bytes:
    import cv2  # noqa: PLC0415

    done, data = cv2.imencode(".png", pixels[:, :, ::-1].astype(np.uint16) * 257)
    assert done
    return data.tobytes()


def _damaged(data: bytes) -> bytes:
    place = data.rindex(b"IDAT") - 4
    return data[: place - 4] + b"\0\0\0\0" + data[place:]


TWO_FACED = tuple(two_faced(encode(np.zeros((8, 8, 3), np.uint8))))


def shows_it(data: bytes) -> bool:
    """Whether a server that opens a file with Pillow gets the photograph whose owner asks."""
    try:
        with Image.open(io.BytesIO(data)) as opened:
            for frame in range(getattr(opened, "n_frames", 1)):
                opened.seek(frame)
                pixels = np.array(opened.convert("RGB"))
                if watermark.detect(pixels, CONSENT_KEY).payload is not None:
                    return True
    except (OSError, ValueError, SyntaxError, EOFError):
        return False
    return False


@pytest.mark.parametrize("face", TWO_FACED)
def test_no_picture_shows_the_gate_another_face(
    gateway: Gateway, upstream: Upstream, server: FileServer, asks: bytes, face: str
) -> None:
    data = two_faced(asks)[face]()
    answer = WAYS_IN["a form's image"](gateway, data, server)
    sent = [one for seen in generations(upstream) for one in pictures_of(seen)]
    if answer.status_code != 200:
        assert sent == []
        assert answer.status_code in (400, 413)
    assert not any(shows_it(one) for one in sent)


# --- fields that lead to a picture that nobody looked at ------------------------------------------


def sources(asks: bytes, server: FileServer) -> dict[str, Any]:
    address = server.lay(asks)
    return {
        "a data URL": data_url(asks),
        "base64": b64(asks),
        "an address": address,
        "a path": "/srv/uploads/a.png",
        "a file": "file:///srv/uploads/a.png",
        "a bucket": "s3://uploads/a.png",
        "an id": "file-abc123",
        "an object": {"url": address},
        "an object with base64": {"type": "base64", "data": b64(asks)},
        "a list": [data_url(asks)],
    }


SOURCES = tuple(sources(b"x", FileServer()))


NAMES = (
    *("image_path", "init_images", "input_reference", "reference_url", "control_image", "IMAGE"),
    *("ip_adapter_image", "image_b64", "images", "mask_url", "init", "extra_body", "extra_params"),
    *("diffusers_kwargs", "controlnet", "condition", "prompt", "user", "style", "metadata"),
    *("reference_image", "source", "video", "pixels", "x", "messages", "tools"),
)
# Every name, and every source under two names: the gateway knows neither, so pairs say no more.
FIELDS = sorted(
    {(name, SOURCES[number % len(SOURCES)]) for number, name in enumerate(NAMES)}
    | {(name, source) for name in ("image_path", "prompt") for source in SOURCES}
)


@pytest.mark.parametrize(("name", "source"), FIELDS)
def test_no_field_leads_past_the_gate(
    gateway: Gateway,
    upstream: Upstream,
    server: FileServer,
    reposted: bytes,
    name: str,
    source: str,
) -> None:
    value = sources(reposted, server)[source]
    body: dict[str, Any] = {"prompt": "bluer", "model": "m"}
    shapes: list[dict[str, Any]] = [{name: value}]
    if source in ("base64", "an address"):
        shapes += [{name: {"image": value}}, {name: [{"a": {"src": value}}]}]
    for changed in shapes:
        answer = gateway.client.post("/v1/images/generations", json={**body, **changed})
        harmless = source in ("an address", "a path", "a file", "a bucket", "an id")
        if name in ("prompt", "user") and harmless:
            continue  # words
        assert answer.status_code == 400
    assert name in ("prompt", "user") or generations(upstream) == []


@pytest.mark.parametrize("source", ["a data URL", "base64", "an address", "a path", "an id"])
@pytest.mark.parametrize(
    "name", ["image_path", "init_image_path", "x", "image[0][]", "image.file", "reference", "Url"]
)
def test_no_field_of_a_form_leads_past_the_gate(
    gateway: Gateway, upstream: Upstream, server: FileServer, asks: bytes, name: str, source: str
) -> None:
    value = str(sources(asks, server)[source])
    plain = ("a.png", upstream.plain, "image/png")
    answer = gateway.client.post(
        "/v1/images/edits", data={"prompt": "x", name: value}, files={"image": plain}
    )
    assert answer.status_code == 400
    assert generations(upstream) == []


@pytest.mark.parametrize(
    "name", ["x", "prompt", "picture", "image.0", "images[a]", "control", "data", "file"]
)
def test_no_file_of_a_form_passes_under_another_name(
    gateway: Gateway, upstream: Upstream, asks: bytes, name: str
) -> None:
    files = [("image", ("a.png", upstream.plain)), (name, ("b.png", asks))]
    answer = gateway.client.post("/v1/images/edits", data={"prompt": "x"}, files=files)
    assert answer.status_code == 400
    assert generations(upstream) == []


def forms(asks: bytes, plain: bytes) -> dict[str, tuple[bytes, str]]:
    def part(head: str, body: bytes) -> bytes:
        return b"--x\r\nContent-Disposition: form-data; " + head.encode() + b"\r\n\r\n" + body

    kind = "multipart/form-data; boundary=x"
    prompt, end = part('name="prompt"', b"bluer") + b"\r\n", b"\r\n--x--\r\n"
    good = part('name="image"; filename="a.png"', plain)
    bad = part('name="image"; filename="a.png"', asks)
    return {
        "base64 by an encoding": (
            prompt
            + part(
                'name="image"; filename="a.png"\r\nContent-Transfer-Encoding: base64',
                base64.b64encode(asks),
            )
            + end,
            kind,
        ),
        "two boundaries": (
            prompt + bad + end,
            "multipart/form-data; boundary=y; boundary=x",
        ),
        "another boundary inside": (
            b"--y\r\nContent-Disposition: form-data; name=\"prompt\"\r\n\r\nx\r\n--y--\r\n"
            + prompt
            + bad
            + end,
            'multipart/form-data; boundary="y"; boundary*=utf-8\'\'x',
        ),
        "line feeds alone": ((prompt + bad + end).replace(b"\r\n", b"\n"), kind),
        "after the end": (prompt + good + end + bad + end, kind),
        "before the beginning": (asks + b"\r\n" + prompt + good + end, kind),
        "two names": (
            prompt + part('name="x"; name="image"; filename="a.png"', asks) + end, kind
        ),
        "a name in another alphabet": (
            prompt + part('name="x"; name*=utf-8\'\'image; filename="a.png"', asks) + end, kind
        ),
        "no name": (prompt + part('filename="a.png"', asks) + end, kind),
        "a name with a line end": (
            prompt + part('name="image\\r\\nX: y"; filename="a.png"', asks) + end, kind
        ),
        "parts in a part": (
            prompt
            + part(
                'name="image"\r\nContent-Type: multipart/mixed; boundary=z',
                b'--z\r\nContent-Disposition: file; filename="a.png"\r\n\r\n' + asks + b"\r\n--z--",
            )
            + end,
            kind,
        ),
        "no end": (prompt + bad, kind),
        "json with a form's type": (json.dumps({"image": b64(asks)}).encode(), kind),
        "a form with json's type": (prompt + bad + end, "application/json"),
        "urlencoded": (
            b"prompt=x&image=" + base64.b64encode(asks), "application/x-www-form-urlencoded"
        ),
        "no type": (prompt + bad + end, ""),
        "a picture": (asks, "image/png"),
    }  # fmt: skip


@pytest.mark.parametrize("form", tuple(forms(b"", b"")))
def test_odd_forms(gateway: Gateway, upstream: Upstream, asks: bytes, form: str) -> None:
    body, kind = forms(asks, upstream.plain)[form]
    answer = gateway.client.post(
        "/v1/images/edits", content=body, headers={"content-type": kind} if kind else {}
    )
    for seen in generations(upstream):
        assert set(pictures_of(seen)) <= {upstream.plain}
    if not generations(upstream):
        assert answer.status_code in (400, 415)


_BLACK = np.zeros((9, 9, 3), np.uint8)


def items(asks: bytes, server: FileServer) -> dict[str, tuple[str, dict[str, Any]]]:
    url, address = data_url(asks), server.lay(asks)
    chat: Callable[..., tuple[str, dict[str, Any]]] = lambda *parts, **more: (  # noqa: E731
        "/v1/chat/completions",
        {"model": "m", "messages": [{"role": "user", "content": list(parts)}], **more},
    )
    told: Callable[..., tuple[str, dict[str, Any]]] = lambda item, **more: (  # noqa: E731
        "/v1/responses", {"model": "m", "input": [item], **more},
    )  # fmt: skip
    word = {"type": "text", "text": "bluer"}
    source = {"type": "base64", "media_type": "image/png", "data": b64(asks)}
    return {
        "a text with a data URL": chat({"type": "text", "text": f"edit {url}"}),
        "a text with base64": chat({"type": "text", "text": b64(asks)}),
        "content as a text": (
            "/v1/chat/completions",
            {"model": "m", "messages": [{"role": "user", "content": url}]},
        ),
        "another type": chat({"type": "image", "source": source}),
        "no type": chat({"image_url": url}),
        "no type, an object": chat({"image_url": {"url": address}}),
        "a text with an address beside": chat({**word, "image_url": {"url": address}}),
        "two addresses": chat({"type": "image_url", "image_url": {"url": url, "uri": address}}),
        "two in one": chat(
            {"type": "image_url", "image_url": {"url": data_url(encode(_BLACK))}, "image": address}
        ),
        "an address in a list": chat({"type": "image_url", "image_url": [address]}),
        "a video": chat({"type": "video_url", "video_url": {"url": address}}),
        "a file": chat({"type": "file", "file": {"file_data": url}}),
        "a file by its id": chat({"type": "file", "file": {"file_id": "file-1"}}),
        "embeds": chat({"type": "image_embeds", "image_embeds": b64(asks)}),
        "a path": chat({"type": "image_url", "image_url": {"url": "file:///srv/a.png"}}),
        "a path alone": chat({"type": "image_url", "image_url": {"url": "/srv/a.png"}}),
        "beside the messages": chat(word, images=[url]),
        "in extra_body": chat(word, extra_body={"reference_image": url}),
        "in mm_processor_kwargs": chat(word, mm_processor_kwargs={"images": [url]}),
        "in an unknown field": chat(word, context=url),
        "in a function's arguments": (
            "/v1/chat/completions",
            {"model": "m", "messages": [{"role": "assistant", "content": None, "tool_calls": [
                {"id": "a", "type": "function",
                 "function": {"name": "f", "arguments": json.dumps({"image": url})}}]}]},
        ),
        "in a tool's schema": chat(
            word,
            tools=[
                {"type": "function", "function": {"name": "f", "parameters": {"default": url}}}
            ],
        ),
        "an input file": told(
            {"role": "user", "content": [{"type": "input_file", "file_data": url}]}
        ),
        "an input file by its address": told(
            {"role": "user", "content": [{"type": "input_file", "file_url": address}]}
        ),
        "a screenshot": told(
            {"type": "computer_call_output", "call_id": "c",
             "output": {"type": "computer_screenshot", "image_url": url}}
        ),
        "a screenshot by its id": told(
            {"type": "computer_call_output", "call_id": "c",
             "output": {"type": "computer_screenshot", "file_id": "file-1"}}
        ),
        "a function's words": told(
            {"type": "function_call_output", "call_id": "c", "output": json.dumps({"i": url})}
        ),
        "an item that is kept": told({"type": "item_reference", "id": "ig_1"}),
        "an item that is kept, without a type": told({"id": "ig_1"}),
        "an earlier picture by its id": told({"type": "image_generation_call", "id": "ig_1"}),
        "an earlier response": told({"role": "user", "content": "x"}, previous_response_id="r_1"),
        "a conversation": told({"role": "user", "content": "x"}, conversation={"id": "conv_1"}),
        "a prompt that is kept": told(
            {"role": "user", "content": "x"},
            prompt={"id": "p", "variables": {"a": {"type": "input_image", "image_url": url}}},
        ),
        "a prompt with a file": told(
            {"role": "user", "content": "x"},
            prompt={"id": "p", "variables": {"a": {"type": "input_image", "file_id": "file-1"}}},
        ),
        "an interpreter with files": told(
            {"role": "user", "content": "x"},
            tools=[{"type": "code_interpreter", "container": {"type": "auto", "file_ids": ["f"]}}],
        ),
        "a search": told(
            {"role": "user", "content": "x"},
            tools=[{"type": "file_search", "vector_store_ids": ["v"]}],
        ),
        "a foreign tool": told(
            {"role": "user", "content": "x"},
            tools=[{"type": "mcp", "server_label": "s", "server_url": address}],
        ),
        "instructions": told({"role": "user", "content": "x"}, instructions=f"see {url}"),
        "instructions as items": told(
            {"role": "user", "content": "x"},
            instructions=[{"role": "user", "content": [{"type": "input_image", "image_url": url}]}],
        ),
        "two of a mask": told(
            {"role": "user", "content": "x"},
            tools=[
                {"type": "image_generation",
                 "input_image_mask": {"image_url": url, "file_id": "f"}}
            ],
        ),
        "a tool's reference": told(
            {"role": "user", "content": "x"},
            tools=[{"type": "image_generation", "reference_images": [{"image_url": url}]}],
        ),
        "reasoning": told(
            {"type": "reasoning", "id": "r", "summary": [], "encrypted_content": b64(asks)}
        ),
    }  # fmt: skip


@pytest.mark.parametrize("item", tuple(items(b"x" * 900, FileServer())))
def test_no_item_leads_past_the_gate(
    gateway: Gateway, upstream: Upstream, server: FileServer, asks: bytes, item: str
) -> None:
    path, body = items(asks, server)[item]
    answer = gateway.client.post(path, json=body)
    assert answer.status_code == 400, answer.text[:200]
    assert generations(upstream) == []


def test_names_that_come_twice(gateway: Gateway, upstream: Upstream, asks: bytes) -> None:
    plain = b64(upstream.plain)
    body = f'{{"prompt": "x", "image": "{plain}", "image": "{b64(asks)}"}}'
    for one in (body, body.replace('"image": "' + plain, '"im\\u0061ge": "' + plain)):
        answer = gateway.client.post(
            "/v1/images/edits", content=one, headers={"content-type": "application/json"}
        )
        assert answer.status_code == 400
    assert generations(upstream) == []


# --- addresses ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "localhost", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "[::1]",
        "[::ffff:127.0.0.1]", "0.0.0.0", "0", "127.0.0.1.", "①②⑦.0.0.1", "user@127.0.0.1",
        "169.254.169.254", "10.0.0.1", "192.168.0.1", "[fd00::1]", "[fe80::1%25lo]",
        "upstream.test",
    ],
)  # fmt: skip
def test_private_addresses_are_never_asked(
    build: Build, upstream: Upstream, server: FileServer, host: str
) -> None:
    gateway = build(input_hosts=("*",))
    path = server.lay(upstream.plain).rpartition("/")[2]
    port = server.address.rpartition(":")[2]
    before = len(server.asked)
    url = f"http://{host}:{port}/{path}"
    for body in ({"image": url}, {"images": [{"image_url": url}]}):
        answer = gateway.client.post("/v1/images/edits", json={"prompt": "x", **body})
        assert answer.status_code == 400
        assert port not in answer.text
    assert len(server.asked) == before
    assert upstream.received == []


def test_redirects_to_where_nobody_may_ask(
    gateway: Gateway, upstream: Upstream, server: FileServer
) -> None:
    secret = server.lay(upstream.plain)
    for target in ("http://localhost:1/a", secret.replace("127.0.0.1", "127.0.0.2"), "file:///a"):
        url = server.lay(b"redirect " + target.encode())
        answer = gateway.client.post("/v1/images/edits", json={"prompt": "x", "image": url})
        assert code_of(answer) == "image_not_fetched"
    assert generations(upstream) == []


def test_without_listed_hosts(build: Build, upstream: Upstream, server: FileServer) -> None:
    gateway = build()
    before = len(server.asked)
    url = server.lay(upstream.plain)
    answer = gateway.client.post("/v1/images/edits", json={"prompt": "x", "image": url})
    assert code_of(answer) == "image_not_fetched"
    assert len(server.asked) == before


# --- what is no picture ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "data",
    [b"", b" ", b"no picture", b"\x89PNG\r\n\x1a\n", b"<svg xmlns='http://www.w3.org/2000/svg'/>",
     b"%PDF-1.7", b"RIFF\0\0\0\0WEBP", bytes(5000)],
)  # fmt: skip
def test_what_is_no_picture(gateway: Gateway, upstream: Upstream, data: bytes) -> None:
    for way in ("a form's image", "base64 in JSON", "chat"):
        answer = WAYS_IN[way](gateway, data, FileServer())
        assert answer.status_code == 400
    assert generations(upstream) == []


def test_too_many_pictures(gateway: Gateway, upstream: Upstream) -> None:
    small = b64(encode(upstream.pixels()[:64, :64]))
    answer = gateway.client.post("/v1/images/edits", json={"prompt": "x", "image": [small] * 17})
    assert code_of(answer) == "too_many_images"
    assert generations(upstream) == []
