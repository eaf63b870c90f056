"""What schemathesis is told (SCHEMATHESIS_HOOKS): queries and updates are sent as they are."""

import schemathesis


@schemathesis.serializer("application/sparql-query", "application/sparql-update")
def as_it_is(_context: object, value: object) -> bytes:
    """Return a body as it is sent."""
    return str(value).encode()
