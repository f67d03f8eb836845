"""The need benchmark: its fits find what was put in, its run says what stands in the source."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks import _visibility
from benchmarks.attacks import Attacked
from benchmarks.images import photograph
from benchmarks.need import fitting, heat
from benchmarks.need import run as command
from indelible import watermark
from indelible.watermark import need, visibility

KEY = watermark.Key.from_bytes(bytes(32))


def test_scores_of_classes_are_found(rng: np.random.Generator) -> None:
    shares = rng.dirichlet(np.ones(8), 60)
    true = np.array([2.0, 4, 8, 12, 16, 18, 18, 16])
    scores = shares @ true * np.exp(rng.normal(0, 0.02, 60))
    fitted = fitting.fit_scores(shares, scores)
    assert np.allclose(fitted, true, rtol=0.1, atol=0.6)
    assert np.std(fitting.relative_errors(shares, scores, tuple(fitted))) < 0.03


def test_a_class_that_no_picture_has_follows_its_neighbours(rng: np.random.Generator) -> None:
    shares = np.insert(rng.dirichlet(np.ones(7), 40), 4, 0.0, axis=1)
    fitted = fitting.fit_scores(shares, shares @ np.full(8, 10.0))
    assert fitted[4] == pytest.approx(10, abs=0.5)


def test_masking_is_found(rng: np.random.Generator) -> None:
    detail = rng.exponential(3, 4000)
    seen = 1.2 * (1 + (detail / 0.7) ** 2) ** -0.2 * np.exp(rng.normal(0, 0.05, 4000))
    fit = fitting.fit_masking(detail, seen)
    assert (np.exp(fit.calm), fit.knee, fit.exponent) == pytest.approx((1.2, 0.7, 0.4), rel=0.1)
    assert fit.explained > 0.9


def test_colours_name_one_distance_each() -> None:
    distances = np.linspace(0, 13, 200)
    found = heat._tree().query(heat.colours_of(distances))[1] * heat._STEP
    assert np.allclose(found, distances, atol=2 * heat._STEP)


@pytest.mark.skipif(not _visibility.has_butteraugli(), reason="libjxl-devtools is not installed")
def test_a_heat_map_is_read_back(rng: np.random.Generator) -> None:
    """The 3-norm of the distances that were read is the one that the command prints."""
    picture = np.ascontiguousarray(photograph(0)[:192, :192])
    noise = rng.normal(0, 3, (192, 192, 1))
    changed = np.clip(np.rint(picture + noise), 0, 255).astype(np.uint8)
    local = heat.local_distances(picture, changed).astype(float)
    norm = np.mean([np.mean(local**power) ** (1 / power) for power in (3, 6, 12)])
    seen = _visibility.butteraugli(picture, changed)
    assert norm == pytest.approx(seen.norm, rel=0.02)
    assert local.max() == pytest.approx(seen.worst, rel=0.02)


def test_the_known_mark_scores_where_it_is_and_nowhere_else() -> None:
    picture = np.ascontiguousarray(photograph(0)[:300, :300])
    marked = watermark.embed(picture, b"8 bytes.", KEY)

    def score(pixels: np.ndarray, payload: bytes = b"8 bytes.") -> float:
        return command.known_score(Attacked(pixels, np.eye(3)), (300, 300), payload, KEY)

    assert score(marked) > 15
    assert abs(score(picture)) < 5
    assert abs(score(marked, b"another.")) < 10
    moved = np.array([[1.0, 0, -20], [0, 1, -30], [0, 0, 1]])
    cropped = Attacked(np.ascontiguousarray(marked[30:, 20:]), moved)
    assert command.known_score(cropped, (300, 300), b"8 bytes.", KEY) > 12


def test_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "_FACTORS", (1.0, 0.1))  # of which the second is too small
    monkeypatch.setattr(command, "_PLACES", 50)
    command.run(["--limit", "2", "--jobs", "1", "--out", str(tmp_path)])
    tables = json.loads((tmp_path / "result.json").read_text())["tables"]
    scores = tables[0]["rows"]
    assert {row["chain"] for row in scores} == set(command.CHAINS) == set(need.CHAINS)
    present = [row for row in scores if row["values"] == "present"]
    assert [row["more"] for row in present] == [values[-1] for _, values in need.CHAINS.values()]
    if _visibility.has_butteraugli():
        masks = {row["constant"]: row for row in tables[1]["rows"]}
        assert masks["visibility.CALM"]["present"] == visibility.CALM
        assert 0.5 < masks["visibility.CALM"]["fitted"] / visibility.CALM < 2
        assert tables[2]["rows"][0]["n"] == 2


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(7)
