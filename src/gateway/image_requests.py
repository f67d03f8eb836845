"""Requests of the image routes, as the upstream gets them: with pictures that were looked at."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from indelible.gateway import forms
from indelible.gateway.arriving import json_of
from indelible.gateway.calls import Call
from indelible.gateway.errors import GatewayError
from indelible.gateway.forms import Part
from indelible.gateway.inputs import admit, check_count, fetch_file, resolve
from indelible.gateway.plain_fields import check_field, count_of, says_true
from indelible.imaging import identify, media_type

__all__ = ["Reference", "as_form", "as_json", "data_url", "replace"]

# Fields of all dialects that hold pictures; in forms also with brackets.
_ADDRESSES: Final = frozenset({"url", "urls", "image_url", "image_urls"})
_MASKS: Final = frozenset({"mask", "mask_image", "markup"})
_PICTURES: Final = _ADDRESSES | _MASKS | {
    "image", "images", "input_image", "input_images", "reference_image", "reference_images",
    "init_image", "control_image", "input_reference",
}  # fmt: skip
_BRACKETS: Final = re.compile(r"\[[0-9]{0,3}\]$")
_UNWRITABLE: Final = ("svg",)  # has no pixels that could carry a mark
_MOST_REFERENCES: Final = 64


@dataclass(slots=True)
class Reference:
    """A picture in JSON: what stands there, and how it is replaced.

    Attributes
    ----------
    param : str
        Where.
    text : str or None
        A data URL, an address, or base64.
    file_id : object
        An id of a file instead.
    put : callable
        Puts the picture in its place.
    data : bytes
        The picture, once it is here.
    """

    param: str
    put: Callable[[bytes], None]
    text: str | None = field(default=None, repr=False)
    file_id: object = None
    bare: bool = False
    data: bytes = field(default=b"", repr=False)


async def as_json(call: Call) -> tuple[bytes, str]:
    """Return a JSON body for the upstream, and its type.

    Raises
    ------
    GatewayError
        If a picture is refused, or a field could lead to one that nobody looked at.
    """
    asked = json_of(call.body)
    call.asked = asked
    _check_common(call)
    references: list[Reference] = []
    for name, value in asked.items():
        if name.lower() in _PICTURES:
            references += _references(asked, name, value)
        else:
            check_field(name, value)
    await replace(call, references)
    call.parents = [one.data for one in references if one.param.lower() not in _MASKS][:1]
    return json.dumps(asked).encode(), "application/json"


async def as_form(call: Call) -> tuple[bytes, str]:
    """Return a form for the upstream, and its type.

    Raises
    ------
    GatewayError
        As `as_json`.
    """
    came = forms.parse(call.body, call.request.headers.get("content-type", ""))
    for part in came:
        if not part.is_file and _base(part.name) not in _PICTURES:
            if part.name in call.asked:  # of two, the upstream could take the other one
                raise GatewayError(400, "bad_form", f"{part.name} comes twice.", param=part.name)
            call.asked[part.name] = _text(part)
    _check_common(call)
    for name, value in call.asked.items():
        check_field(_base(name), value)
    check_count(call, sum(_base(part.name) in _PICTURES for part in came))
    parts = [await _with_picture(call, part) for part in came if part.data or part.is_file]
    pictures = [(part.name, part.data) for part in parts if part.is_file]
    await admit(call, pictures)
    call.parents = [data for name, data in pictures if _base(name) not in _MASKS][:1]
    return forms.build(_named(part) for part in parts)


async def replace(call: Call, references: list[Reference]) -> None:
    """Bring pictures here, have them looked at, and put each where it stood.

    Raises
    ------
    GatewayError
        If one is refused, or cannot be brought here.
    """
    check_count(call, len(references))
    for one in references:
        if one.text is not None:
            one.data = await resolve(call, one.text, one.param, bare=one.bare)
        else:
            one.data = await fetch_file(call, one.file_id, one.param)
    await admit(call, [(one.param, one.data) for one in references])
    for one in references:
        one.put(one.data)


def data_url(data: bytes) -> str:
    """Return a picture as a data URL, whose type is that of its bytes."""
    return f"data:{media_type(identify(data))};base64,{base64.b64encode(data).decode('ascii')}"


def _check_common(call: Call) -> None:
    asked = call.asked
    count_of(asked.get("n"), call.options.max_outputs)
    wanted = asked.get("output_format")
    if isinstance(wanted, str) and wanted.lower() in _UNWRITABLE:
        raise GatewayError(
            400,
            "unsupported_value",
            f"Pictures as {wanted[:16]} cannot carry a mark.",
            param="output_format",
            hint="Ask for png, webp or jpeg.",
        )
    call.stream = says_true(asked.get("stream"))


def _references(holder: Any, key: Any, value: object) -> list[Reference]:  # noqa: ANN401 - JSON
    """Return the pictures of one field: texts, objects with an address or a file's id, lists."""
    param = key if isinstance(key, str) else "images"
    match value:
        case None:
            return []
        case str():
            bare = value[:5].lower() != "data:" and "://" not in value[:16]

            def put_text(data: bytes) -> None:
                holder[key] = base64.b64encode(data).decode("ascii") if bare else data_url(data)

            return [Reference(param, put_text, value, bare=True)]
        case dict():
            return [_of_object(holder, key, param, value)]
        case list() if len(value) <= _MOST_REFERENCES:
            found = [one for at in range(len(value)) for one in _references(value, at, value[at])]
            for one in found:
                one.param = param
            return found
        case _:
            raise _unknown(param)


def _of_object(holder: Any, key: Any, param: str, value: dict[str, Any]) -> Reference:  # noqa: ANN401
    """Return the picture of an object: ``{"image_url": ...}`` or ``{"file_id": ...}``."""
    names = {name for name, one in value.items() if one is not None}
    address = value.get("image_url")
    if isinstance(address, dict) and set(address) <= {"url", "detail"}:
        address = address.get("url")

    def put(data: bytes) -> None:
        holder[key] = {"image_url": data_url(data)}

    if names <= {"image_url", "type", "detail"} and isinstance(address, str):
        return Reference(param, put, address)
    if names <= {"file_id", "type", "detail"} and "file_id" in names:
        return Reference(param, put, file_id=value["file_id"])
    raise _unknown(param)


async def _with_picture(call: Call, part: Part) -> Part:
    """Return a part with the picture that it names, as a file."""
    base = _base(part.name)
    if base not in _PICTURES:
        if part.is_file:
            raise _unknown(part.name)
        return part
    if part.is_file:
        return part
    data = await resolve(call, _text(part), part.name, bare=True)
    name = part.name
    if base in _ADDRESSES:
        name = "image[]" if "[" in part.name or base.endswith("s") else "image"
    return Part(name, data, "application/octet-stream")


def _named(part: Part) -> Part:
    """Return a part whose type is that of its bytes."""
    if not part.is_file:
        return part
    return Part(part.name, part.data, media_type(identify(part.data)))


def _base(name: str) -> str:
    return _BRACKETS.sub("", name).lower()


def _text(part: Part) -> str:
    try:
        return part.data.decode("utf-8").strip() if _base(part.name) in _PICTURES else (
            part.data.decode("utf-8")
        )  # fmt: skip
    except UnicodeDecodeError:
        raise GatewayError(400, "bad_form", f"{part.name} is no text.", param=part.name) from None


def _unknown(param: str) -> GatewayError:
    return GatewayError(
        400,
        "invalid_image",
        f"{param[:64]} is in no form that the gateway can read.",
        param=param[:64],
        hint="Send a file, a data URL, or an object with image_url or file_id.",
    )
