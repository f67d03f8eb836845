"""The statement as one HTML file: no script, nothing from elsewhere, for screens and for paper."""

from __future__ import annotations

import html
import re
from typing import Final

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
    seen,
)

__all__ = ["html_of"]

_POLICY: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
)

_STYLE: Final = """
:root { color-scheme: light dark; --paper: #faf9f7; --sheet: #fff; --ink: #1c2126; --soft: #566068;
  --line: #d9d7d2; --tint: #f0eeea; --accent: #1d4e6b; --caution: #8a5a00; --problem: #9b1c1c;
  font: 106.25%/1.6 system-ui, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", sans-serif; }
@media (prefers-color-scheme: dark) { :root { --paper: #14181b; --sheet: #1c2226; --ink: #eceae6;
  --soft: #a9b2b8; --line: #39424a; --tint: #242b30; --accent: #8ec5e6; --caution: #f0c36d;
  --problem: #ffb0a8; } }
* { box-sizing: border-box; }
body { background: var(--paper); color: var(--ink); margin: 0; overflow-wrap: anywhere; }
header, nav, main, footer { max-width: 46rem; margin: 0 auto; padding: 0 1.25rem; }
header { padding-top: 2.5rem; }
h1, h2 { line-height: 1.2; text-wrap: balance; }
h1 { font-size: 1.9rem; margin: 0; }
h2 { font-size: 1.35rem; margin: 2.5rem 0 .75rem; padding-top: .75rem;
  border-top: 1px solid var(--line); }
.about { color: var(--soft); font-size: 1.1rem; margin: .25rem 0 1.5rem; }
nav { font-size: .95rem; }
nav h2 { font-size: 1rem; margin: 0; padding: 0; border: 0; }
nav ol { columns: 2 16rem; margin: .25rem 0 0; padding-left: 1.5rem; }
a { color: var(--accent); }
a:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
p { margin: 0 0 .75rem; }
ul, ol { margin: 0 0 1rem; padding-left: 1.4rem; }
li { margin-bottom: .4rem; }
dl { margin: 0 0 1.25rem; border: 1px solid var(--line); border-radius: .5rem;
  background: var(--sheet); }
dl > div { display: grid; grid-template-columns: 13rem 1fr; gap: .25rem 1rem; padding: .5rem 1rem; }
dl > div + div { border-top: 1px solid var(--line); }
dt { color: var(--soft); }
dl.facts dt::first-letter { text-transform: uppercase; }
dd { margin: 0; }
.exact dd { font-family: ui-monospace, "Liberation Mono", Menlo, Consolas, monospace;
  font-size: .9em; word-break: break-all; }
.box { background: var(--sheet); border: 1px solid var(--line);
  border-left: .4rem solid var(--soft);
  border-radius: .5rem; padding: 1rem 1.25rem; margin: 0 0 1rem; }
.box p:first-child { font-weight: 700; }
.box p:last-child { margin: 0; }
.box.verdict { border-left-color: var(--accent); }
.box.verdict p:first-child { font-size: 1.35rem; line-height: 1.25; }
.box.caution { border-left-color: var(--caution); }
.box.problem { border-left-color: var(--problem); }
.form { list-style: decimal; }
.form li { margin-bottom: 1rem; line-height: 2; }
.blank { display: inline-block; min-width: 9rem; border-bottom: 1px solid currentcolor;
  height: 1.2em; vertical-align: baseline; }
footer { color: var(--soft); font-size: .9rem; padding-top: 2rem; padding-bottom: 3rem; }
@media (max-width: 34rem) { dl > div { grid-template-columns: 1fr; } }
@media print {
  :root { --paper: #fff; --sheet: #fff; --ink: #000; --soft: #333; --line: #999; --accent: #000;
    --caution: #000; --problem: #000; font-size: 10.5pt; }
  header, nav, main, footer { max-width: none; padding-left: 0; padding-right: 0; }
  h2 { break-after: avoid; }
  dl > div, .box, .form li { break-inside: avoid; }
  #certificate { break-before: page; }
  a { text-decoration: none; color: inherit; }
  @page { margin: 20mm; }
}
"""


def html_of(document: Document) -> bytes:
    """Return a document as an HTML file, UTF-8."""
    title = _escaped(document.title)
    about = f"<bdi>{_escaped(document.subtitle)}</bdi>"
    links = "".join(
        f'<li><a href="#{part.key}">{_escaped(part.heading)}</a></li>' for part in document.parts
    )
    body = "\n".join(_part(part) for part in document.parts)
    return f"""<!doctype html>
<html lang="{_escaped(document.language)}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{_POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="robots" content="noindex">
<title>{title}: {_escaped(document.subtitle)}</title>
<style>{_STYLE}</style>
</head>
<body>
<header>
<h1>{title}</h1>
<p class="about">{about}</p>
</header>
<nav aria-labelledby="contents"><h2 id="contents">{_escaped(document.contents)}</h2>
<ol>{links}</ol></nav>
<main>
{body}
</main>
<footer><p>{_escaped(document.foot)}</p></footer>
</body>
</html>
""".encode()


def _part(part: Part) -> str:
    blocks = "\n".join(_block(block) for block in part.blocks)
    return (
        f'<section aria-labelledby="{part.key}">\n'
        f'<h2 id="{part.key}">{_escaped(part.heading)}</h2>\n{blocks}\n</section>'
    )


def _block(block: Block) -> str:
    match block:
        case Text(text):
            return f"<p>{_text(text)}</p>"
        case Box(lines, tone):
            inner = "".join(f"<p>{_text(line)}</p>" for line in lines)
            return f'<div class="box {tone}">{inner}</div>'
        case Bullets(items, numbered):
            tag = "ol" if numbered else "ul"
            return f"<{tag}>{_items(items)}</{tag}>"
        case Form(items):
            return f'<ol class="form">{_items(items)}</ol>'
        case Facts(rows, exact):
            inner = "".join(
                f"<div><dt>{_text(label)}</dt><dd><bdi>{_text(text)}</bdi></dd></div>"
                for label, text in rows
            )
            return f'<dl class="{"exact" if exact else "facts"}">{inner}</dl>'


def _items(items: tuple[str, ...]) -> str:
    return "".join(f"<li>{_text(item)}</li>" for item in items)


def _text(text: str) -> str:
    blank = '<span class="blank" role="img" aria-label="______"></span>'
    return re.sub(re.escape(BLANK), blank, _escaped(text))


def _escaped(text: str) -> str:
    return html.escape(seen(text))
