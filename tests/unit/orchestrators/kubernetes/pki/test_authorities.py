"""A lab's authorities: kept, checked, and made anew aloud when they are no good."""

from __future__ import annotations

import stat
from base64 import b64decode
from datetime import datetime, timedelta, timezone
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography import x509 as reference
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from testbed.errors import TestbedError
from testbed.orchestrators.kubernetes.pki import authorities, x509
from testbed.orchestrators.kubernetes.pki.authorities import (
    CLUSTER,
    ETCD,
    ensure_authority,
    ensure_keys,
)
from testbed.orchestrators.kubernetes.pki.x509 import CertificateRequest

NOW = datetime(2031, 5, 4, 12, 0, tzinfo=timezone.utc)
FILES = ["ca.pem", "etcd-ca.pem", "front-proxy-ca.pem", "service-accounts.pem"]


class Heard(list[str]):
    """What was said."""

    def __call__(self, text: str) -> None:
        self.append(text)


@pytest.fixture
def said() -> Heard:
    return Heard()


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / "lab" / "keys"


def test_keys_are_made_once_and_kept(directory: Path, said: Heard) -> None:
    first = ensure_keys(directory, NOW, said)
    assert ensure_keys(directory, NOW + timedelta(days=100), said) == first
    assert sorted(p.name for p in directory.iterdir()) == FILES
    assert said == []


def test_keys_are_for_their_owner_alone(directory: Path, said: Heard) -> None:
    ensure_keys(directory, NOW, said)
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    assert {stat.S_IMODE(p.stat().st_mode) for p in directory.iterdir()} == {0o600}


def test_a_private_key_is_not_printed(directory: Path, said: Heard) -> None:
    keys = ensure_keys(directory, NOW, said)
    assert "PRIVATE" not in repr(keys)
    assert "PRIVATE" not in repr(
        authorities.issue(keys, CertificateRequest("x", CLUSTER, "client", "me"), NOW)
    )


def test_authorities_are_strangers_to_each_other(directory: Path, said: Heard) -> None:
    """Else a kubelet's certificate would open etcd."""
    keys = ensure_keys(directory, NOW, said)
    leaf = _leaf(authorities.issue(keys, CertificateRequest("x", CLUSTER, "client", "node"), NOW))
    leaf.verify_directly_issued_by(_certificate(keys.cluster.certificate))
    with pytest.raises(ValueError, match="does not match"):
        leaf.verify_directly_issued_by(_certificate(keys.etcd.certificate))
    texts = {keys.cluster.key, keys.etcd.key, keys.front_proxy.key, keys.service_accounts}
    assert len(texts) == 4


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("part", [0, 0.3, 0.6, 0.97])
def test_half_a_file_is_made_anew(directory: Path, said: Heard, name: str, part: float) -> None:
    ensure_keys(directory, NOW, said)
    path = directory / name
    whole = path.read_text()
    path.write_text(whole[: int(len(whole) * part)])
    keys = ensure_keys(directory, NOW, said)
    assert path.read_text() != whole
    assert len(said) == 1
    assert name in said[0]
    assert "made anew" in said[0]
    assert ensure_keys(directory, NOW, said) == keys, "and is kept from then on"


@pytest.mark.parametrize(
    ("moment", "why"),
    [
        (timedelta(days=400), "valid until"),
        (timedelta(days=358), "valid until"),  # its leaves would outlive it
        (timedelta(days=-1), "valid from"),  # the clock was set back
    ],
)
def test_an_authority_out_of_its_time(
    directory: Path, said: Heard, moment: timedelta, why: str
) -> None:
    old = ensure_keys(directory, NOW, said)
    new = ensure_keys(directory, NOW + moment, said)
    assert new.cluster != old.cluster
    assert new.service_accounts == old.service_accounts, "a bare key does not expire"
    assert [why in line for line in said] == [True] * 3


def test_an_authority_of_another_key(directory: Path, said: Heard) -> None:
    one = ensure_keys(directory, NOW, said)
    (directory / "ca.pem").write_text(one.etcd.key + one.cluster.certificate)
    assert ensure_authority(directory, CLUSTER, NOW, said) != one.cluster
    assert "another key" in said[0]


def test_a_leaf_is_no_authority(directory: Path, said: Heard) -> None:
    keys = ensure_keys(directory, NOW, said)
    leaf = authorities.issue(keys, CertificateRequest("x", CLUSTER, "client", "me"), NOW)
    (directory / "ca.pem").write_text(leaf.key + leaf.certificate)
    ensure_authority(directory, CLUSTER, NOW, said)
    assert "self-signed" in said[0]


def test_a_key_of_another_kind(directory: Path, said: Heard) -> None:
    ensure_keys(directory, NOW, said)
    strange = x509._key_text(ec.generate_private_key(ec.SECP384R1()))
    (directory / "service-accounts.pem").write_text(strange)
    assert ensure_keys(directory, NOW, said).service_accounts != strange
    assert "P-256" in said[0]


