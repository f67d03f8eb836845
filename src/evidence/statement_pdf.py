"""The statement as a PDF, for who prints, files or attaches it: its fonts are inside."""

from __future__ import annotations

import html
import io
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final

from indelible.evidence.document import (
    BLANK,
    Block,
    Box,
    Bullets,
    Document,
    Facts,
    Form,
    Part,
    Text,
    Tone,
    seen,
)
from indelible.extras import load

__all__ = ["pdf_of"]

_INK, _SOFT, _LINE, _TINT = "#1c2126", "#566068", "#d0cdc7", "#f6f5f2"
_EDGES: Final[dict[Tone, str]] = {
    "plain": _SOFT,
    "verdict": "#1d4e6b",
    "caution": "#b97a00",
    "problem": "#9b1c1c",
}
_MARGIN: Final = 57.0  # points, 20 mm
_FIRST_COLUMN: Final = 0.3  # of a table
_BLANK_LINE: Final = "_" * 24
_FONTS: Final = {"Vera": "Vera.ttf", "Vera-Bold": "VeraBd.ttf"}  # reportlab brings them


def pdf_of(document: Document) -> bytes:
    """Return a document as a PDF; the same document is the same bytes.

    Raises
    ------
    MissingDependencyError
        If the package reportlab is not installed.
    """
    platypus = _reportlab("platypus")
    width, height = _reportlab("lib.pagesizes").A4
    out = io.BytesIO()
    drawn = platypus.BaseDocTemplate(
        out,
        pagesize=(width, height),
        title=f"{seen(document.title)}: {seen(document.subtitle)}",
        lang=document.language,
        author="Indelible",
        creator="Indelible",
        subject="",
        invariant=1,
        displayDocTitle=True,
    )
    inner = (width - 2 * _MARGIN, height - 2 * _MARGIN)
    frame = platypus.Frame(_MARGIN, _MARGIN, *inner, 0, 0, 0, 0, id="page")
    drawn.addPageTemplates(platypus.PageTemplate("page", [frame], onPage=_foot(document, width)))
    drawn.build(list(_flow(document, inner[0])))
    return out.getvalue()


def _reportlab(name: str) -> Any:  # noqa: ANN401 - a package without types
    return load(f"reportlab.{name}", extra="evidence", missing="A PDF takes the package reportlab.")


@cache
def _known_letters() -> frozenset[int]:
    """Register the fonts, and return the letters that they have."""
    metrics, fonts = _reportlab("pdfbase.pdfmetrics"), _reportlab("pdfbase.ttfonts")
    folder = Path(_reportlab("rl_config").__file__).parent / "fonts"
    known: frozenset[int] = frozenset()
    for name, file in _FONTS.items():
        font = fonts.TTFont(name, str(folder / file))
        metrics.registerFont(font)
        known = frozenset(font.face.charToGlyph)
    metrics.registerFontFamily("Vera", normal="Vera", bold="Vera-Bold", italic="Vera")
    return known


@cache
def _style(name: str) -> Any:  # noqa: ANN401 - reportlab's own class
    """Return how a kind of paragraph looks."""
    styles = _reportlab("lib.styles")
    _known_letters()
    plain = {
        "fontName": "Vera",
        "bulletFontName": "Vera",
        "fontSize": 9.5,
        "leading": 14,
        "textColor": _INK,
    }
    looks: dict[str, dict[str, Any]] = {
        "text": {"spaceAfter": 7},
        "title": {"fontName": "Vera-Bold", "fontSize": 19, "leading": 24},
        "about": {"textColor": _SOFT, "fontSize": 11, "leading": 15, "spaceAfter": 14},
        "heading": {
            "fontName": "Vera-Bold",
            "fontSize": 13,
            "leading": 17,
            "spaceBefore": 16,
            "spaceAfter": 7,
            "keepWithNext": 1,
        },
        "item": {"leftIndent": 16, "spaceAfter": 4},
        "form": {"leftIndent": 20, "leading": 19, "spaceAfter": 9},
        "label": {"textColor": _SOFT},
        "value": {},
        "exact": {"wordWrap": "CJK", "fontSize": 9},
        "line": {"spaceAfter": 4},
        "loud": {"fontName": "Vera-Bold", "spaceAfter": 4},
        "verdict": {"fontName": "Vera-Bold", "fontSize": 14, "leading": 18, "spaceAfter": 6},
    }
    return styles.ParagraphStyle(name, **(plain | looks[name]))


