"""Makes the pictures of the terminal interface in README.md from the real program.

    pip install pillow
    python crates/pixseek/screens/make.py target/release/pixseek

Needs tmux, DejaVu Sans Mono and the photos of `../shared/photos/captioned`, of which it takes those
under a Creative Commons Attribution licence; `CREDITS.md` is written beside the picture.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

HERE = Path(__file__).resolve().parent
PHOTOS = HERE.parents[3] / "shared/photos/captioned"
FONT = "/usr/share/fonts/truetype/dejavu/DejaVuSansMono.ttf"
QUERY = "a computer on a desk"
# The keys that lead to each picture, one after the other: to the photos, with the weak matches beside
# the good ones, because so few photos have few matches; then the best one, large.
SCREENS = {"grid": ["Tab", "a"], "large": ["Space"]}
COLUMNS, ROWS = 132, 40
CELL_WIDTH, CELL_HEIGHT = 9, 18
FOREGROUND, BACKGROUND = (216, 216, 216), (24, 24, 27)
BASIC = ["181818", "cd5c5c", "87af5f", "d7af5f", "5f87d7", "af87d7", "5fafaf", "d0d0d0",
         "6c6c6c", "ff8787", "afd787", "ffd787", "87afff", "d7afff", "87d7d7", "ffffff"]
# Half a cell or less, drawn as rectangles: left, top, right, bottom in eighths of the cell.
BLOCKS = {"▀": (0, 0, 8, 4), "▄": (0, 4, 8, 8), "█": (0, 0, 8, 8), "▐": (4, 0, 8, 8), "▔": (0, 0, 8, 1)}
BLOCKS |= {block: (0, 0, 8 - place, 8) for place, block in enumerate("█▉▊▋▌▍▎▏")}
BLOCKS |= {block: (0, 7 - place, 8, 8) for place, block in enumerate("▁▂▃▄▅▆▇█")}
# Seconds without a change after which the screen counts as drawn, and the most that it may take.
QUIET, PATIENCE = 2, 120


def main(program):
    with tempfile.TemporaryDirectory() as scratch:
        scratch = Path(scratch)
        copy_photos(scratch / "Pictures")
        for name, screen in capture(Path(program).resolve(), scratch):
            file = HERE / f"{name}.png"
            draw(screen).quantize(256, dither=Image.Dither.NONE).save(file, optimize=True)
            print(f"{file}: {file.stat().st_size // 1000} kB")


def copy_photos(folder):
    """Copies the photos that may be shown, and writes down where they come from."""
    folder.mkdir()
    credits = ["The photos in these pictures are from COCO val2017, under the Creative Commons Attribution 2.0",
               "licence (https://creativecommons.org/licenses/by/2.0/), made smaller. Their addresses at Flickr:", ""]
    for line in (PHOTOS / "captions.jsonl").read_text().splitlines():
        photo = json.loads(line)
        if photo["license"] == "Attribution License":
            shutil.copy(PHOTOS / photo["file"], folder)
            credits.append(f"- `{photo['file']}`: {photo['flickr_url']}")
    (HERE / "CREDITS.md").write_text("\n".join(credits) + "\n")


def capture(program, scratch):
    """Indexes the photos, types the query, and yields the screens with their escape sequences."""
    environment = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
    environment |= {f"XDG_{name}_HOME": str(scratch / "home") for name in ("CONFIG", "DATA", "CACHE", "STATE")}
    environment |= {"HOME": str(scratch), "LC_ALL": "C.UTF-8", "COLORTERM": "truecolor"}
    subprocess.run([program, "-q", "--device", "cpu", "index", scratch / "Pictures"], env=environment, check=True)

    def tmux(*command):
        command = ["tmux", "-L", f"pixseek-screens-{os.getpid()}", "-f", "/dev/null", *command]
        return subprocess.run(command, env=environment, cwd=scratch, check=True, capture_output=True, text=True).stdout

    tmux("start-server", ";", "set", "-g", "status", "off", ";", "new-session", "-d", "-x", str(COLUMNS), "-y", str(ROWS), f"{program} --device cpu")
    try:
        wait(tmux)
        tmux("send-keys", "-l", QUERY)
        wait(tmux)
        for name, keys in SCREENS.items():
            tmux("send-keys", *keys)
            yield name, wait(tmux)
    finally:
        tmux("kill-server")


def wait(tmux):
    """Waits until the screen does not change any more."""
    last, since, start = None, time.monotonic(), time.monotonic()
    while time.monotonic() - since < QUIET:
        if time.monotonic() - start > PATIENCE:
            sys.exit("the screen does not come to rest")
        screen = tmux("capture-pane", "-e", "-p")
        if screen != last:
            last, since = screen, time.monotonic()
        time.sleep(0.1)
    return last


def draw(screen):
    picture = Image.new("RGB", (COLUMNS * CELL_WIDTH, ROWS * CELL_HEIGHT), BACKGROUND)
    canvas, font = ImageDraw.Draw(picture), ImageFont.truetype(FONT, CELL_HEIGHT - 4)
    style = Style()
    for row, line in enumerate(screen.split("\n")[:ROWS]):
        column = 0
        for escape, letter in re.findall(r"\x1b\[([\d;]*)m|([^\x1b])", line):
            if not letter:
                style.apply(escape)
                continue
            cell = (column * CELL_WIDTH, row * CELL_HEIGHT)
            draw_cell(canvas, font, cell, letter, *style.colours())
            column += 1
    return picture


def draw_cell(canvas, font, cell, letter, foreground, background):
    def fill(part, colour):
        left, top, right, bottom = (eighths / 8 for eighths in part)
        x, y = cell
        canvas.rectangle((x + round(left * CELL_WIDTH), y + round(top * CELL_HEIGHT),
                          x + round(right * CELL_WIDTH) - 1, y + round(bottom * CELL_HEIGHT) - 1), fill=colour)

    fill((0, 0, 8, 8), background)
    if letter in BLOCKS:
        fill(BLOCKS[letter], foreground)
    elif letter != " ":
        canvas.text(cell, letter, font=font, fill=foreground)


class Style:
    """Colours by the escape sequences that tmux writes."""

    def __init__(self):
        self.apply("0")

    def apply(self, escape):
        codes = [int(code or 0) for code in escape.split(";")]
        while codes:
            code = codes.pop(0)
            if code == 0:
                self.foreground, self.background, self.dim, self.reverse = FOREGROUND, BACKGROUND, False, False
            elif code in (2, 22):
                self.dim = code == 2
            elif code in (7, 27):
                self.reverse = code == 7
            elif code == 38:
                self.foreground = extended(codes)
            elif code == 48:
                self.background = extended(codes)
            elif code == 39:
                self.foreground = FOREGROUND
            elif code == 49:
                self.background = BACKGROUND
            elif code % 10 < 8 and code // 10 in (3, 9):
                self.foreground = basic(code % 10 + (8 if code > 89 else 0))
            elif code % 10 < 8 and code // 10 in (4, 10):
                self.background = basic(code % 10 + (8 if code > 99 else 0))

    def colours(self):
        foreground = self.foreground
        if self.dim:
            foreground = tuple((one + other) // 2 for one, other in zip(foreground, self.background))
        return (self.background, foreground) if self.reverse else (foreground, self.background)


def extended(codes):
    """`5;N`, one of 256 colours, or `2;R;G;B`."""
    if codes.pop(0) == 2:
        return tuple(codes.pop(0) for _ in range(3))
    number = codes.pop(0)
    if number < 16:
        return basic(number)
    if number > 231:
        return (8 + 10 * (number - 232),) * 3
    steps = (0, 95, 135, 175, 215, 255)
    return tuple(steps[(number - 16) // place % 6] for place in (36, 6, 1))


def basic(number):
    return tuple(bytes.fromhex(BASIC[number]))


main(sys.argv[1])
