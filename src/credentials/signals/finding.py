"""Other signals: what a picture's plain metadata claims about how it was made.

Anybody can write these fields and anybody can remove them. They are reported as claims, beside the
credentials, and prove nothing.

To add a signal, add a row to `RULES`: a name, a generator if the field names one, and a function
that returns the words of the claim, or None. The fields come from strangers: a pattern repeats
nothing without an upper bound, since a search would begin its repetition at every letter anew. What
may lie anywhere between two patterns is for `_in_order`. Of a long text the beginning is looked at.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, Protocol

from indelible.credentials.signals.data_mining import prohibits_mining
from indelible.credentials.source_types import SourceType
from indelible.imaging import xmp
from indelible.imaging.exif import text_fields

__all__ = ["RULES", "MetadataSource", "Signal", "find_signals"]

_MAX_DETAIL: Final = 200  # letters of a claim: two lines of a terminal
_MAX_FIELDS: Final = 20  # of a JSON object; more than fill those
_MAX_TEXT: Final = 64 * 1024  # letters that are searched; prompts reach a few thousand
_MAX_JSON: Final = 2 * 1024 * 1024  # letters; ComfyUI's workflows reach hundreds of kilobytes


class MetadataSource(Protocol):
    """A picture's metadata, such as `indelible.imaging.Metadata`."""

    @property
    def exif(self) -> bytes | None:
        """EXIF block, from its TIFF header on."""
        ...

    @property
    def xmp(self) -> bytes | None:
        """XMP packet."""
        ...

    @property
    def text(self) -> tuple[tuple[str, str], ...]:
        """Keyword and value of PNG's textual chunks, and of comments."""
        ...


@dataclass(frozen=True, slots=True)
class Signal:
    """A claim found in plain metadata.

    Attributes
    ----------
    name : str
        Which rule found it ("a1111-parameters").
    where : str
        The field: "XMP", "EXIF Software", "PNG text parameters", ...
    generator : str or None
        The generator that the field names or is known from.
    says_ai : bool
        Whether the claim is that AI made or edited the picture.
    detail : str
        The claim itself, shortened.
    """

    name: str
    where: str
    generator: str | None
    says_ai: bool
    detail: str