def _flow(document: Document, width: float) -> Iterator[Any]:
    yield _paragraph(document.title, "title")
    yield _paragraph(document.subtitle, "about")
    for part in document.parts:
        yield from _part(part, width)


def _part(part: Part, width: float) -> Iterator[Any]:
    platypus = _reportlab("platypus")
    if part.key == "certificate":
        yield platypus.PageBreak()
    yield _bookmark(part.key, seen(part.heading))
    yield _paragraph(part.heading, "heading")
    for block in part.blocks:
        yield from _block(block, width)


def _block(block: Block, width: float) -> Iterator[Any]:
    match block:
        case Text(text):
            yield _paragraph(text, "text")
        case Box(lines, tone):
            yield from _box(lines, tone, width)
        case Bullets(items, numbered):
            for number, item in enumerate(items, 1):
                yield _paragraph(item, "item", bullet=f"{number}." if numbered else "\u2022")
        case Form(items):
            for number, item in enumerate(items, 1):
                yield _paragraph(item, "form", bullet=f"{number}.")
        case Facts(rows, exact):
            yield from _table(rows, width, "exact" if exact else "value")


def _box(lines: tuple[str, ...], tone: Tone, width: float) -> Iterator[Any]:
    platypus = _reportlab("platypus")
    first = _paragraph(lines[0], "verdict" if tone == "verdict" else "loud")
    inner = [first, *(_paragraph(line, "line") for line in lines[1:])]
    look = [
        ("BACKGROUND", (0, 0), (-1, -1), _TINT),
        ("LINEBEFORE", (0, 0), (0, -1), 4, _EDGES[tone]),
        ("LEFTPADDING", (0, 0), (-1, -1), 12),
        ("TOPPADDING", (0, 0), (-1, -1), 8),
    ]
    yield platypus.Table([[inner]], [width], style=look, spaceAfter=9)


def _table(rows: tuple[tuple[str, str], ...], width: float, style: str) -> Iterator[Any]:
    if not rows:
        return
    platypus = _reportlab("platypus")
    if style != "exact":
        rows = tuple((label[:1].upper() + label[1:], text) for label, text in rows)
    cells = [[_paragraph(label, "label"), _paragraph(text, style)] for label, text in rows]
    look = [
        ("LINEBELOW", (0, 0), (-1, -1), 0.5, _LINE),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LEFTPADDING", (0, 0), (0, -1), 0),
    ]
    columns = [_FIRST_COLUMN * width, (1 - _FIRST_COLUMN) * width]
    yield platypus.Table(cells, columns, style=look, spaceAfter=9)


def _paragraph(text: str, style: str, bullet: str | None = None) -> Any:  # noqa: ANN401
    return _reportlab("platypus").Paragraph(_escaped(text), _style(style), bulletText=bullet)


def _escaped(text: str) -> str:
    """Return a text as the paragraphs take it; letters that the fonts lack, by their numbers."""
    known = _known_letters()
    plain = "".join(one if ord(one) in known else f"[U+{ord(one):04X}]" for one in seen(text))
    return html.escape(plain.replace(BLANK, _BLANK_LINE))


def _foot(document: Document, width: float) -> Callable[[Any, Any], None]:
    def draw(canvas: Any, drawn: Any) -> None:  # noqa: ANN401 - reportlab's own
        foot = _paragraph(document.foot, "label")
        foot.wrapOn(canvas, width - 2 * _MARGIN - 40, _MARGIN)
        foot.drawOn(canvas, _MARGIN, _MARGIN / 2 - 8)
        canvas.setFont("Vera", 9)
        canvas.setFillColor(_SOFT)
        canvas.drawRightString(width - _MARGIN, _MARGIN / 2, str(drawn.page))

    return draw


def _bookmark(key: str, title: str) -> Any:  # noqa: ANN401 - reportlab's own
    flowable = _reportlab("platypus").Flowable

    class Bookmark(flowable):  # type: ignore[misc, valid-type]
        """An entry in the list that PDF readers show beside the pages."""

        def wrap(self, *_: float) -> tuple[float, float]:
            return 0, 0

        def draw(self) -> None:
            self.canv.bookmarkPage(key)
            self.canv.addOutlineEntry(title, key, 0, closed=True)

    return Bookmark()
