"""What the page's tests do with the page."""

from __future__ import annotations

from playwright.sync_api import FilePayload, Page

__all__ = ["DROP", "PASTE", "axe", "give", "picture"]

DROP = """([names, texts]) => {
  const data = new DataTransfer();
  names.forEach((name, i) => data.items.add(new File([texts[i]], name, { type: "image/png" })));
  for (const type of ["dragenter", "dragover", "drop"]) {
    const target = document.querySelector("#drop");
    const event = { dataTransfer: data, bubbles: true, cancelable: true };
    target.dispatchEvent(new DragEvent(type, event));
  }
}"""
PASTE = """([name, text]) => {
  const data = new DataTransfer();
  data.items.add(new File([text], name, { type: "image/png" }));
  document.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true }));
}"""


def picture(what: str, name: str = "portrait.png") -> FilePayload:
    """Return a file that the fake detector answers with `what`."""
    return {"name": name, "mimeType": "image/png", "buffer": what.encode()}


def give(page: Page, *what: str) -> None:
    """Choose pictures."""
    page.set_input_files(
        "#files", [picture(one, f"{i}-{one[:9]}.png") for i, one in enumerate(what)]
    )


def axe(page: Page, source: str) -> list[str]:
    """Return what the accessibility rules find, of at least serious impact."""
    if page.evaluate("typeof axe") == "undefined":
        page.evaluate(source)
    found = page.evaluate(
        "async () => (await axe.run()).violations.map((one) => [one.impact, one.id,"
        " one.nodes.map((node) => node.html.slice(0, 120)).join(' | ')])"
    )
    return [
        f"{name}: {where}" for impact, name, where in found if impact in ("serious", "critical")
    ]
