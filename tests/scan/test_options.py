"""Options travel, and their verifier is made once in each process."""

from __future__ import annotations

import pickle

from indelible import Verifier
from indelible.scan.options import ScanOptions, new_scan_id
from indelible.watermark import Key


def test_however_often_they_arrive_they_are_made_once() -> None:
    key = Key.generate()
    options = ScanOptions(Verifier(keys=key, registry=None, trust=None), scan_id="a")
    sent = pickle.dumps(options)
    first, second = pickle.loads(sent), pickle.loads(sent)
    assert first is second
    assert first.verifier is not options.verifier
    assert first.verifier.described() == options.verifier.described()
    assert key.id in first.verifier.described()["keys"]


def test_two_scans_have_two_names() -> None:
    assert new_scan_id() != new_scan_id()
