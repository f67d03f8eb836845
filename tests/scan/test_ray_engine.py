"""A scan on a cluster of two nodes, of which not all survive it."""

from __future__ import annotations

import io
import os
import shutil
import signal
import tarfile
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow.dataset
import pytest

from indelible.errors import WorkerDiedError
from indelible.scan import Progress, ray_engine
from indelible.scan.items import shard_name
from indelible.scan.options import ScanOptions
from indelible.scan.output import Output
from indelible.scan.ray_engine import RayEngine
from indelible.scan.rows import Subject, scan_picture
from indelible.scan.sources import entries
from tests.scan.hostile import hostile, options
from tests.scan.pictures import picture
from tests.scan.slow import Slow

pytest.importorskip("ray", reason="needs Ray: python -m pip install '.[ray]'")

# Ray leaves the ends of its processes to the interpreter, and calls old functions of others.
pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

ROOT = Path(__file__).resolve().parents[2]
NODE: dict[str, Any] = {"num_cpus": 1, "object_store_memory": 100 << 20, "include_dashboard": False}
SHARD = 5
FILES = 40


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    from ray.cluster_utils import Cluster  # noqa: PLC0415 - takes seconds

    # Short, as the names of sockets are in it; and nobody is told of it.
    folder = tempfile.mkdtemp(prefix="indelible-ray-")
    given = {
        "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]),
        "RAY_USAGE_STATS_ENABLED": "0",
        "RAY_TMPDIR": folder,
        # A node that is gone is missed after four seconds, one that is busy after twenty.
        "RAY_health_check_initial_delay_ms": "0",
        "RAY_health_check_period_ms": "1000",
        "RAY_health_check_timeout_ms": "5000",
        "RAY_health_check_failure_threshold": "4",
    }
    before = {name: os.environ.get(name) for name in given}
    os.environ.update(given)
    cluster: Any = None
    try:
        cluster = Cluster(initialize_head=True, head_node_args=NODE)
        cluster.second = cluster.add_node(**NODE)
        yield cluster
    finally:
        if cluster is not None:
            cluster.shutdown()
        for name, value in before.items():
            os.environ.pop(name)
            if value is not None:
                os.environ[name] = value
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What is scanned: files, an archive, the same bytes twice, and what kills a process."""
    folder = tmp_path_factory.mktemp("pictures")
    for number in range(FILES):
        (folder / f"{number:03}.png").write_bytes(picture(number))
    (folder / "copy.png").write_bytes(picture(0))
    (folder / "dies.png").write_bytes(hostile("exit"))
    (folder / "none.png").write_bytes(b"no picture")
    (folder / "notes.txt").write_text("no picture")
    with tarfile.open(folder / "more.tar", "w") as archive:
        for number in range(FILES, FILES + 12):
            member = tarfile.TarInfo(f"{number}.png")
            member.size = len(picture(number))
            archive.addfile(member, io.BytesIO(picture(number)))
    return folder


def begin(folder: Path, place: Path, given: ScanOptions) -> None:
    """Begin a scan, as if it had been killed after its first shard."""
    output = Output(place)
    output.open()
    output.begin("test", {}, entries([str(folder)], output=place))
    first = [entry.uri for entry in islice(output.listed(), SHARD)]
    rows = [scan_picture(Subject(uri, Path(uri).read_bytes()), given) for uri in first]
    output.publish(shard_name(0), rows)
    output.close()


def scanned(
    place: Path, cluster: Any, given: ScanOptions, tell: Callable[[Progress], object]
) -> None:
    """Go on with a scan, on the cluster."""
    output = Output(place)
    try:
        state = output.open()
        assert state is not None
        RayEngine(
            output,
            given,
            address=cluster.address,
            workers=None,
            shard_size=SHARD,
            memory=1 << 30,
            seconds=60.0,
            progress=Progress(state.lines, state.size),
            tell=tell,
        ).run()
    finally:
        output.close()


def check(rows: list[dict[str, Any]]) -> None:
    """Check that every picture has one row, and that those say what they must."""
    names = Counter((Path(row["uri"]).name, row["member"]) for row in rows)
    files = {f"{number:03}.png" for number in range(FILES)} | {"copy.png", "dies.png", "none.png"}
    members = {("more.tar", f"{number}.png") for number in range(FILES, FILES + 12)}
    assert names == Counter([*((name, None) for name in files), *members])
    told = {Path(row["uri"]).name: row for row in rows if row["member"] is None}
    errors = {name: row["error_type"] for name, row in told.items() if row["error_type"]}
    assert errors == {"dies.png": "WorkerDiedError", "none.png": "UnreadableImageError"}
    same = [told[name]["duplicate_of"] for name in ("copy.png", "000.png")]
    assert [one is None for one in same].count(True) >= 1


class Killing:
    """Kills an actor's process once some rows are there, and a node once there are more."""

    def __init__(self, cluster: Any) -> None:
        self.cluster = cluster
        self.killed: list[int] = []
        self.removed = False

    def __call__(self, progress: Progress) -> None:
        if progress.rows >= SHARD and not self.killed:
            self.killed = actors()[:1]
            for pid in self.killed:
                os.kill(pid, signal.SIGKILL)
        elif progress.rows >= 3 * SHARD and not self.removed:
            self.removed = True
            self.cluster.remove_node(self.cluster.second, allow_graceful=False)


def actors() -> list[int]:
    """Return the process ids of the actors that this process's own nodes have started."""
    found = []
    for place in Path("/proc").iterdir():
        try:
            if place.name.isdigit() and b"MapWorker" in (place / "cmdline").read_bytes():
                above = parent(parent(int(place.name)))
                if above == os.getpid():
                    found.append(int(place.name))
        except OSError:
            continue
    return found


def parent(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="finds processes in /proc")
def test_every_row_is_there_once_though_a_worker_and_a_node_die(
    folder: Path, tmp_path: Path, cluster: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Every node reaches the files. All the same they are read here, so that bytes travel and have
    # to be found, or read, again.
    real = ray_engine._reached_everywhere
    reached: list[bool] = []

    def nowhere(*given: Any) -> bool:
        reached.append(real(*given))
        return False

    monkeypatch.setattr(ray_engine, "_reached_everywhere", nowhere)
    place, given, killing = tmp_path / "out", options(finder=Slow(0.15)), Killing(cluster)
    begin(folder, place, given)
    scanned(place, cluster, given, killing)
    assert reached == [True]
    assert len(killing.killed) == 1
    assert killing.removed
    check(pyarrow.dataset.dataset(place / "parquet").to_table().to_pylist())


def test_a_cluster_that_is_not_there(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    output = Output(tmp_path / "out")
    output.open()
    output.begin("test", {}, entries([str(folder)], output=tmp_path / "out"))
    engine = RayEngine(
        output,
        options(),
        address="nobody at all",
        workers=None,
        shard_size=SHARD,
        memory=1 << 30,
        seconds=60.0,
        progress=Progress(),
    )
    with pytest.raises(WorkerDiedError, match="cannot be reached"):
        engine.run()
    output.close()
