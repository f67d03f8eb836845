"""Certification paths: what the C2PA library leaves out, with real chains."""

from __future__ import annotations

import datetime as dt
import ipaddress
from collections.abc import Sequence
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from hypothesis import given
from hypothesis import strategies as st

from indelible.credentials import CredentialReport, PemSigner, Trust, extract_store, read
from indelible.credentials.manifests.signer_trust import is_trusted_stamp, vouch
from indelible.credentials.signers.certificate_profile import SIGNING_PURPOSES
from indelible.credentials.signers.private_keys import PrivateKey
from indelible.credentials.store.cose import parse_signature
from indelible.credentials.store.jumbf import read_boxes
from indelible.credentials.store.opening import open_store, signatures
from indelible.credentials.trust.name_constraints import forbidden_name
from indelible.credentials.trust.paths import path_problem, stamping_problem
from indelible.credentials.trust.time_stamps import stamping_chain
from tests.credentials.authority import (
    CLAIM_SIGNING,
    DAY,
    NOW,
    Authority,
    Leaf,
    key_pem,
    key_usage,
    name,
    new_key,
    pem,
)
from tests.credentials.conftest import sign_unchecked

FIXTURES = Path(__file__).parents[1] / "fixtures"
ROOT = Authority("Root")
KEY = new_key()
MANIFEST = {
    "claim_generator_info": [{"name": "Acme", "version": "1"}],
    "assertions": [
        {
            "label": "c2pa.actions.v2",
            "created": True,
            "data": {
                "actions": [
                    {
                        "action": "c2pa.created",
                        "digitalSourceType": "http://cv.iptc.org/newscodes/digitalsourcetype/"
                        "trainedAlgorithmicMedia",
                    }
                ]
            },
        }
    ],
}


def signed_with(chain: Sequence[x509.Certificate], key: PrivateKey = KEY) -> bytes:
    """Sign without the checks that stand before every signature of ours."""
    return sign_unchecked(MANIFEST, PemSigner(pem(*chain), key_pem(key)))


def judged(chain: Sequence[x509.Certificate], trust: Trust | None = None) -> CredentialReport:
    trust = Trust.nobody().with_anchors(ROOT.pem, name="Ours") if trust is None else trust
    return read(signed_with(chain), trust=trust)


def extension(value: x509.ExtensionType) -> x509.Extension[x509.ExtensionType]:
    return x509.Extension(value.oid, True, value)


def purposes(*usages: x509.ObjectIdentifier) -> x509.Extension[x509.ExtensionType]:
    return extension(x509.ExtendedKeyUsage(usages))


def problem(
    chain: Sequence[x509.Certificate], *, when: dt.datetime = NOW, anchor: Authority = ROOT
) -> str | None:
    return path_problem(chain, anchor.pem.decode(), when, SIGNING_PURPOSES)


def test_good_paths_are_trusted() -> None:
    middle = Authority("Middle", issuer=ROOT, path_length=0, extra=[purposes(*CLAIM_SIGNING)])
    for chain in ([ROOT.issue(KEY)], [middle.issue(KEY), middle.certificate]):
        report = judged(chain)
        assert (report.state, report.trusted_by, report.failures) == ("trusted", "Ours", ())
        assert report.standing == "trusted"


def constrained(constraints: x509.NameConstraints) -> Authority:
    return Authority("Constrained", issuer=ROOT, extra=[extension(constraints)])


DNS, MAIL, URI = x509.DNSName, x509.RFC822Name, x509.UniformResourceIdentifier
FOR_OTHERS = x509.NameConstraints([x509.DirectoryName(name("Test signer", "Other"))], None)
UNKNOWN = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4.5"), b"\x05\x00")


@pytest.mark.parametrize(
    ("middle", "words"),
    [
        (constrained(FOR_OTHERS), "may not vouch for the name"),
        (Authority("Odd", issuer=ROOT, extra=[extension(UNKNOWN)]), "that nobody knows"),
        (
            Authority("Time", issuer=ROOT, extra=[purposes(ExtendedKeyUsageOID.TIME_STAMPING)]),
            "for other purposes",
        ),
    ],
)
def test_what_the_library_does_not_check_is_checked(middle: Authority, words: str) -> None:
    report = judged([middle.issue(KEY), middle.certificate])
    assert (report.state, report.integrity) == ("valid", "intact")
    assert not report.signer_trusted
    assert report.trusted_by is None
    assert report.standing == "untrusted"
    assert [item.code for item in report.failures] == ["indelible.signer.path"]
    assert any(words in reason for reason in report.reasons)


