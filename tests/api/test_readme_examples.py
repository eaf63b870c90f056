"""The README's examples, replayed against a real server of the packaged evidence."""

import re
import shlex
from pathlib import Path

import httpx2

HERE = "http://127.0.0.1:8000"
LEFT_OUT = "…"


def asked(command: str, server: httpx2.Client) -> str:
    """Return what a server answers to a curl command, with the few options the README uses."""
    words = iter(shlex.split(command)[1:])
    headers: dict[str, str] = {}
    form: dict[str, str] = {}
    follow = False
    path = ""
    for word in words:
        if word == "-H":
            name, _, value = next(words).partition(": ")
            headers[name] = value
        elif word == "--data-urlencode":
            name, _, value = next(words).partition("=")
            form[name] = value
        elif word == "-L":
            follow = True
        else:
            assert word.startswith(HERE), f"{word}: teach this test the option"
            path = word.removeprefix(HERE)
    method = "POST" if form else "GET"
    response = server.request(
        method, path, data=form or None, headers=headers, follow_redirects=follow
    )
    assert response.status_code == 200, path
    assert response.headers["content-type"].partition(";")[0] == headers["Accept"]
    return response.text


def test_the_examples_give_what_is_shown(project: Path, packaged_server: httpx2.Client) -> None:
    readme = (project / "README.md").read_text(encoding="utf-8")
    examples = re.findall(r"```sh\n(curl .*?)```\n\n```\w+\n(.*?)```", readme, re.DOTALL)
    assert len(examples) == readme.count("```sh\ncurl ") == 2
    for command, shown in examples:
        got = iter(line.strip() for line in asked(command, packaged_server).splitlines())
        for line in shown.splitlines():
            # Every line shown comes, in this order; … stands for lines between.
            assert line.strip() == LEFT_OUT or line.strip() in got, line
