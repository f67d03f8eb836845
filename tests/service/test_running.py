"""A real service on a port of its own: killed workers, slow clients, an end, and nothing left."""

from __future__ import annotations

import concurrent.futures
import http.client
import io
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

pytestmark = [
    pytest.mark.compiled,
    pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks at processes in /proc"),
]


class Server:
    """A running service."""

    def __init__(self, port: int, process: subprocess.Popen[bytes], logs: IO[bytes]) -> None:
        self.port = port
        self.process = process
        self.logs = logs

    def ask(
        self,
        path: str,
        body: bytes | None = None,
        headers: dict[str, str] | None = None,
        source: str = "127.0.0.1",
    ) -> tuple[int, dict[str, str], bytes]:
        connection = http.client.HTTPConnection(
            "127.0.0.1", self.port, timeout=180, source_address=(source, 0)
        )
        try:
            connection.request("GET" if body is None else "POST", path, body, headers or {})
            answer = connection.getresponse()
            return answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read()
        finally:
            connection.close()

    def verify(
        self, picture: bytes, source: str = "127.0.0.1"
    ) -> tuple[int, dict[str, str], bytes]:
        return self.ask("/v1/verify", picture, {"Content-Type": "image/jpeg"}, source)

    def workers(self) -> list[int]:
        """Return the processes that are children's children of the service."""
        parents = {}
        for entry in Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = entry.read_text("ascii", "replace").rpartition(")")[2].split()
            except OSError:
                continue
            if fields[0] != "Z":
                parents[int(entry.parent.name)] = int(fields[1])
        children = {pid for pid, parent in parents.items() if parent == self.process.pid}
        return sorted(pid for pid, parent in parents.items() if parent in children)

    def is_ready(self) -> bool:
        try:
            return self.ask("/readyz")[0] == 200
        except OSError:
            return False


@contextmanager
def running(folder: Path, **settings: object) -> Iterator[Server]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    arguments = [f"{name}={value}" for name, value in settings.items()]
    environment = os.environ | {"TMPDIR": str(folder), "OMP_NUM_THREADS": "1"}
    logs = (folder / "log").open("wb")
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.service.serving", str(port), *arguments],
        env=environment,
        cwd=Path(__file__).parents[2],
        stdout=logs,
        stderr=subprocess.STDOUT,
    )
    server = Server(port, process, logs)
    try:
        wait_for(server.is_ready, 300)
        yield server
    finally:
        process.kill()
        process.wait()
        logs.close()


