"""Run the README's shell blocks as written, one after another in one shell, in a fresh clone.

A block is run if its fence says ``sh``. ``git clone`` of the project's address clones this tree;
a line that ends in ``osteokg serve`` goes on beside the lines that follow, which wait until it
answers, and is stopped at the end.
"""

import contextlib
import os
import re
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
SERVES = re.compile(r"^(?!.*--get)(?:.* && )?\S*osteokg serve\b")
PORT = re.compile(r"--port[ =](\d+)")
SERVING = """
{{ set +x; }} 2>/dev/null
if (: </dev/tcp/127.0.0.1/{port}) 2>/dev/null; then
  echo 'port {port} is taken: another server would answer' >&2
  exit 1
fi
echo '+ {line}' >&2
{line} &
until (: </dev/tcp/127.0.0.1/{port}) 2>/dev/null; do
  kill -0 $! 2>/dev/null || {{ echo 'the server ended' >&2; exit 1; }}
  sleep 0.2
done
set -x
"""


def commands(readme: str) -> list[str]:
    """Return the lines of the shell blocks."""
    blocks = re.findall(r"^```sh\n(.*?)^```$", readme, re.MULTILINE | re.DOTALL)
    return "\n".join(blocks).splitlines()


def script(lines: list[str]) -> str:
    """Return one bash script that shows each command and stops at the first that fails."""
    parts = ["set -euxo pipefail"]
    for line in lines:
        if SERVES.search(line):
            port = PORT.search(line)
            parts.append(SERVING.format(line=line, port=port[1] if port else "8000"))
        else:
            parts.append(line)
    return "\n".join(parts)


def main() -> int:
    """Return the exit code of the README's commands; 1 if there are none."""
    readme = (PROJECT / "README.md").read_text(encoding="utf-8")
    lines = commands(readme)
    if not lines:
        sys.stderr.write("README.md has no sh block: nothing was proved\n")
        return 1
    with tempfile.TemporaryDirectory() as folder:
        clone = Path(folder) / "osteokg"
        address = re.search(r"git clone (\S+)", readme)
        surroundings = {k: v for k, v in os.environ.items() if k != "VIRTUAL_ENV"}
        surroundings["GIT_CONFIG_GLOBAL"] = str(git_settings(Path(folder), address and address[1]))
        if not address:
            cloning = ["git", "clone", "--quiet", str(PROJECT), str(clone)]
            subprocess.run(cloning, env=surroundings, check=True)
        shell = subprocess.Popen(
            ["bash", "-c", script(lines)],
            cwd=folder if address else clone,
            env=surroundings,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            return shell.wait()
        finally:
            with contextlib.suppress(ProcessLookupError):  # no server was left running
                os.killpg(shell.pid, signal.SIGTERM)


def git_settings(folder: Path, address: str | None) -> Path:
    """Write settings for git: the project's address is this tree, whoever owns it."""
    lines = ["[safe]", "directory = *"]
    if address:
        lines += [f'[url "{PROJECT}"]', f"insteadOf = {address}"]
    path = folder / "gitconfig"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


if __name__ == "__main__":
    sys.exit(main())
