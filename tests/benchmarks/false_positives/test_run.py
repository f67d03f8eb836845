"""The false-positive benchmark: its pictures, its forced decodings, and a small run."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from benchmarks import images
from benchmarks._systems import key_bytes
from benchmarks.false_positives import corpus, scores, tails
from benchmarks.false_positives import run as command
from indelible import watermark
from indelible.watermark import coding, probability

_UNCOMPILED = os.environ.get("NUMBA_DISABLE_JIT") == "1"


@pytest.mark.usefixtures("quick_engine")
def test_corpus_is_reproducible_and_of_every_kind() -> None:
    sources = images.built_in()[:3]
    made = [corpus.unmarked(index, sources, 5, peers=False) for index in range(40)]
    assert {kind for kind, _ in made} == set(corpus.KINDS) - {corpus.PEER_KIND}
    kind, pixels = corpus.unmarked(7, sources, 5, peers=False)
    assert kind == made[7][0]
    np.testing.assert_array_equal(pixels, made[7][1])
    for _, picture in made:
        assert picture.dtype == np.uint8
        assert picture.shape[2] == 3


def _code_word(rng: np.random.Generator) -> npt.NDArray[np.float32]:
    """Encode a random message, bit by bit: its last bits come before its first (tail-biting)."""
    message = rng.integers(0, 2, coding.MESSAGE_BITS)
    word: list[float] = []
    for step in range(message.size):
        recent = [int(message[step - back]) for back in range(coding.CONSTRAINT)]
        for generator in coding.GENERATORS:
            ones = sum(bit for back, bit in enumerate(recent) if generator >> back & 1)
            word.append(1.0 - 2.0 * (ones % 2))
    return np.array(word, np.float32)


def test_forced_decoding_finds_the_code_word() -> None:
    rng = np.random.default_rng(1)
    for _ in range(3):
        word = _code_word(rng)
        soft = word + rng.normal(0, 0.8, word.size).astype(np.float32)
        assert scores.best_metric(soft) == pytest.approx(float(soft @ word), rel=1e-4)


def test_forced_decoding_is_at_least_any_code_word() -> None:
    rng = np.random.default_rng(2)
    noise = rng.normal(0, 1, coding.CODED_BITS).astype(np.float32)
    best = scores.best_metric(noise)
    assert best >= max(float(noise @ _code_word(rng)) for _ in range(20))


def test_threshold_is_where_the_bound_is_reached() -> None:
    limit = scores.threshold(16)
    assert probability.false_positive_bound(limit, 16) == pytest.approx(probability.LIMIT, rel=1e-6)
    assert scores.threshold(1) < limit < 15


@pytest.mark.skipif(
    os.environ.get("NUMBA_DISABLE_JIT") == "1", reason="minutes without the compiler"
)
def test_forced_scores_tell_marked_from_unmarked() -> None:
    key = watermark.Key.from_bytes(key_bytes(0))
    picture = images.resize_side(images.photograph(2), 400)
    unmarked = scores.forced_scores(picture, key)
    assert 1 <= len(unmarked) <= 3
    assert max(unmarked) < scores.threshold(1)
    marked = scores.forced_scores(watermark.embed(picture, b"8 bytes.", key), key)
    assert max(marked) > scores.threshold(1)


@pytest.mark.usefixtures("quick_engine")
def test_run_counts_and_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scores, "forced_scores", lambda image, _: [9 + image.mean() / 255] * 3)
    line = ["--ring", "2", "--forced-every", "2", "--jobs", "1", "--out", str(tmp_path)]
    command.run([*line, "--count", "20"])
    command.run([*line, "--count", "24"])
    tables = {
        table["title"]: {row[next(iter(row))]: row for row in table["rows"]}
        for table in json.loads((tmp_path / "result.json").read_text())["tables"]
    }
    total = tables["Found in unmarked pictures"]["all"]
    assert total["pictures"] == 24
    assert total["found"] == 0
    assert total["95 % below"] == pytest.approx(3 / 24, rel=0.1)
    assert tables["Scores of forced decodings"]["decodings"]["value"] >= 20
    assert (tmp_path / "scores.png").exists()


def test_tails_tell_families_apart() -> None:
    rng = np.random.default_rng(3)
    gaussian = tails.fit_tails(rng.normal(10, 0.3, 4000).tolist())
    assert [tail.name for tail in gaussian] == ["Gaussian", "Gumbel"]
    assert gaussian[0].location == pytest.approx(10, abs=0.1)
    assert gaussian[0].scale == pytest.approx(0.3, abs=0.05)
    assert float(gaussian[0].above(10.9)) == pytest.approx(1.35e-3, rel=0.5)

    gumbel = tails.fit_tails(rng.gumbel(10, 0.3, 4000).tolist())
    assert [tail.name for tail in gumbel] == ["Gumbel", "Gaussian"]
    assert float(gumbel[0].above(12)) == pytest.approx(np.exp(-2 / 0.3), rel=0.5)


def test_score_table_speaks_of_one_key_and_of_the_ring() -> None:
    forced = np.random.default_rng(4).normal(10, 0.3, 50).tolist()
    rows = {str(row[0]): row[1] for row in tails.score_table(forced, 16).rows if row is not None}
    assert rows["counts as found with 1 key from"] == scores.threshold(1)
    assert rows["counts as found with 16 keys from"] == scores.threshold(16)
    one, ring = (rows[f"Gaussian fit: beyond the threshold of {n}"] for n in ("1 key", "16 keys"))
    assert isinstance(one, float)
    assert isinstance(ring, float)
    assert 0 < ring < one < 1e-3
    assert len(tails.score_table(forced, 1).rows) < len(rows)
