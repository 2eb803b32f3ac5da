"""When certificates are to be replaced. The moment is an argument: no clock is read here."""

from __future__ import annotations

from datetime import datetime, timedelta

from testbed.orchestrators.kubernetes.pki import x509

RESERVE = timedelta(days=1)  # for what is left of it, new certificates are not worth the time


def ends_soon(end: datetime, now: datetime) -> bool:
    """Should certificates that end then be replaced now?"""
    return now + RESERVE > end


def is_due(certificate: str, now: datetime) -> bool:
    """Should this certificate (PEM) be replaced now? One that cannot be read, too."""
    return bool(why_due(certificate, now))


def why_due(certificate: str, now: datetime) -> str:
    """Why a certificate (PEM) is to be replaced now, in words; empty if it is not."""
    try:
        start, end = x509.beginning(certificate), x509.expiry(certificate)
    except ValueError as error:
        return str(error)
    if now < start:  # the clock was set back
        return f"it is valid from {start:%F %R} UTC on only"
    if now >= end:
        return f"it ended on {end:%F %R} UTC"
    return f"it ends on {end:%F %R} UTC" if ends_soon(end, now) else ""
