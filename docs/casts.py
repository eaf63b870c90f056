"""Casts: what happens in a terminal, from a real run, as a drawing that plays by itself (SVG).

A drawing needs nothing but itself: no script, no fonts, no network. It follows the light or dark
scheme of whoever looks; where less motion is wanted, or nothing moves at all, everything is there
at once.
"""

import os
import pty
import re
import select
import shlex
import signal
import struct
import subprocess
import termios
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fcntl import ioctl
from html import escape
from pathlib import Path
from textwrap import wrap
from typing import ClassVar

__all__ = ["COLUMNS", "Cast", "Step", "Terminal"]

COLUMNS = 76
_WAITING = 120
"""Seconds that a command may take to say what is waited for."""

_LINE, _SIGN, _MARGIN = 18, 7.83, 16
_FONT = "ui-monospace, 'SF Mono', Menlo, Consolas, 'DejaVu Sans Mono', monospace"
_STYLE = """
.paper { fill: #f6f8fa; stroke: #d0d7de }
text { fill: #1f2328; font: 13px FONT; white-space: pre }
.typed { fill: #0a3069; font-weight: 600 }
.prompt { fill: #57606a }
.bad { fill: #a40e26 }
.done { fill: #116329 }
.note { fill: #57606a; font-style: italic }
@media (prefers-color-scheme: dark) {
  .paper { fill: #0d1117; stroke: #3d444d }
  text { fill: #e6edf3 }
  .typed { fill: #a5d6ff }
  .prompt, .note { fill: #9198a1 }
  .bad { fill: #ffa198 }
  .done { fill: #7ee787 }
}
@keyframes appear { from { opacity: 0 } to { opacity: 1 } }
g { animation: appear 0.2s backwards }
@media (prefers-reduced-motion: reduce) { g { animation: none } }
"""


@dataclass
class Cast:
    """Hold what was seen: lines, each of pieces of a class and a text, and when it appeared."""

    title: str
    lines: list[tuple[float, list[tuple[str, str]]]] = field(default_factory=list)
    _now: float = 0.6

    def type(self, command: str, prompt: str = "$ ") -> None:
        """Show what a person types; long commands are broken as one would break them."""
        first, *more = wrap(
            command, COLUMNS - len(prompt) - 2, break_long_words=False, break_on_hyphens=False
        )
        self._add([("prompt", prompt), ("typed", first + (" \\" if more else ""))])
        for number, part in enumerate(more, 1):
            self._add([("typed", "    " + part + (" \\" if number < len(more) else ""))])
        self._now += 0.4 + len(command) * 0.02

    def say(self, text: str, kind: str = "") -> None:
        """Show a line that a command writes."""
        if not kind and ": violation [" in text:
            kind = "done" if text.startswith("mended: ") else "bad"
        for part in wrap(text, COLUMNS, subsequent_indent="  ", break_on_hyphens=False) or [""]:
            self._add([(kind, part)])

    def note(self, text: str) -> None:
        """Show what happens outside of the terminal."""
        self._now += 0.8
        self._add([("note", f"# {text}")])
        self._now += 0.8

    def _add(self, pieces: list[tuple[str, str]]) -> None:
        self._now += 0.12
        self.lines.append((round(self._now, 2), pieces))

    def drawing(self) -> str:
        """Return the SVG."""
        width = round(COLUMNS * _SIGN + 2 * _MARGIN)
        height = len(self.lines) * _LINE + 2 * _MARGIN
        rows = []
        for number, (when, pieces) in enumerate(self.lines):
            y = _MARGIN + number * _LINE + 13
            spans = "".join(
                f'<tspan class="{kind}">{escape(text)}</tspan>' if kind else escape(text)
                for kind, text in pieces
            )
            text = f'<text x="{_MARGIN}" y="{y}" xml:space="preserve">{spans}</text>'
            rows.append(f'<g style="animation-delay: {when:g}s">{text}</g>\n')
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
            f'width="{width}" height="{height}" role="img" aria-labelledby="title">\n'
            f'<title id="title">{escape(self.title)}</title>\n'
            f"<style>{_STYLE.replace('FONT', _FONT)}</style>\n"
            f'<rect class="paper" x="0.5" y="0.5" width="{width - 1}" height="{height - 1}" '
            f'rx="8"/>\n{"".join(rows)}</svg>\n'
        )


