"""Let schemathesis ask what the OpenAPI document says can be asked.

Of an empty dataset that may be written to, and of the evidence that comes with OsteoKG:

    python .ci/schemathesis.py SCHEMATHESIS FOLDER

SCHEMATHESIS is its command, FOLDER one for its files. Whether data that fit the document are
accepted is not looked at: a schema cannot say what a SPARQL query is.
"""

import os
import subprocess
import sys
from pathlib import Path

from service import serving

CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,"
    "response_headers_conformance,response_schema_conformance,unsupported_method"
)
EXAMPLES = 30
HOOKS = Path(__file__).resolve().with_name("schemathesis_hooks.py")
SEED = 20260725
TOKEN = "not-a-secret-of-anybody"  # noqa: S105 - of a server that lives for a minute


def main(schemathesis: str, folder: str) -> int:
    """Return 0 if nothing was found."""
    token = Path(folder, "token")
    token.write_text(TOKEN, encoding="ascii")
    token.chmod(0o600)
    found = 0
    for arguments in (["--plain", "--write-token-file", str(token)], []):
        with serving(*arguments) as address:
            asked = subprocess.run(
                [
                    *(str(Path(schemathesis).resolve()), "run", f"{address}/openapi.json"),
                    *("--checks", CHECKS, "--max-examples", str(EXAMPLES), "--seed", str(SEED)),
                    *("--header", f"Authorization: Bearer {TOKEN}"),
                    *("--generation-database", "none"),
                    *("--request-timeout", "60"),  # dumps are made when they are first asked for
                ],
                cwd=folder,
                check=False,
                env={**os.environ, "SCHEMATHESIS_HOOKS": str(HOOKS)},
            )
        found = found or asked.returncode
    return found


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
