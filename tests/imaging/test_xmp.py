"""Corrections of XMP packets: in every form, and nothing else."""

from __future__ import annotations

import re

import pytest

from indelible.imaging import _xmp
from tests.imaging import pictures

TIFF = 'xmlns:{0}="http://ns.adobe.com/tiff/1.0/"'
ELEMENTS = (
    "<{0}:Orientation>6</{0}:Orientation>"
    "<{0}:ImageWidth>64</{0}:ImageWidth><{0}:ImageLength>48</{0}:ImageLength>"
)
FORMS = {
    "attributes": ('{0}:Orientation="6" {0}:ImageWidth="64" {0}:ImageLength="48"', ""),
    "single quotes": ("{0}:Orientation='6' {0}:ImageWidth = '64'\n{0}:ImageLength='48'", ""),
    "elements": ("", ELEMENTS),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("prefix", ["tiff", "ns7", "x-y.z"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be"])
def test_orientation_and_sizes(form: str, prefix: str, encoding: str) -> None:
    attributes, inside = (part.format(prefix) for part in FORMS[form])
    other = ' xmlns:u="urn:other" u:Orientation="6" u:note="1 &gt; 0 &#xe9;"'
    packet = pictures.xmp(TIFF.format(prefix) + " " + attributes + other, inside)
    packet += b"\n" + b" " * 200 + (b"\0" if encoding == "utf-8" else b"")
    fixed, described = _xmp.corrected(packet.decode().encode(encoding), 48, 64)
    assert not described
    expected = packet.decode()
    for name, old, new in (("Orientation", 6, 1), ("ImageWidth", 64, 48), ("ImageLength", 48, 64)):
        wanted = rf"({prefix}:{name})(\s*=\s*)['\"]{old}['\"]"
        expected = re.sub(wanted, rf'\1\2"{new}"', expected)
        expected = expected.replace(f"<{prefix}:{name}>{old}<", f"<{prefix}:{name}>{new}<")
    assert expected != packet.decode()
    # Behind the name of an attribute, space before the equals sign is all that may change.
    assert fixed.decode().lstrip("\ufeff").replace(" =", "=").replace("= ", "=") == (
        expected.lstrip("\ufeff").replace(" =", "=").replace("= ", "=")
    )


@pytest.mark.parametrize(
    ("attributes", "inside"),
    [
        ('xmlns:h="http://ns.adobe.com/hdr-gain-map/1.0/" h:Gone="a > b"', ""),
        ("xmlns:h='http://ns.adobe.com/hdr-gain-map/1.0/'", "<h:Gone><rdf:Seq/></h:Gone>"),
        ("xmlns:h='http://ns.apple.com/HDRGainMap/1.0/'", "<h:Gone/>"),
        ("xmlns='http://ns.google.com/photos/1.0/container/'", "<Gone a='&lt;'>x<Gone/></Gone>"),
        ("", "<Gone xmlns='http://ns.google.com/photos/1.0/depthmap/'><![CDATA[<a>]]></Gone>"),
    ],
)
def test_what_described_other_parts_goes(attributes: str, inside: str) -> None:
    kept = '<dc:title xmlns:dc="http://purl.org/dc/elements/1.1/">kept</dc:title>'
    packet = pictures.xmp(attributes, "<!-- <Gone> -->" + inside + kept)
    fixed, described = _xmp.corrected(packet, 64, 48)
    assert described
    assert fixed == packet.replace(inside.encode(), b"").replace(b' h:Gone="a > b"', b"")
    assert _xmp.corrected(fixed, 64, 48) == (fixed, False)


@pytest.mark.parametrize(
    "packet",
    [
        b"",
        b"\xff\xfe\x00",
        b"<not xml",
        pictures.xmp() + b"<more/>",
        b"<!DOCTYPE a [<!ENTITY b 'c'>]>" + pictures.XMP,
        b"<a>" * 100_000,
        b"<a xmlns:tiff='http://ns.adobe.com/tiff/1.0/' tiff:Orientation='6'>" * 300
        + b"</a>" * 300,
    ],
)
def test_what_is_no_packet_stays_as_it_is(packet: bytes) -> None:
    assert _xmp.corrected(packet, 48, 64) == (packet, False)
    assert _xmp.without_address(packet) == packet


def test_a_packet_to_which_nothing_applies_stays_as_it_is() -> None:
    packet = pictures.xmp('xmlns:tiff="http://ns.adobe.com/tiff/1.0/" tiff:Orientation="1"')
    assert _xmp.corrected(packet, 64, 48) == (packet, False)
    assert _xmp.without_address(packet) == packet


@pytest.mark.parametrize(
    ("attributes", "inside"),
    [
        ('t:provenance="https://a/b"', ""),
        ("", "<t:provenance>https://a/b</t:provenance>"),
        ("", '<t:provenance rdf:resource="https://a/b"/>'),
    ],
)
def test_the_address_of_a_manifest_goes(attributes: str, inside: str) -> None:
    packet = pictures.xmp('xmlns:t="http://purl.org/dc/terms/" ' + attributes, inside)
    assert b"provenance" not in _xmp.without_address(packet)
    assert _xmp.without_address(packet).startswith(packet[:100])


def test_packets_that_are_mostly_tags_are_left_alone() -> None:
    packet = pictures.xmp(
        'xmlns:t="http://purl.org/dc/terms/"', "<t:a/>" * 100_000 + "<t:provenance/>"
    )
    assert _xmp.without_address(packet) == packet  # more tags than it is worth
    fewer = pictures.xmp(
        'xmlns:t="http://purl.org/dc/terms/"', "<t:a/>" * 1_000 + "<t:provenance/>"
    )
    assert b"provenance" not in _xmp.without_address(fewer)
