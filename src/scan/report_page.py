"""A report as one HTML file: no network, no script, nothing that a stranger wrote unescaped."""

from __future__ import annotations

import base64
import hashlib
import html
import importlib.resources
import unicodedata
from collections.abc import Iterator
from typing import Final

from indelible.languages import say, translate
from indelible.scan.report_shapes import Course, Row, Section, Words, digits
from indelible.scan.report_words import PICTURES, SHARE, share_words

__all__ = ["html_page"]

_STYLE: Final = "report.css"
_WIDE: Final = ("verdicts", "matches")  # sections that take the page's whole width
_WIDTH: Final = 1000  # of a bar's own coordinates; it is stretched to the room that there is
_LEAST: Final = 4  # of these: what is counted at all is seen
_BIN, _GAP, _HEIGHT = 10, 1, 100  # of a plot over time, likewise

_NONE: Final = say("None.")
_AS_A_TABLE: Final = say("The same as a table")


def html_page(words: Words, language: str) -> str:
    """Return a document that stands alone.

    Parameters
    ----------
    words : Words
        In `language`.
    language : str
        One of `indelible.languages.LANGUAGES`.
    """
    style = (importlib.resources.files("indelible.scan") / _STYLE).read_text("utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    return "\n".join(
        [
            "<!doctype html>",
            f'<html lang="{_escaped(language)}">',
            '<head><meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<meta name="referrer" content="no-referrer">',
            f"<title>{_escaped(words.title)}</title>",
            f"<style>{style}</style></head>",
            "<body>",
            *_header(words),
            "<main>",
            *(line for section in words.sections for line in _section(section, language)),
            *(line for course in words.courses for line in _course(course, language)),
            "</main>",
            f"<footer><p>{_escaped(words.footer)}</p></footer>",
            "</body></html>\n",
        ]
    )


def _header(words: Words) -> Iterator[str]:
    yield f"<header><h1>{_escaped(words.title)}</h1>"
    yield '<dl class="figures">'
    for figure in words.figures:
        yield f"<div><dt>{_escaped(figure.label)}</dt><dd>{_escaped(figure.text)}</dd></div>"
    yield "</dl>"
    if words.remarks:
        yield '<ul class="remarks">'
        yield from (f"<li>{_escaped(remark)}</li>" for remark in words.remarks)
        yield "</ul>"
    yield "</header>"


def _section(section: Section, language: str) -> Iterator[str]:
    wide = ' class="wide"' if section.key in _WIDE else ""
    yield f'<section{wide} id="{section.key}" aria-labelledby="{section.key}-h">'
    yield from _heading(section.key, section.heading, section.about)
    if section.rows:
        most = max(row.count for row in section.rows)
        yield "<table>"
        yield _table_head(section.column, language, share=True)
        yield from (_row(row, most, section.of, language) for row in section.rows)
        yield "</table>"
    else:
        yield f'<p class="nothing">{_said(_NONE, language)}</p>'
    yield "</section>"


def _row(row: Row, most: int, of: int, language: str) -> str:
    attribute, look = "", ""
    match row.look:
        case "verdict":
            attribute, look = f' data-verdict="{_escaped(row.text)}"', ' class="word"'
        case "error":
            attribute = ' data-verdict="error"'
        case "claim":
            attribute, look = ' class="is-claim"', ' class="claim"'
        case "rest":
            attribute, look = ' class="rest is-claim"', ""
        case "fact":
            pass
    note = f'<span class="note">{_escaped(row.note)}</span>' if row.note else ""
    length = max(_LEAST, round(_WIDTH * row.count / most)) if row.count else 0
    return (
        f'<tbody{attribute}><tr><th scope="row"><bdi{look}>{_escaped(row.text)}</bdi></th>'
        f'<td class="number">{digits(row.count)}</td>'
        f'<td class="number">{_said(share_words(row.count, of), language)}</td></tr>'
        f'<tr class="below"><td colspan="3">{note}'
        f'<svg class="bar" viewBox="0 0 {_WIDTH} 8" preserveAspectRatio="none" aria-hidden="true">'
        f'<rect class="track" width="{_WIDTH}" height="8"/>'
        f'<rect class="fill" width="{length}" height="8"/></svg></td></tr></tbody>'
    )


def _course(course: Course, language: str) -> Iterator[str]:
    key = course.key
    yield f'<section class="wide" id="{key}" aria-labelledby="{key}-h">'
    yield from _heading(key, course.heading, course.about)
    if not course.bars:
        yield f'<p class="nothing">{_said(_NONE, language)}</p></section>'
        return
    most = max(count for _, count in course.bars)
    first, last = course.bars[0][0], course.bars[-1][0]
    height = _HEIGHT / max(most, 1)
    width = len(course.bars) * _BIN
    told = say(
        "{bars} bars from {first} to {last}; the highest stands for {most} pictures.",
        bars=len(course.bars),
        first=first,
        last=last,
        most=most,
    )
    yield "<figure>"
    yield f'<div class="plot"><span class="most">{digits(most)}</span><span class="zero">0</span>'
    yield (
        f'<svg viewBox="0 0 {width} {_HEIGHT}" preserveAspectRatio="none" role="img" '
        f'aria-labelledby="{key}-t {key}-d"><title id="{key}-t">{_escaped(course.heading)}</title>'
        f'<desc id="{key}-d">{_said(told, language)}</desc>'
    )
    for place, (start, count) in enumerate(course.bars):
        if count:
            tall = max(1.0, count * height)
            yield (
                f'<rect class="bin" x="{place * _BIN + _GAP}" y="{_HEIGHT - tall:.1f}" '
                f'width="{_BIN - 2 * _GAP}" height="{tall:.1f}">'
                f"<title>{_escaped(start)}: {digits(count)}</title></rect>"
            )
    ends = [first] if first == last else [first, last]
    yield f'</svg><p class="ends">{"".join(f"<span>{_escaped(end)}</span>" for end in ends)}</p>'
    yield "</div></figure>"
    yield f"<details><summary>{_said(_AS_A_TABLE, language)}</summary><table>"
    yield _table_head(course.column, language, share=False)
    yield "<tbody>"
    for start, count in course.bars:
        if count:
            yield (
                f'<tr><th scope="row">{_escaped(start)}</th>'
                f'<td class="number">{digits(count)}</td></tr>'
            )
    yield "</tbody></table></details></section>"


def _heading(key: str, heading: str, about: str) -> Iterator[str]:
    yield f'<h2 id="{key}-h">{_escaped(heading)}</h2>'
    if about:
        yield f'<p class="about">{_escaped(about)}</p>'


def _table_head(column: str, language: str, *, share: bool) -> str:
    numbers = [PICTURES, SHARE] if share else [PICTURES]
    cells = "".join(
        f'<th scope="col" class="number">{_said(one, language)}</th>' for one in numbers
    )
    return f'<thead><tr><th scope="col">{_escaped(column)}</th>{cells}</tr></thead>'


def _said(text: str, language: str) -> str:
    return _escaped(translate(text, language))


def _escaped(text: str) -> str:
    """Return text for HTML: escaped, and without what HTML must not hold."""
    clean = "".join(
        "�" if unicodedata.category(letter)[0] == "C" or letter in "\u2028\u2029" else letter
        for letter in text
    )
    return html.escape(clean)