def test_a_certificate_for_time_stamps_or_ocsp_signs_no_claims() -> None:
    for usage in (ExtendedKeyUsageOID.TIME_STAMPING, ExtendedKeyUsageOID.OCSP_SIGNING):
        report = judged([ROOT.issue(KEY, Leaf(purposes=(usage,)))])
        assert (report.state, report.integrity, report.signer_trusted) == ("valid", "intact", False)
        assert [item.code for item in report.failures] == ["indelible.signer.usage"]


def test_a_signer_who_is_pinned_is_trusted_whoever_issued_the_certificate() -> None:
    middle = constrained(FOR_OTHERS)
    leaf = middle.issue(KEY)
    trust = Trust.nobody().with_pinned(pem(leaf))
    report = judged([leaf, middle.certificate], trust)
    assert (report.state, report.trusted_by) == ("trusted", "pinned signers")
    assert vouch([leaf], trust, NOW).by == "pinned signers"


def test_the_next_list_is_tried_where_the_first_does_not_allow_it() -> None:
    middle = constrained(FOR_OTHERS)
    trust = Trust.nobody().with_anchors(ROOT.pem, name="Ours")
    trust = trust.with_anchors(middle.pem, name="Constraints again")
    assert judged([middle.issue(KEY), middle.certificate], trust).trusted_by is None
    other = Authority("Other root")
    crossed = Authority("Constrained", issuer=other)
    crossed.key, leaf = middle.key, middle.issue(KEY)
    trust = Trust.nobody().with_anchors(ROOT.pem).with_anchors(other.pem, name="Theirs")
    assert vouch([leaf, middle.certificate], trust, NOW).problem is not None


# What the library checks too, but which must not rest on it.
def test_who_is_no_authority_cannot_issue() -> None:
    leaf_as_authority = Authority("Leaf", issuer=ROOT, is_authority=False, issues=False)
    no_issuer = Authority("Keyless", issuer=ROOT, issues=False)
    for middle in (leaf_as_authority, no_issuer):
        chain = [middle.issue(KEY), middle.certificate]
        assert "authority" in str(problem(chain)) or "may not issue" in str(problem(chain))
        assert judged(chain).signer_trusted is False


def test_only_an_anchor_need_not_say_that_it_is_an_authority() -> None:
    silent = Authority("Silent", issuer=ROOT, is_authority=None)
    assert "not a certificate authority" in str(problem([silent.issue(KEY), silent.certificate]))
    anchor = Authority("Silent root", is_authority=None)
    assert problem([anchor.issue(KEY)], anchor=anchor) is None


def test_a_path_has_a_length() -> None:
    top = Authority("Top", issuer=ROOT, path_length=0)
    below = Authority("Below", issuer=top)
    assert problem([top.issue(KEY), top.certificate]) is None
    chain = [below.issue(KEY), below.certificate, top.certificate]
    assert "so many" in str(problem(chain))
    limited = Authority("Limited root", path_length=0)
    under = Authority("Under", issuer=limited)
    assert "so many" in str(problem([under.issue(KEY), under.certificate], anchor=limited))


def test_intermediates_have_their_time() -> None:
    short = Authority("Short", issuer=ROOT, end=NOW + 10 * DAY)
    chain = [short.issue(KEY), short.certificate]
    assert problem(chain) is None
    assert "not valid then" in str(problem(chain, when=NOW + 20 * DAY))


def test_a_chain_that_leads_nowhere() -> None:
    stranger = Authority("Root")  # of the same name
    assert "no authority" in str(problem([stranger.issue(KEY)]))
    assert problem([]) is not None
    loop = [Authority("A"), Authority("A")]
    assert problem([loop[0].issue(KEY), *(item.certificate for item in loop)]) is not None


