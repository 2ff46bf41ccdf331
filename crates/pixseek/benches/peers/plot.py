"""Draws `speed.svg`, the plot of the README's section on speed, from `speed.csv`.

    pip install matplotlib
    python crates/pixseek/benches/peers/plot.py

The values are those of `table.py`, by hand.
"""

import csv
from itertools import groupby
from pathlib import Path

import matplotlib

matplotlib.use("svg")
# The same file for the same values.
matplotlib.rcParams.update({"svg.hashsalt": "pixseek", "svg.fonttype": "path", "font.size": 10})

from matplotlib import pyplot

HERE = Path(__file__).resolve().parent
OURS, THEIRS = "#2f7fbf", "#b8bec6"


def main():
    with (HERE / "speed.csv").open() as file:
        rows = list(csv.DictReader(file))
    steps = [(step, list(bars)) for step, bars in groupby(rows, key=lambda row: row["step"])]
    figure, axes = pyplot.subplots(len(steps), 1, figsize=(8, 3.6), layout="constrained",
                                   height_ratios=[len(bars) for _, bars in steps])
    for axis, (step, bars) in zip(axes, steps):
        values = [float(bar["value"]) for bar in bars]
        names = [bar["program"] for bar in bars]
        drawn = axis.barh(names, values, color=[OURS if name == "pixseek" else THEIRS for name in names])
        axis.bar_label(drawn, [f"{value:g} {bar['unit']}" for value, bar in zip(values, bars)], padding=4)
        axis.set_title(step.replace(";", ","), loc="left", fontsize=10)
        axis.set_xlim(0, 1.25 * max(values))
        axis.invert_yaxis()
        axis.xaxis.set_visible(False)
        axis.spines[:].set_visible(False)
        axis.tick_params(left=False)
    figure.savefig(HERE / "speed.svg", metadata={"Date": None}, facecolor="white")


main()
