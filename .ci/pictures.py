"""Compare pictures that were made anew with those that are committed.

Run as ``python .ci/pictures.py COMMITTED NEW`` with a Python that has Pillow. Casts must be the
same to the byte. Browsers and fonts draw a page otherwise from machine to machine: of each picture
of one a much smaller one is compared, in which letters are no more than grey. Two that show
different pages must be told apart, or nothing is proved.
"""

import sys
from itertools import combinations
from pathlib import Path

from PIL import Image, ImageChops, ImageStat

SHRUNK = 16
ALIKE = 4.0
"""So many shades of grey of 256 two pictures may be apart, on average."""


def apart(one: Path, other: Path) -> float:
    """Return how far two pictures are apart: shades of grey, of small ones, on average."""
    small = []
    for path in (one, other):
        with Image.open(path) as picture:
            grey = picture.convert("L")
            size = (grey.width // SHRUNK, grey.height // SHRUNK)
            small.append(grey.resize(size, Image.Resampling.BOX))
    if small[0].size != small[1].size:
        return 256.0
    return float(ImageStat.Stat(ImageChops.difference(*small)).mean[0])


def main(committed: Path, new: Path) -> int:
    """Return 1 where a picture is another than the committed one."""
    names = sorted(path.name for path in committed.iterdir())
    wrong = []
    if names != sorted(path.name for path in new.iterdir()):
        wrong.append("there are pictures of other names")
    for name in names:
        before, after = committed / name, new / name
        if not after.exists():
            continue
        if name.endswith(".svg"):
            same = before.read_bytes() == after.read_bytes()
        else:
            same = apart(before, after) <= ALIKE
        if not same:
            wrong.append(f"{name} is another by now")
    pages = [committed / name for name in names if name.endswith(".png")]
    if not pages or any(apart(*two) <= ALIKE for two in combinations(pages, 2)):
        wrong.append("pictures of different pages cannot be told apart: nothing is proved")
    for words in wrong:
        sys.stderr.write(f"{words}: run docs/make_guide_pictures.py\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
