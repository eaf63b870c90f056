"""Protection: headers that every answer has, errors and those of the door included.

The door gives them to what passes it (``sending``); to other servers the application does.

Strict-Transport-Security is for who ends TLS: the proxy (docs/operations.md).
"""

from __future__ import annotations

__all__ = ["HEADERS", "PROTECTS", "RAW_HEADERS"]

HEADERS: dict[str, str] = {
    # Everything here may be read by any page, so it may be embedded as well.
    "Access-Control-Allow-Origin": "*",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Permissions-Policy": (
        "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), "
        "magnetometer=(), microphone=(), midi=(), payment=(), usb=()"
    ),
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Permitted-Cross-Domain-Policies": "none",
}

RAW_HEADERS = [(name.lower().encode(), value.encode()) for name, value in HEADERS.items()]
"""The same as ASGI sends them."""

PROTECTS = "osteokg.protection"
"""The extension of ASGI by which a server says that it gives them."""