def test_a_key_that_others_could_read_is_replaced(directory: Path, said: Heard) -> None:
    old = ensure_keys(directory, NOW, said)
    (directory / "ca.pem").chmod(0o644)
    assert ensure_keys(directory, NOW, said).cluster != old.cluster
    assert "0644" in said[0]
    assert stat.S_IMODE((directory / "ca.pem").stat().st_mode) == 0o600


def test_bytes_that_are_no_text(directory: Path, said: Heard) -> None:
    ensure_keys(directory, NOW, said)
    (directory / "ca.pem").write_bytes(b"\xff\xfe\x00")
    ensure_keys(directory, NOW, said)
    assert "no PEM text" in said[0]


def test_a_directory_in_the_way(directory: Path, said: Heard) -> None:
    (directory / "ca.pem").mkdir(parents=True)
    with pytest.raises(TestbedError) as caught:
        ensure_keys(directory, NOW, said)
    assert "ca.pem" in str(caught.value)
    assert caught.value.fix


def test_a_link_is_not_followed(directory: Path, said: Heard, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.mkdir(mode=0o755)
    directory.parent.mkdir()
    directory.symlink_to(victim)
    with pytest.raises(TestbedError):
        ensure_keys(directory, NOW, said)
    assert list(victim.iterdir()) == []
    assert stat.S_IMODE(victim.stat().st_mode) == 0o755


def test_a_loose_directory_is_closed(directory: Path, said: Heard) -> None:
    directory.mkdir(parents=True, mode=0o755)
    ensure_keys(directory, NOW, said)
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700


def test_a_file_where_the_directory_should_be(directory: Path, said: Heard) -> None:
    directory.parent.mkdir()
    directory.write_text("")
    with pytest.raises(TestbedError, match="keys"):
        ensure_keys(directory, NOW, said)


def test_what_a_leaf_says(directory: Path, said: Heard) -> None:
    request = CertificateRequest(
        "pki/x", ETCD, "peer", "system:node:a", ("system:nodes",), ("a", "192.0.2.1", "2001:db8::1")
    )
    pair = authorities.issue(ensure_keys(directory, NOW, said), request, NOW)
    leaf = _leaf(pair)
    name = leaf.subject.get_attributes_for_oid
    assert [a.value for a in name(NameOID.COMMON_NAME)] == ["system:node:a"]
    assert [a.value for a in name(NameOID.ORGANIZATION_NAME)] == ["system:nodes"]
    sans = leaf.extensions.get_extension_for_class(reference.SubjectAlternativeName).value
    assert sans.get_values_for_type(reference.DNSName) == ["a"]
    addresses = [str(a) for a in sans.get_values_for_type(reference.IPAddress)]
    assert addresses == ["192.0.2.1", "2001:db8::1"]
    usage = leaf.extensions.get_extension_for_class(reference.ExtendedKeyUsage).value
    assert set(usage) == {ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH}
    assert not leaf.extensions.get_extension_for_class(reference.BasicConstraints).value.ca
    assert x509.expiry(pair.certificate) == NOW + timedelta(days=90)
    assert leaf.not_valid_before_utc < NOW


def test_a_leaf_lies_within_its_authority(directory: Path, said: Heard) -> None:
    keys = ensure_keys(directory, NOW, said)
    request = CertificateRequest("x", CLUSTER, "client", "me")
    authority = _certificate(keys.cluster.certificate)
    late = _leaf(authorities.issue(keys, request, NOW + timedelta(days=363)))
    assert late.not_valid_after_utc == authority.not_valid_after_utc
    early = _leaf(authorities.issue(keys, request, NOW))
    assert early.not_valid_before_utc >= authority.not_valid_before_utc


def test_each_leaf_has_a_key_of_its_own(directory: Path, said: Heard) -> None:
    keys = ensure_keys(directory, NOW, said)
    request = CertificateRequest("x", CLUSTER, "client", "me")
    pairs = [authorities.issue(keys, request, NOW) for _ in range(3)]
    assert len({p.key for p in pairs}) == 3
    assert len({_leaf(p).serial_number for p in pairs}) == 3


def _certificate(text: str) -> reference.Certificate:
    return reference.load_pem_x509_certificate(text.encode())


def _leaf(pair: x509.KeyPair) -> reference.Certificate:
    return _certificate(pair.certificate)


def test_the_hash_of_an_authority_is_that_of_its_public_key() -> None:
    made = x509.new_authority("a", NOW, timedelta(days=1))
    lines = x509.public_key(made.key).splitlines()[1:-1]
    wanted = sha256(b64decode("".join(lines))).hexdigest()
    assert x509.public_key_hash(made.certificate) == f"sha256:{wanted}"
