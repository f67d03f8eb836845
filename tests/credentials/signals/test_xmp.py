"""XMP packets: what is added is read again, what was there stays, and hostile ones do nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indelible.credentials.signals import xmp
from indelible.errors import ManifestError

PHOTOSHOP = b"""<?xpacket begin="\xef\xbb\xbf" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="Adobe XMP Core">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/"
    xmlns:dc="http://purl.org/dc/elements/1.1/"
    xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
    xmp:CreatorTool="Editor 1"
    Iptc4xmpExt:DigitalSourceType="http://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture">
   <dc:creator><rdf:Seq><rdf:li>Someone</rdf:li><rdf:li>Else</rdf:li></rdf:Seq></dc:creator>
   <Iptc4xmpExt:AISystemUsed>old</Iptc4xmpExt:AISystemUsed>
  </rdf:Description>
 </rdf:RDF>
</x:xmpmeta>
<?xpacket end="w"?>"""
CREATOR = ("http://purl.org/dc/elements/1.1/", "creator")


def test_properties_are_read_from_attributes_elements_and_lists() -> None:
    found = xmp.read_properties(PHOTOSHOP)
    assert found[xmp.CREATOR_TOOL] == "Editor 1"
    assert found[xmp.AI_SYSTEM] == "old"
    assert found[CREATOR] == "Someone"
    assert found[xmp.DIGITAL_SOURCE_TYPE].endswith("digitalCapture")
    assert xmp.read_properties(PHOTOSHOP.decode().encode("utf-16")) == found
    assert xmp.read_properties(None) == {}


def test_what_is_set_replaces_and_everything_else_stays() -> None:
    packet = xmp.with_properties(
        PHOTOSHOP, {xmp.AI_SYSTEM: 'new <&> "one"', xmp.DIGITAL_SOURCE_TYPE: "http://x/y"}
    )
    found = xmp.read_properties(packet)
    assert found[xmp.AI_SYSTEM] == 'new <&> "one"'
    assert found[xmp.DIGITAL_SOURCE_TYPE] == "http://x/y"
    assert found[xmp.CREATOR_TOOL] == "Editor 1"
    assert found[CREATOR] == "Someone"
    assert packet.startswith(b"<?xpacket begin=")
    assert packet.endswith(b'<?xpacket end="w"?>')
    assert b"Iptc4xmpExt:AISystemUsed" in packet
    assert b"Else" in packet


@pytest.mark.parametrize(
    "packet",
    [
        None,
        b"",
        b"<",
        b"\xff\xfe\x00",
        b"<a/>",
        b"<!DOCTYPE x [<!ENTITY a 'b'>]><x>&a;</x>",
        b"<a>" * 100_000,
        b"<a>" * 2_000 + b"</a>" * 2_000,
        b"<a>" + b"<b/>" * 100_000 + b"</a>",
        b"<a " + b" ".join(b'b%d="1"' % n for n in range(100_001)) + b"/>",
        b'<a xmlns:n="' + b"u" * 2_000 + b'"/>',
        bytes(5_000_000),
    ],
)
def test_what_is_no_packet_is_replaced(packet: bytes | None) -> None:
    assert xmp.read_properties(packet) == {}
    made = xmp.with_properties(packet, {xmp.CREDIT: "Somebody"})
    assert xmp.read_properties(made) == {xmp.CREDIT: "Somebody"}


def test_entities_never_expand() -> None:
    bomb = b"<!DOCTYPE x [<!ENTITY a '" + b"x" * 1000 + b"'>]>" + PHOTOSHOP
    assert xmp.read_properties(bomb) == {}


@pytest.mark.parametrize("value", ["\x00", "a\x1bb", "\ud800", "x" * 100_000])
def test_values_that_xml_cannot_hold_are_refused(value: str) -> None:
    with pytest.raises(ManifestError):
        xmp.with_properties(None, {xmp.AI_SYSTEM: value})


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1))
def test_text_survives_the_round_trip(value: str) -> None:
    try:
        packet = xmp.with_properties(PHOTOSHOP, {xmp.AI_SYSTEM: value})
    except ManifestError:
        return
    assert xmp.read_properties(packet).get(xmp.AI_SYSTEM, "") == value.strip()


@given(st.binary(max_size=300))
def test_any_bytes_can_be_read(data: bytes) -> None:
    xmp.read_properties(data)
    xmp.read_properties(PHOTOSHOP[: len(data) * 3] + data)
