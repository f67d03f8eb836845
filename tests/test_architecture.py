"""docs/architecture.md against the disk: its drawing, its table of changes, and mirrored tests.

The arrows are import-linter's (pyproject.toml), except those that need a finer rule than imports of
whole modules: they are at the end.
"""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "docs" / "architecture.md").read_text("utf-8")
SOURCE = ROOT / "src"

# Tests of what several modules of their room do together.
OF_SEVERAL_MODULES = {
    "credentials/manifests/test_hostile.py",
    "credentials/manifests/test_no_network.py",
    "credentials/manifests/test_time_stamps.py",
    "credentials/store/test_costs.py",
    "fingerprint/test_docs.py",
    "gateway/test_chain.py",
    "gateway/test_leaks.py",
    "gateway/test_official_client.py",
    "imaging/structure/test_locating.py",
    "imaging/structure/test_structure.py",
    "imaging/test_colours.py",
    "imaging/test_heic.py",
    "imaging/test_hostile.py",
    "imaging/test_kept.py",
    "imaging/test_tolerance.py",
    "integrations/comfyui/test_nodes.py",
    "protection/test_records.py",
    "registry/test_docs.py",
    "registry/test_durability.py",
    "scan/test_durability.py",
    "service/page/test_page_access.py",
    "service/page/test_page_answers.py",
    "service/page/test_page_desk.py",
    "service/page/test_page_failures.py",
    "service/page/test_page_ways.py",
    "service/page/test_page_whole.py",
    "service/test_conformance.py",
    "service/test_schemathesis.py",
    "settings/test_imports.py",
    "verification/test_cases.py",
    "verification/test_hostile.py",
    "verification/test_places.py",
    "verification/wording/test_faces.py",
    "watermark/test_constants.py",
    "watermark/test_docs.py",
    "watermark/test_kernels_mesh.py",
    "watermark/test_kernels_pixels.py",
    "watermark/test_kernels_search.py",
    "watermark/test_kernels_tiles.py",
    "watermark/test_vectors.py",
}


def drawing() -> list[str]:
    """Return what the page draws of ``src/`` and ``cli/``, as paths."""
    block = re.search(r"^```text\n(src/.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    assert block is not None
    paths: list[str] = []
    above: list[str] = []
    for line in block.group(1).splitlines():
        entry = re.match(r"( *)([\w.]+/?)", line)
        assert entry is not None
        above = [*above[: len(entry.group(1)) // 2], entry.group(2)]
        paths.append("".join(above))
    return paths


def on_disk() -> list[str]:
    """Return every folder of ``src/`` and ``cli/``, and the modules of floors that hold rooms."""
    folders = [path for path in [SOURCE, *SOURCE.rglob("*")] if path.is_dir()]
    found = [f"{folder.relative_to(ROOT).as_posix()}/" for folder in [*folders, ROOT / "cli"]]
    found = [folder for folder in found if "__pycache__" not in folder]
    modules = [*SOURCE.glob("*.py"), *(SOURCE / "credentials").glob("[!_]*.py")]
    modules.append(SOURCE / "credentials" / "_der.py")
    return found + [path.relative_to(ROOT).as_posix() for path in modules]


def test_the_drawing_shows_what_is_there() -> None:
    assert sorted(drawing()) == sorted(on_disk())


def test_the_drawing_names_nothing_twice() -> None:
    assert len(drawing()) == len(set(drawing()))


def test_every_path_on_the_page_exists() -> None:
    paths = re.findall(r"`((?:src|cli|tests|benchmarks|docs)/[\w./-]*)`", PAGE)
    assert len(paths) > 20
    missing = [path for path in paths if not (ROOT / path).exists()]
    assert missing == []


def test_tests_stand_where_their_module_does() -> None:
    elsewhere = set()
    for room in (path for path in SOURCE.rglob("*") if path.is_dir()):
        for test in (ROOT / "tests" / room.relative_to(SOURCE)).glob("test_*.py"):
            name = test.stem.removeprefix("test_")
            if not any((room / f"{private}{name}.py").exists() for private in ("", "_")):
                elsewhere.add(test.relative_to(ROOT / "tests").as_posix())
    assert elsewhere == OF_SEVERAL_MODULES


def test_every_room_is_tested() -> None:
    """Each with a folder of its own, the kernels aside: their room's tests hold theirs."""
    rooms = {path.parent.relative_to(SOURCE) for path in SOURCE.rglob("__init__.py")}
    untested = {str(room) for room in rooms if not (ROOT / "tests" / room).is_dir()}
    assert untested == {"fingerprint/_kernels", "registry/_kernels", "watermark/_kernels"}


# --- arrows that import-linter cannot draw ------------------------------------------------------


def modules(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


def imported(path: Path) -> Iterator[tuple[str, str | None]]:
    """Yield what a file imports, wherever the statement stands: a module, and a name out of it."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((alias.name, None) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((node.module or "", alias.name) for alias in node.names)


_ROOMS_WITHIN = {"indelible.registry.private", "indelible.verification.wording"}


@pytest.mark.parametrize("path", modules("cli"), ids=lambda path: path.name)
def test_a_face_imports_public_names(path: Path) -> None:
    """Those that a room, or a module of the ground floor, lists in ``__all__``."""
    private = []
    for module, name in imported(path):
        if not module.startswith("indelible") or module.startswith("indelible.cli"):
            continue
        room = importlib.import_module(module)
        is_room = module.count(".") < 2 or module in _ROOMS_WITHIN
        is_public = name is None or name in room.__all__ or _is_module(f"{module}.{name}")
        if not (is_room and is_public):
            private.append((module, name))
    assert private == []


def _is_module(name: str) -> bool:
    """Whether this is a room of its own that a package does not have to list."""
    return name.removeprefix("indelible.") in {"batch", "cli", "verification.wording"} or (
        name.startswith("indelible.cli.")
    )


@pytest.mark.parametrize(
    "path",
    [path for path in modules("src") + modules("cli") if path.parent != SOURCE / "network"],
    ids=lambda path: path.relative_to(ROOT).as_posix(),
)
def test_others_split_addresses_and_follow_none(path: Path) -> None:
    for module, name in imported(path):
        if module.startswith("urllib"):
            assert module == "urllib.parse", f"{path} imports {module}.{name}"


def test_only_imaging_decodes() -> None:
    """OpenCV has codecs, too: only the watermark imports it, and calls none of them."""
    codec = re.compile(r"\b(?:im(?:read|write|decode|encode)\w*|VideoCapture|VideoWriter)\b")
    for path in modules("src") + modules("cli"):
        code = path.read_text("utf-8")
        assert not codec.search(code), path
        if re.search(r"import_module\(.cv2.\)|\bimport cv2\b", code):
            assert path == SOURCE / "watermark" / "_opencv.py"


def test_keys_are_the_only_files_of_the_watermark() -> None:
    """import-linter forbids `files` and `pathlib`; what is built in needs no import."""
    for path in modules("src/watermark"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                assert node.func.id != "open", path
