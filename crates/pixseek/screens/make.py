"""Makes the pictures of the terminal interface in README.md: the real program in a real terminal.

    apt install xterm xvfb xdotool imagemagick fonts-dejavu-core
    python3 crates/pixseek/screens/make.py target/release/pixseek

xterm draws Sixel graphics, on a screen that nobody sees. The photos are those of
`../shared/photos/captioned` under a Creative Commons Attribution licence; `CREDITS.md` is written
beside the pictures.
"""

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
PHOTOS = HERE.parents[3] / "shared/photos/captioned"
QUERY = "a computer on a desk"
# The keys that lead to each picture, one after the other: to the photos, with the weak matches beside
# the good ones, because so few photos have few matches; then the best one, large.
SCREENS = {"grid": ["Tab", "a"], "large": ["space"]}
XTERM = ["-ti", "vt340", "-geometry", "118x37+0+0", "-b", "8", "-fa", "DejaVu Sans Mono", "-fs", "11",
         "-bg", "#18181b", "-fg", "#d8d8d8", "-xrm", "XTerm*decGraphicsID: vt340",
         "-xrm", "XTerm*numColorRegisters: 1024"]
# Seconds without a change after which the screen counts as drawn, and the most that it may take.
QUIET, PATIENCE = 3, 120


def main(program):
    with tempfile.TemporaryDirectory() as home:
        copy_photos(Path(home) / "Pictures")
        # A cache, a configuration and an index of its own.
        environment = {name: value for name, value in os.environ.items() if not name.startswith("XDG_")}
        environment |= {"HOME": home, "LC_ALL": "C.UTF-8", "COLORTERM": "truecolor"}
        program = [str(Path(program).resolve()), "--device", "cpu"]
        subprocess.run([*program, "-q", "index", "Pictures"], env=environment, cwd=home, check=True)
        screen = ["Xvfb", "-displayfd", "1", "-screen", "0", "1400x900x24"]
        terminal = ["xterm", *XTERM, "-e", *program, "--pictures", "sixel", QUERY]
        with contextlib.ExitStack() as stack:
            # The screen takes a number that is free, and prints it.
            number = running(stack, screen, environment, home).stdout.readline().decode().strip()
            environment["DISPLAY"] = f":{number}"
            running(stack, terminal, environment, home)
            wait(environment)
            for name, keys in SCREENS.items():
                subprocess.run(["xdotool", "key", *keys], env=environment, check=True)
                wait(environment)
                file = HERE / f"{name}.jpg"
                photograph(environment, "-trim", "+repage", "-strip", "-quality", "80", str(file))
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


def running(stack, command, environment, folder):
    """Starts a program that ends with the stack."""
    process = subprocess.Popen(command, env=environment, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    stack.callback(process.wait)
    stack.callback(process.terminate)
    return process


def photograph(environment, *output):
    return subprocess.run(["import", "-window", "root", *output], env=environment, capture_output=True).stdout


def wait(environment):
    """Waits until there is a screen and it does not change any more."""
    last, since, start = None, time.monotonic(), time.monotonic()
    while time.monotonic() - since < QUIET:
        if time.monotonic() - start > PATIENCE:
            sys.exit("the screen does not come to rest")
        time.sleep(0.2)
        screen = photograph(environment, "rgb:-")
        # A screen of one colour has no terminal yet.
        if screen != last or len(set(screen)) < 2:
            last, since = screen, time.monotonic()


main(sys.argv[1])