def wait_for(condition: object, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("service")


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[Server]:
    settings = {"workers": 2, "job_seconds": 5, "public_quota": "1000/minute", "queue": 16}
    with running(folder, similar_quota="1000/hour", **settings) as server:
        yield server


@pytest.fixture(scope="module")
def picture(photographs: dict[str, NDArray[np.uint8]]) -> bytes:
    # Of no other program on this machine: its bytes are searched for.
    noise = np.random.default_rng().integers(0, 8, photographs["rocket"].shape, np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(photographs["rocket"] // 2 + noise).save(
        buffer, "JPEG", comment=b"canary-in-a-comment"
    )
    return buffer.getvalue()


def test_it_verifies(server: Server, picture: bytes) -> None:
    status, headers, body = server.verify(picture)
    assert (status, json.loads(body)["verdict"]) == (200, "none")
    assert headers["x-content-type-options"] == "nosniff"
    assert "server" not in headers
    assert len(server.workers()) == 2


def test_a_killed_worker_fails_one_request_and_is_replaced(server: Server, picture: bytes) -> None:
    wait_for(lambda: len(server.workers()) == 2, 60)
    workers = server.workers()
    for pid in workers:
        os.kill(pid, signal.SIGSTOP)  # so that the request is under way when they die
    with concurrent.futures.ThreadPoolExecutor(1) as thread:
        answer = thread.submit(server.verify, picture)
        time.sleep(0.5)
        for pid in workers:
            os.kill(pid, signal.SIGKILL)
        status, headers, _ = answer.result()
    assert status in (200, 503)  # 200: it had not begun, and was done by the next worker
    assert status == 200 or "retry-after" in headers
    assert server.verify(picture)[0] == 200


def test_a_hung_worker_is_a_503_in_time(server: Server, picture: bytes) -> None:
    wait_for(lambda: len(server.workers()) == 2, 60)
    workers = server.workers()
    for pid in workers:
        os.kill(pid, signal.SIGSTOP)
    began = time.monotonic()
    status, headers, body = server.verify(picture)
    assert (status, json.loads(body)["code"]) == (503, "timeout")
    assert int(headers["retry-after"]) > 0
    assert time.monotonic() - began < 30
    assert server.ask("/livez")[0] == 200
    for pid in set(workers) & set(server.workers()):
        os.kill(pid, signal.SIGCONT)  # the one that had nothing to do
    wait_for(server.is_ready, 60)
    assert server.verify(picture)[0] == 200


def test_a_full_queue_says_so_at_once_to_each_and_to_all(server: Server, picture: bytes) -> None:
    wait_for(lambda: len(server.workers()) == 2, 60)
    workers = server.workers()
    for pid in workers:
        os.kill(pid, signal.SIGSTOP)
    with concurrent.futures.ThreadPoolExecutor(30) as threads:
        greedy = [threads.submit(server.verify, picture, "127.0.0.9") for _ in range(6)]
        others = [threads.submit(server.verify, picture, f"127.0.1.{i}") for i in range(1, 18)]
        time.sleep(1.0)
        assert server.ask("/livez")[0] == 200
        for pid in workers:
            os.kill(pid, signal.SIGCONT)
        of_one, of_all = ([one.result() for one in some] for some in (greedy, others))
    assert {status for status, _, _ in of_one} == {200, 429}
    assert {status for status, _, _ in of_all} <= {200, 503}
    refused = [one for one in of_one + of_all if one[0] != 200]
    assert len(refused) >= 23 - 16
    assert all(int(headers["retry-after"]) > 0 for _, headers, _ in refused)


def test_a_client_that_is_refused_reads_why(server: Server) -> None:
    large = {"Content-Type": "image/jpeg", "Connection": "close"}
    for number in range(5):
        status, _, body = server.ask("/v1/verify", bytes(40 << 20), large, f"127.0.2.{number + 1}")
        assert (status, json.loads(body)["code"]) == (413, "too_large")
    status, _, body = server.ask("/v1/protect", bytes(20 << 20), large)
    assert (status, json.loads(body)["code"]) == (401, "token_needed")


def test_slow_clients_block_nobody_and_are_let_go(server: Server, picture: bytes) -> None:
    slow = []
    try:
        for number in range(200):
            one = socket.create_connection(("127.0.0.1", server.port))
            head = b"POST /v1/verify HTTP/1.1\r\nHost: x\r\n"
            if number % 2:
                head += b"Content-Type: image/jpeg\r\nContent-Length: 100000\r\n\r\nx"
            one.sendall(head)
            slow.append(one)
        began = time.monotonic()
        assert server.verify(picture)[0] == 200
        assert server.ask("/livez")[0] == 200
        assert time.monotonic() - began < 20
        slow[0].settimeout(30)
        assert slow[0].recv(1000) == b""  # its headers never came
        slow[1].settimeout(30)
        assert b" 408 " in slow[1].recv(1000)
    finally:
        for one in slow:
            one.close()


def test_nothing_of_a_picture_is_left_anywhere(
    server: Server, picture: bytes, folder: Path, home: Path
) -> None:
    began = time.time() - 1
    form = (
        b'--b\r\nContent-Disposition: form-data; name="file"; filename="holiday.jpg"\r\n'
        b"Content-Type: image/jpeg\r\n\r\n" + picture + b"\r\n--b--\r\n"
    )
    kind = {"Content-Type": "multipart/form-data; boundary=b", "X-Request-ID": "request-12345"}
    status, headers, _ = server.ask("/v1/verify?views=true", form, kind)
    assert (status, headers["x-request-id"]) == (200, "request-12345")
    server.verify(picture + b"\0" * (3 << 20))  # larger than what a form's reader keeps in memory
    # From where the pixels begin: before, all files of one encoder are alike.
    needles = [picture[start : start + 64] for start in range(1024, len(picture) - 64, 4096)]
    needles += [b"canary-in-a-comment", b"holiday.jpg"]
    places = [folder, home, Path(tempfile.gettempdir()), Path("/dev/shm")]
    searched = 0
    for place in places:
        for inside, _, names in os.walk(place):  # which passes over what others remove meanwhile
            for path in (Path(inside) / name for name in names):
                try:
                    if not path.is_file() or path.stat().st_mtime < began:
                        continue
                    content = path.read_bytes()
                except OSError:
                    continue
                searched += 1
                assert not any(needle in content for needle in needles), path
    assert searched
    lines = [json.loads(line) for line in (folder / "log").read_text().splitlines()]
    assert any(line.get("id") == "request-12345" for line in lines)
    assert "127.0.0.1" not in json.dumps([line for line in lines if line["message"] == "request"])
    for pid in [server.process.pid, *server.workers()]:
        opened = [one for one in Path(f"/proc/{pid}/fd").iterdir() if one.is_symlink()]
        assert not [one for one in opened if "deleted" in str(one.readlink())]


def test_shutting_down_finishes_what_was_taken(tmp_path: Path, picture: bytes) -> None:
    with running(tmp_path, workers=1, public_quota="1000/minute", shutdown_seconds=60) as server:
        workers = server.workers()
        answers: list[int] = []
        threads = [
            threading.Thread(target=lambda: answers.append(server.verify(picture)[0]))
            for _ in range(6)
        ]
        os.kill(workers[0], signal.SIGSTOP)
        for thread in threads:
            thread.start()
        time.sleep(1.0)
        server.process.send_signal(signal.SIGTERM)
        time.sleep(0.5)
        os.kill(workers[0], signal.SIGCONT)
        for thread in threads:
            thread.join()
        assert answers == [200] * 6
        assert server.process.wait(60) == 0
        assert server.workers() == []
        with pytest.raises(ConnectionRefusedError):
            server.ask("/livez")
