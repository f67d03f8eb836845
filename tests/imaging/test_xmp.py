"""XMP packets: what is changed in them, in every form, what is added, and nothing else."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indelible.errors import ManifestError
from indelible.imaging import xmp
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
    fixed, described = xmp.corrected(packet.decode().encode(encoding), 48, 64)
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
    fixed, described = xmp.corrected(packet, 64, 48)
    assert described
    assert fixed == packet.replace(inside.encode(), b"").replace(b' h:Gone="a > b"', b"")
    assert xmp.corrected(fixed, 64, 48) == (fixed, False)


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
        b"<a xmlns:tiff='http://ns.adobe.com/tiff/1.0/' tiff:Orientation='6' xmlns='"
        + b"u" * 900_000  # which the parser would repeat in each name
        + b"'>"
        + b"<b/>" * 29_000
        + b"</a>",
    ],
)
def test_what_is_no_packet_stays_as_it_is(packet: bytes) -> None:
    assert xmp.corrected(packet, 48, 64) == (packet, False)
    assert xmp.without_address(packet) == packet


def test_a_packet_to_which_nothing_applies_stays_as_it_is() -> None:
    packet = pictures.xmp('xmlns:tiff="http://ns.adobe.com/tiff/1.0/" tiff:Orientation="1"')
    assert xmp.corrected(packet, 64, 48) == (packet, False)
    assert xmp.without_address(packet) == packet


@pytest.mark.parametrize(
    ("attributes", "inside"),
    [
        ('t:provenance="https://a/b"', ""),
        ("", "<t:provenance>https://a/b</t:provenance>"),
        ("", '<t:provenance rdf:resource="https://a/b"/>'),
        ("", "<t:provenance><a>/></a><b/></t:provenance>"),
    ],
)
def test_the_address_of_a_manifest_goes(attributes: str, inside: str) -> None:
    packet = pictures.xmp('xmlns:t="http://purl.org/dc/terms/" ' + attributes, inside)
    without = xmp.without_address(packet)
    assert without == packet.replace((inside or " " + attributes).encode(), b"")


def test_packets_that_are_mostly_tags_are_left_alone() -> None:
    packet = pictures.xmp(
        'xmlns:t="http://purl.org/dc/terms/"', "<t:a/>" * 100_000 + "<t:provenance/>"
    )
    assert xmp.without_address(packet) == packet  # more tags than it is worth
    fewer = pictures.xmp(
        'xmlns:t="http://purl.org/dc/terms/"', "<t:a/>" * 1_000 + "<t:provenance/>"
    )
    assert b"provenance" not in xmp.without_address(fewer)


# --- properties ---

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


def test_only_what_is_set_changes() -> None:
    """Not a byte of the rest, nor what the packet says of other pictures."""
    inside = (
        "<p:Ingredients><rdf:Bag><rdf:li><rdf:Description p:Credit='theirs'/></rdf:li></rdf:Bag>"
        "</p:Ingredients><!-- kept --><p:Credit>mine</p:Credit>"
    )
    packet = pictures.xmp('xmlns:p="http://ns.adobe.com/photoshop/1.0/"', inside)
    padded = packet.replace(b"<?xpacket end", b" " * 2_000 + b"\n<?xpacket end")
    made = xmp.with_properties(padded, {xmp.CREDIT: "new"})
    assert xmp.read_properties(made)[xmp.CREDIT] == "new"
    new = b'<photoshop:Credit xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/">new</'
    assert made.replace(new + b"photoshop:Credit>", b"<p:Credit>mine</p:Credit>") == packet
    assert b"Credit='theirs'" in made
    again = xmp.with_properties(made, {xmp.CREDIT: "newer"})
    assert xmp.read_properties(again)[xmp.CREDIT] == "newer"
    assert again == made.replace(b">new<", b">newer<")


def test_the_outer_of_nested_descriptions_counts() -> None:
    inner = "<rdf:Description p:Credit='inner'/>"
    packet = pictures.xmp(
        'xmlns:p="http://ns.adobe.com/photoshop/1.0/"',
        f"<p:a>{inner}</p:a><p:Credit>outer</p:Credit>",
    )
    assert xmp.read_properties(packet)[xmp.CREDIT] == "outer"


@pytest.mark.parametrize(
    "inside", ["/>", "></rdf:RDF>", '><rdf:Description rdf:about=""/></rdf:RDF>']
)
def test_packets_without_a_place_for_properties_get_one(inside: str) -> None:
    start = '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'
    packet = (start + inside).encode()
    made = xmp.with_properties(packet, {xmp.CREDIT: "a", ("urn:other", "b"): "c"})
    assert xmp.read_properties(made) == {xmp.CREDIT: "a", ("urn:other", "b"): "c"}