class _Fields:
    """One picture's metadata, each part parsed when a rule first asks for it."""

    def __init__(self, source: MetadataSource) -> None:
        self._source = source

    @cached_property
    def properties(self) -> dict[xmp.Property, str]:
        return xmp.read_properties(self._source.xmp)

    @cached_property
    def exif(self) -> dict[str, str]:
        return text_fields(self._source.exif)

    @cached_property
    def text(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for name, value in self._source.text:
            found.setdefault(name.lower(), value)
        return found


Check = Callable[[_Fields], str | None]
Test = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of the table."""

    name: str
    where: str
    check: Check
    generator: str | None = None
    says_ai: bool = True


def find_signals(source: MetadataSource) -> tuple[Signal, ...]:
    """Return what a picture's plain metadata claims about its making.

    Parameters
    ----------
    source : MetadataSource
        The picture's metadata; any bytes whatsoever in it are fine.
    """
    fields = _Fields(source)
    found = []
    for rule in RULES:
        detail = rule.check(fields)
        if detail is not None:
            found.append(
                Signal(rule.name, rule.where, rule.generator, rule.says_ai, _one_line(detail))
            )
    return tuple(found)


def _one_line(detail: str) -> str:
    """Return a claim as one readable line: JSON as its fields, entities decoded, whole words."""
    text = _fields_of(_json(detail)) or html.unescape(detail[: 5 * _MAX_DETAIL])
    clean = " ".join("".join(i if i.isprintable() else " " for i in text).split())
    if len(clean) <= _MAX_DETAIL:
        return clean
    whole = clean[:_MAX_DETAIL].rpartition(" ")[0]
    return f"{whole or clean[: _MAX_DETAIL - 1]}…"


def _fields_of(value: object) -> str:
    """Return the short fields of a JSON object as "name: value, ..."; empty where there are none.

    What a claim is about may lie one object deeper, as in ``{"AIGC": {"Label": "1"}}``.
    """
    if not isinstance(value, Mapping):
        return ""
    inner = next(iter(value.values()), None)
    if len(value) == 1 and isinstance(inner, Mapping):
        value = inner
    fields = [
        f"{name}: {field}"
        for name, field in value.items()
        if isinstance(field, str | int | float) and field != "" and len(str(field)) <= _MAX_DETAIL
    ]
    return ", ".join(fields[:_MAX_FIELDS])


# --- the checks ---


def _source_type(*terms: str) -> Check:
    def check(fields: _Fields) -> str | None:
        value = fields.properties.get(xmp.DIGITAL_SOURCE_TYPE, "")
        return value if value.rstrip("/").rpartition("/")[2] in terms else None

    return check


def _matches(pattern: str) -> Test:
    """Return a test for a pattern, case ignored."""
    compiled = re.compile(pattern, re.IGNORECASE)
    return lambda text: compiled.search(text, 0, _MAX_TEXT) is not None


def _in_order(first: str, *seconds: str) -> Test:
    """Return a test for a pattern that one of others follows in the same line, case ignored."""
    begin = re.compile(first, re.IGNORECASE)
    ends = [re.compile(second, re.IGNORECASE) for second in seconds]

    def test(text: str) -> bool:
        for line in text[:_MAX_TEXT].split("\n"):
            found = begin.search(line)  # the first one leaves most room for what follows
            if found is not None and any(end.search(line, found.end()) for end in ends):
                return True
        return False

    return test


def _anything(_: str) -> bool:
    return True


def _property(name: xmp.Property, test: Test = _anything) -> Check:
    def check(fields: _Fields) -> str | None:
        value = fields.properties.get(name)
        return value if value and test(value) else None

    return check


def _exif(name: str, test: Test) -> Check:
    def check(fields: _Fields) -> str | None:
        value = fields.exif.get(name, "")
        return value if test(value) else None

    return check


def _text(name: str, test: Test = _anything) -> Check:
    def check(fields: _Fields) -> str | None:
        value = fields.text.get(name.lower())
        return value if value is not None and test(value) else None

    return check


def _text_json(name: str, test: Callable[[Any], bool]) -> Check:
    def check(fields: _Fields) -> str | None:
        value = fields.text.get(name.lower())
        return value if value is not None and test(_json(value)) else None

    return check


def _json(text: str) -> object:
    if len(text) > _MAX_JSON:
        return None
    try:
        parsed: object = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return parsed


def _comfyui_graph(value: object) -> bool:
    """Whether JSON is a graph of ComfyUI nodes: the prompt, or the editor's workflow."""
    if not isinstance(value, Mapping):
        return False
    if isinstance(value.get("nodes"), list) and "links" in value:
        return True
    nodes = [item for item in value.values() if isinstance(item, Mapping)]
    return bool(nodes) and all("class_type" in item for item in nodes)


def _has_key(*names: str) -> Callable[[object], bool]:
    return lambda value: isinstance(value, Mapping) and any(name in value for name in names)


def _aigc(fields: _Fields) -> str | None:
    value = fields.properties.get(xmp.AIGC) or fields.text.get("aigc")
    label = _json(value) if value else None
    if isinstance(label, Mapping) and isinstance(label.get("AIGC"), Mapping):
        label = label["AIGC"]
    return value if value and isinstance(label, Mapping) and "Label" in label else None


def _xai(fields: _Fields) -> str | None:
    """Match Grok's pictures: a signature in the description, an identifier as the artist."""
    description = fields.exif.get("ImageDescription", "")
    artist = fields.exif.get("Artist", "")
    signed = re.match(r"Signature:\s*[A-Za-z0-9+/=]{40}", description)
    identifier = re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", artist, re.IGNORECASE)
    return f"signature by {artist}" if signed and identifier else None


def _midjourney(fields: _Fields) -> str | None:
    value = fields.text.get("description") or fields.exif.get("ImageDescription", "")
    return value if _MIDJOURNEY(value) else None


_A1111 = _in_order(r"\bSteps: \d{1,9}, ", "Sampler: ", "CFG scale: ")
_MIDJOURNEY = _matches(r"--v \d|Job ID: [0-9a-f-]{36}")

RULES: Final[tuple[Rule, ...]] = (
    Rule("iptc-ai-generated", "XMP DigitalSourceType", _source_type(SourceType.GENERATED.value)),
    Rule("iptc-ai-edited", "XMP DigitalSourceType", _source_type(SourceType.AI_EDITED.value)),
    Rule(
        "iptc-source-type",
        "XMP DigitalSourceType",
        _source_type(*(item.value for item in SourceType if not item.involves_ai)),
        says_ai=False,
    ),
    Rule("iptc-ai-system", "XMP AISystemUsed", _property(xmp.AI_SYSTEM)),
    Rule("tc260-aigc", "TC260:AIGC", _aigc),
    Rule(
        "made-with-google-ai",
        "XMP Credit",
        _property(xmp.CREDIT, _matches("(made|edited) with google ai")),
        "Google AI",
    ),
    Rule(
        "made-with-ai",
        "XMP Credit",
        _property(xmp.CREDIT, _in_order(r"\b(made|created|edited) with ", r"\bAI\b")),
    ),
    Rule(
        "ai-creator-tool",
        "XMP CreatorTool",
        _property(
            xmp.CREATOR_TOOL,
            _matches(
                "firefly|midjourney|dall.?e|stable diffusion|imagen|ideogram|leonardo|recraft|flux"
            ),
        ),
    ),
    Rule(
        "a1111-parameters", "PNG text parameters", _text("parameters", _A1111), "Stable Diffusion"
    ),
    Rule(
        "a1111-user-comment", "EXIF UserComment", _exif("UserComment", _A1111), "Stable Diffusion"
    ),
    Rule(
        "swarmui-parameters",
        "PNG text parameters",
        _text_json("parameters", _has_key("sui_image_params")),
        "SwarmUI",
    ),
    Rule("comfyui-prompt", "PNG text prompt", _text_json("prompt", _comfyui_graph), "ComfyUI"),
    Rule(
        "comfyui-workflow", "PNG text workflow", _text_json("workflow", _comfyui_graph), "ComfyUI"
    ),
    Rule(
        "invokeai-metadata",
        "PNG text invokeai_metadata",
        _text_json("invokeai_metadata", _has_key("generation_mode", "positive_prompt", "model")),
        "InvokeAI",
    ),
    Rule(
        "invokeai-legacy",
        "PNG text sd-metadata",
        _text_json("sd-metadata", _has_key("image")),
        "InvokeAI",
    ),
    Rule("fooocus", "PNG text fooocus_scheme", _text("fooocus_scheme"), "Fooocus"),
    Rule("novelai", "PNG text Software", _text("Software", _matches("^NovelAI")), "NovelAI"),
    Rule("dream", "PNG text Dream", _text("Dream", _matches(r"-s\s?\d|--steps")), "InvokeAI"),
    Rule("midjourney", "description", _midjourney, "Midjourney"),
    Rule("xai-signature", "EXIF ImageDescription", _xai, "xAI Grok"),
    Rule(
        "ai-software",
        "EXIF Software",
        _exif(
            "Software",
            _matches(
                r"stable diffusion|comfyui|midjourney|dall.?e|novelai|invokeai|firefly|draw things"
                r"|fooocus|sd\.next|automatic1111|easy diffusion|bing image creator"
            ),
        ),
    ),
    Rule(
        "ai-make",
        "EXIF Make",
        _exif("Make", _matches("^(google ai|openai|midjourney|stability ai|black forest labs)")),
    ),
    Rule(
        "ai-comment",
        "comment",
        _text("comment", _in_order("(made|generated|created) (with|by) ", r"\bAI\b")),
    ),
    Rule(
        "plus-data-mining",
        "XMP plus:DataMining",
        _property(xmp.DATA_MINING, prohibits_mining),
        says_ai=False,
    ),
    Rule(
        "provenance-url",
        "XMP dcterms:provenance",
        _property(xmp.PROVENANCE, _matches("^https?://")),
        says_ai=False,
    ),
)