@dataclass(frozen=True)
class Step:
    """Say what is done once a command has written something: ``until`` is a part of the line.

    ``typed`` is the answer to a question; or ``act`` does something outside of the terminal, which
    ``note`` tells; a command that ends only when it is told to is interrupted by ``Step.END``.
    """

    until: str
    typed: str = ""
    note: str = ""
    act: Callable[[], None] | None = None

    END: ClassVar[str] = "^C"


@dataclass(frozen=True)
class Terminal:
    """Run commands in a pseudo-terminal, in a folder, and show them in a cast.

    ``shown`` gives patterns of what differs from run to run, with what is shown in their place.
    """

    folder: Path
    environment: Mapping[str, str]
    shown: Mapping[str, str] = field(default_factory=dict)

    def run(
        self, cast: Cast, command: str, steps: Sequence[Step] = (), most: int | None = None
    ) -> None:
        """Type a command, and take the steps in their order.

        Of what it writes at most ``most`` lines are shown. Raises RuntimeError where what a step
        waits for does not come.
        """
        cast.type(command)
        lines = list(self._lines(command, steps))
        while lines and not lines[-1]:
            lines.pop()
        ahead = list(steps)
        for line in lines[:most]:
            if not ahead or ahead[0].until not in line:
                cast.say(line)
                continue
            step = ahead.pop(0)
            if step.act or step.typed == Step.END:
                cast.say(line)
                cast.note(step.note or step.typed)
            else:
                cast.type(step.typed or "⏎", step.until)
        if most is not None and len(lines) > most:
            cast.say(f"… ({len(lines) - most} more lines)", "note")

    def _lines(self, command: str, steps: Sequence[Step]) -> Iterator[str]:
        """Yield the lines that stand on the screen in the end."""
        ours, theirs = pty.openpty()
        ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, COLUMNS, 0, 0))
        process = self._begun(command, theirs)
        os.close(theirs)
        try:
            written = b""
            for step in steps:
                begin = len(written)
                while step.until.encode() not in written[begin:]:
                    more = self._more(ours, f"no '{step.until}' from: {command}")
                    if not more:
                        raise RuntimeError(f"{command} ended without '{step.until}'")
                    written += more
                if step.typed == Step.END:
                    os.killpg(process.pid, signal.SIGINT)
                elif step.act:
                    step.act()
                else:
                    os.write(ours, step.typed.encode() + b"\n")
            while more := self._more(ours, f"no end of: {command}"):
                written += more
            process.wait()
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
            os.close(ours)
        for line in written.decode().replace("\r\n", "\n").removesuffix("\n").split("\n"):
            left = line.rpartition("\r")[2].replace("\x1b[K", "")
            for pattern, instead in self.shown.items():
                left = re.sub(pattern, instead, left)
            if left or not line:
                yield left.expandtabs(8)

    def _begun(self, command: str, terminal: int) -> subprocess.Popen[bytes]:
        """Begin a command that a Ctrl-C ends, as a shell does what is in the foreground.

        What a shell has in the background inherits SIGINT ignored, and so would what that begins.
        """
        before = signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            return subprocess.Popen(
                shlex.split(command),
                cwd=self.folder,
                env={**os.environ, **self.environment},
                stdin=terminal,
                stdout=terminal,
                stderr=terminal,
                start_new_session=True,
            )
        finally:
            signal.signal(signal.SIGINT, before)

    def _more(self, ours: int, otherwise: str) -> bytes:
        """Return what is written next, nothing at the end."""
        if not select.select([ours], [], [], _WAITING)[0]:
            raise RuntimeError(otherwise)
        try:
            return os.read(ours, 1 << 16)
        except OSError:  # the other end is closed (EIO on Linux)
            return b""
