"""What people read in a bundle, and what checks it: statement, letters, the script, its guide."""

from __future__ import annotations

import importlib.resources

from indelible.evidence.facts import Facts
from indelible.evidence.layout import CHECK, LETTERS, STATEMENT, VERIFY
from indelible.evidence.letters import letters
from indelible.evidence.statement import statement
from indelible.evidence.statement_html import html_of
from indelible.evidence.statement_pdf import pdf_of

__all__ = ["written_parts"]


def written_parts(facts: Facts) -> dict[str, bytes]:
    """Return the statement, the letters, the script and its guide, by their paths.

    Raises
    ------
    MissingDependencyError
        If the package that writes PDFs is not installed.
    """
    document = statement(facts)
    folder = importlib.resources.files("indelible.evidence.bundled")
    parts = {
        f"{STATEMENT}statement.html": html_of(document),
        f"{STATEMENT}statement.pdf": pdf_of(document),
        CHECK: (folder / "check.py").read_bytes(),
    }
    guide = folder / "VERIFY.md"
    if guide.is_file():
        parts[VERIFY] = guide.read_bytes()
    return parts | {f"{LETTERS}{name}": data for name, data in letters(facts).items()}
