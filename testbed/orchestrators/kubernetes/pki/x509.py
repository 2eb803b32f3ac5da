"""Keys and certificates as PEM text: made, checked, signed. ECDSA P-256; no files, no clock."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from hashlib import sha256
from ipaddress import ip_address
from typing import Literal

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

BACKDATED = timedelta(minutes=10)  # clocks of a host and its virtual machines differ a little

Purpose = Literal["server", "client", "peer"]  # peer: both
_USAGES = {
    "server": [ExtendedKeyUsageOID.SERVER_AUTH],
    "client": [ExtendedKeyUsageOID.CLIENT_AUTH],
    "peer": [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH],
}


@dataclass(frozen=True)
class KeyPair:
    """A certificate and its private key, both PEM."""

    certificate: str
    key: str = field(repr=False)


@dataclass(frozen=True)
class Authority(KeyPair):
    """A key pair that signs others."""


@dataclass(frozen=True)
class CertificateRequest:
    """A certificate that somebody needs: where it goes, who signs, what it says.

    `file` is relative to the node's directory of Kubernetes files, without suffix.
    """

    file: str
    authority: str
    purpose: Purpose
    name: str  # common name: the user, for Kubernetes
    organisations: tuple[str, ...] = ()  # the user's groups
    sans: tuple[str, ...] = ()  # DNS names and addresses that it serves


def new_key() -> str:
    """A private key, PEM (PKCS #8)."""
    return _key_text(ec.generate_private_key(ec.SECP256R1()))


def public_key(key: str) -> str:
    """The public half of a private key, PEM."""
    public = _load_key(key).public_key()
    encoding = serialization.Encoding.PEM
    return public.public_bytes(encoding, serialization.PublicFormat.SubjectPublicKeyInfo).decode()


def check_key(text: str) -> None:
    """ValueError unless this is a private key on P-256."""
    _load_key(text)


def new_authority(name: str, now: datetime, lifetime: timedelta) -> Authority:
    """A self-signed authority that may sign leaves only, valid from `now` for `lifetime`."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    certificate = (
        _certificate_builder(subject, subject, key.public_key(), now - BACKDATED, now + lifetime)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(signs=True), critical=True)
        .sign(key, hashes.SHA256())
    )
    return Authority(_certificate_text(certificate), _key_text(key))


def read_authority(text: str) -> Authority:
    """Key and certificate of an authority's file."""
    mark = "-----BEGIN CERTIFICATE-----"
    key, found, certificate = text.partition(mark)
    return Authority(found + certificate, key)


def check_authority(text: str, now: datetime, reserve: timedelta) -> None:
    """ValueError unless this is an authority's file whose certificate outlives now + reserve."""
    authority = read_authority(text)
    key, certificate = _load_key(authority.key), _load_certificate(authority.certificate)
    if certificate.public_key() != key.public_key():
        raise ValueError("its certificate belongs to another key")
    try:
        certificate.verify_directly_issued_by(certificate)
        constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints)
    except (InvalidSignature, ValueError, TypeError, x509.ExtensionNotFound):
        raise ValueError("its certificate is no self-signed authority") from None
    if not constraints.value.ca:
        raise ValueError("its certificate is no authority's")
    if now < certificate.not_valid_before_utc:
        raise ValueError(
            f"it is valid from {certificate.not_valid_before_utc:%F %R} UTC only, and the clock "
            f"says {now.astimezone(timezone.utc):%F %R}"
        )
    if now + reserve > certificate.not_valid_after_utc:
        raise ValueError(f"it is valid until {certificate.not_valid_after_utc:%F %R} UTC only")


def issue(
    authority: Authority, request: CertificateRequest, now: datetime, lifetime: timedelta
) -> KeyPair:
    """A fresh key, and a certificate for it that never outlives its authority."""
    signer, signer_key = _load_certificate(authority.certificate), _load_key(authority.key)
    key = ec.generate_private_key(ec.SECP256R1())
    names = [x509.NameAttribute(NameOID.COMMON_NAME, request.name)]
    names += [x509.NameAttribute(NameOID.ORGANIZATION_NAME, o) for o in request.organisations]
    start = max(now - BACKDATED, signer.not_valid_before_utc)
    end = min(now + lifetime, signer.not_valid_after_utc)
    builder = (
        _certificate_builder(x509.Name(names), signer.subject, key.public_key(), start, end)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(signs=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage(_USAGES[request.purpose]), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signer_key.public_key()),
            critical=False,
        )
    )
    if request.sans:
        sans = x509.SubjectAlternativeName([_alternative_names(s) for s in request.sans])
        builder = builder.add_extension(sans, critical=False)
    certificate = builder.sign(signer_key, hashes.SHA256())
    return KeyPair(_certificate_text(certificate), _key_text(key))


def expiry(certificate: str) -> datetime:
    """When a PEM certificate ends, UTC. ValueError if it is none."""
    return _load_certificate(certificate).not_valid_after_utc


def beginning(certificate: str) -> datetime:
    """From when on a PEM certificate is valid, UTC. ValueError if it is none."""
    return _load_certificate(certificate).not_valid_before_utc


def public_key_hash(certificate: str) -> str:
    """sha256:… of a certificate's public key, as kubeadm pins an authority (RFC 7469 §2.4)."""
    encoding = serialization.Encoding.DER
    public = _load_certificate(certificate).public_key()
    key = public.public_bytes(encoding, serialization.PublicFormat.SubjectPublicKeyInfo)
    return f"sha256:{sha256(key).hexdigest()}"


def _certificate_builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePublicKey,
    start: datetime,
    end: datetime,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(end)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _key_usage(signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs,
        crl_sign=signs,
        encipher_only=False,
        decipher_only=False,
    )


def _alternative_names(text: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(text))
    except ValueError:
        return x509.DNSName(text)


def _load_key(text: str) -> ec.EllipticCurvePrivateKey:
    try:
        key = serialization.load_pem_private_key(text.encode(), password=None)
    except (ValueError, TypeError):
        raise ValueError("it holds no whole private key") from None
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.curve.name != "secp256r1":
        raise ValueError("its key is not an ECDSA key on P-256")
    return key


def _load_certificate(text: str) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(text.encode())
    except ValueError:
        raise ValueError("it holds no whole certificate") from None


def _key_text(key: ec.EllipticCurvePrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()


def _certificate_text(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()