def test_many_certificates_of_one_key_cost_little() -> None:
    """Each of them may stand above each other one: millions of paths, none to an anchor."""
    same = Authority("Same")
    again = Leaf(subject=same.name, authority=True, usage=key_usage(issue=True))
    pool = [same.issue(same.key, again) for _ in range(12)]
    assert "no authority" in str(problem([same.issue(KEY), *pool]))


def test_an_authoritys_own_change_of_key_counts_for_nothing() -> None:
    limited = Authority("Limited", path_length=1)
    old = Authority("Acme", issuer=limited)
    new = Authority("Acme", issuer=old)
    chain = [new.issue(KEY), new.certificate, old.certificate]
    assert problem(chain, anchor=limited) is None


def test_a_list_for_time_stamps_vouches_for_no_signer() -> None:
    leaf = ROOT.issue(KEY)
    trust = Trust.nobody().with_anchors(ROOT.pem, kind="tsa")
    assert vouch([leaf], trust, NOW).by is None
    trust = trust.with_anchors(Authority("Root").pem, name="Other")
    assert vouch([leaf], trust, NOW, named="Other").by is None
    assert vouch([leaf], trust.with_anchors(ROOT.pem, name="Ours"), NOW).by == "Ours"


def test_a_manifest_that_is_there_twice_has_no_chain() -> None:
    data = extract_store(signed_with([ROOT.issue(KEY)]))
    assert data is not None
    store = open_store(data)
    (label,) = signatures(store)
    assert signatures(store)[label].chain
    assert not signatures(store, "another")[label].chain  # was not wanted
    box = next(box for box in read_boxes(data) if box.label == label)
    twice = data + data[box.start : box.end]
    twice = len(twice).to_bytes(4, "big") + twice[4:]
    assert signatures(open_store(twice))[label].chain == ()


@pytest.mark.parametrize(
    ("base", "good", "bad"),
    [
        (DNS("example.com"), DNS("a.Example.com"), DNS("badexample.com")),
        (DNS(".example.com"), DNS("a.example.com"), DNS("example.com")),
        (MAIL("example.com"), MAIL("a@EXAMPLE.com"), MAIL("a@b.example.com")),
        (MAIL(".example.com"), MAIL("a@b.example.com"), MAIL("a@example.com")),
        (MAIL("a@example.com"), MAIL("a@example.com"), MAIL("b@example.com")),
        (URI("example.com"), URI("https://example.com/x"), URI("https://a.example.com/x")),
        (URI(".example.com"), URI("https://a.example.com:80/"), URI("https://example.org/")),
        (
            x509.IPAddress(ipaddress.ip_network("10.0.0.0/8")),
            x509.IPAddress(ipaddress.ip_address("10.1.2.3")),
            x509.IPAddress(ipaddress.ip_address("::ffff:11.1.2.3")),
        ),
    ],
)
def test_constraints_on_each_kind_of_name(
    base: x509.GeneralName, good: x509.GeneralName, bad: x509.GeneralName
) -> None:
    def leaf(*names: x509.GeneralName) -> x509.Certificate:
        return ROOT.issue(KEY, Leaf(extra=extension(x509.SubjectAlternativeName(names))))

    only = constrained(x509.NameConstraints([base], None)).certificate
    never = constrained(x509.NameConstraints(None, [base])).certificate
    assert forbidden_name(leaf(good), only) is None
    assert forbidden_name(leaf(good, bad), only) is not None
    assert forbidden_name(leaf(bad), never) is None
    assert forbidden_name(leaf(bad, good), never) is not None
    assert forbidden_name(ROOT.issue(KEY), only) is None  # it has no name of this kind


def test_names_that_cannot_be_compared_are_not_permitted() -> None:
    registered = x509.RegisteredID(x509.ObjectIdentifier("1.2.3"))
    odd = ROOT.issue(KEY, Leaf(extra=extension(x509.SubjectAlternativeName([registered]))))
    limit = constrained(x509.NameConstraints(None, [registered])).certificate
    assert forbidden_name(odd, limit) is not None
    base = URI("example.com")
    for address in ("https://10.0.0.1/", "https://[::1", "urn:uuid:1"):
        leaf = ROOT.issue(KEY, Leaf(extra=extension(x509.SubjectAlternativeName([URI(address)]))))
        for limits in (x509.NameConstraints([base], None), x509.NameConstraints(None, [base])):
            assert forbidden_name(leaf, constrained(limits).certificate) is not None
    wild = x509.SubjectAlternativeName([x509.DNSName("*.com")])
    leaf = ROOT.issue(KEY, Leaf(extra=extension(wild)))
    limit = constrained(x509.NameConstraints(None, [x509.DNSName("example.com")])).certificate
    assert forbidden_name(leaf, limit) is not None


