#!/usr/bin/env python3
"""Writes results/algorithms/map.csv from curves.csv: where every arm ended, with 95 % Student-t intervals over seeds.

    experiments/algorithms/map.py results/algorithms && cd results/algorithms && gnuplot map.gp

KL is drawn on a logarithmic axis, hence its interval is that of log KL. best-of-n ends at its largest n.
"""
import collections
import csv
import math
import pathlib
import statistics
import sys

T = {1: 12.706, 2: 4.303, 3: 3.182, 4: 2.776, 5: 2.571, 6: 2.447, 7: 2.365, 8: 2.306, 9: 2.262}

folder = pathlib.Path(sys.argv[1])
last = collections.defaultdict(dict)
for row in csv.DictReader((folder / "curves.csv").open()):
    seen = last[row["arm"]].get(row["seed"])
    if seen is None or int(row["step"]) >= int(seen["step"]):
        last[row["arm"]][row["seed"]] = row


def interval(values):
    mean = statistics.fmean(values)
    half = T[len(values) - 1] * statistics.stdev(values) / math.sqrt(len(values))
    return mean, mean - half, mean + half


with (folder / "map.csv").open("w") as out:
    out.write("arm\tkl\tkl_low\tkl_high\tgold\tgold_low\tgold_high\n")
    for arm, seeds in last.items():
        kl = [math.exp(x) for x in interval([math.log(float(r["eval/kl"])) for r in seeds.values()])]
        gold = interval([float(r["eval/gold_reward"]) for r in seeds.values()])
        out.write(f"{arm}\t" + "\t".join(f"{x:.4g}" for x in (*kl, *gold)) + "\n")