def test_directories_and_addresses_in_the_subject() -> None:
    organization = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test  SIGNER")])
    allowed = constrained(x509.NameConstraints([x509.DirectoryName(organization)], None))
    assert forbidden_name(ROOT.issue(KEY), allowed.certificate) is None
    refused = constrained(x509.NameConstraints(None, [x509.DirectoryName(organization)]))
    assert forbidden_name(ROOT.issue(KEY), refused.certificate) is not None
    address = x509.Name([x509.NameAttribute(NameOID.EMAIL_ADDRESS, "a@example.org")])
    mail = constrained(x509.NameConstraints([x509.RFC822Name("example.com")], None))
    assert forbidden_name(ROOT.issue(KEY, Leaf(subject=address)), mail.certificate)


def fixture(file: str) -> bytes:
    return (FIXTURES / file).read_bytes()


def stamp() -> tuple[bytes, dt.datetime]:
    data = fixture("expired-stamped.jpg")
    (found,) = signatures(open_store(extract_store(data) or b"")).values()
    assert found.time_stamp is not None
    report = read(data, trust=Trust.nobody())
    assert report.time is not None
    return found.time_stamp, dt.datetime.fromisoformat(report.time)


def test_who_made_a_time_stamp() -> None:
    token, when = stamp()
    maker = stamping_chain(token)[0]
    assert maker.subject == name("Test TSA")
    trust = Trust.nobody().with_anchors(fixture("expired-tsa-ca.pem"), kind="tsa")
    assert is_trusted_stamp(token, when, trust)
    assert not is_trusted_stamp(token, when + 10_000 * DAY, trust)
    assert not is_trusted_stamp(None, when, trust)
    as_signers = Trust.nobody().with_anchors(fixture("expired-tsa-ca.pem"))
    assert not is_trusted_stamp(token, when, as_signers)
    assert not is_trusted_stamp(token, when, Trust.official())


def test_who_signs_claims_makes_no_time_stamps() -> None:
    stamping = ExtendedKeyUsageOID.TIME_STAMPING
    assert stamping_problem(ROOT.issue(KEY)) is not None
    assert stamping_problem(ROOT.issue(KEY, Leaf(purposes=(stamping, *CLAIM_SIGNING)))) is not None
    assert stamping_problem(ROOT.issue(KEY, Leaf(purposes=()))) is not None
    assert stamping_problem(ROOT.issue(KEY, Leaf(purposes=(stamping,)))) is None


@given(st.binary(max_size=64), st.integers(0, 3000), st.integers(0, 3000))
def test_damaged_signatures_and_tokens_are_empty(junk: bytes, at: int, cut: int) -> None:
    token, _ = TOKEN
    damaged = token[:at] + junk + token[at + cut :]
    stamping_chain(damaged)
    stamping_chain(junk)
    parse_signature(junk)
    parse_signature(damaged)


TOKEN = stamp()


def test_two_places_for_the_chain_are_none() -> None:
    """A decoy must not be examined in the place of the certificate that counts."""
    der = ROOT.issue(KEY).public_bytes(Encoding.DER)
    head = bytes([0x59]) + len(der).to_bytes(2, "big") + der
    protected = b"\xa1\x18\x21" + head

    def cose(unprotected: bytes, inner: bytes = protected) -> bytes:
        size = bytes([0x59]) + len(inner).to_bytes(2, "big")
        return b"\xd2\x84" + size + inner + unprotected + b"\xf6\x40"

    assert len(parse_signature(cose(b"\xa0")).chain) == 1
    assert parse_signature(cose(b"\xa1\x67x5chain" + head)).chain == ()
    assert len(parse_signature(cose(b"\xa1\x67x5chain" + head, b"\xa0")).chain) == 1
    twice = b"\xa2\x18\x21" + head + b"\x18\x21" + head
    assert parse_signature(cose(b"\xa0", twice)).chain == ()
