#!/usr/bin/env python3
"""Measures sweeps and prints their part of docs/benchmarks.md: sweeps.py TITORELLI FAST."""
import os, subprocess, sys, tempfile, time

titorelli, fast = sys.argv[1:3]
cpus = os.cpu_count()
scratch = tempfile.TemporaryDirectory()
work = scratch.name
print("measuring sweeps", file=sys.stderr)


def met(is_met):
    return "met" if is_met else "**not met**"


def sweep(program, name, runs, *options):
    """Wall and CPU seconds of a sweep of so many runs, and the peak memory of one of its processes, in MB."""
    command = [program, "sweep", *options, "--seeds", f"1..{runs}", "-o", f"{work}/sweep-{name}"]
    started = time.monotonic()
    pid = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).pid
    _, status, usage = os.wait4(pid, 0)
    if os.waitstatus_to_exitcode(status) not in (0, 1, 4):
        sys.exit(f"{' '.join(command)}: exit {os.waitstatus_to_exitcode(status)}")
    return time.monotonic() - started, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


print("## Sweeps")
print()
print(f"`titorelli sweep` on all {cpus} processors, no trace. A run of the soak is 20 virtual seconds, the others are the tour's 60. Busy is the share of")
print("all processors' time that the runs had; memory is the peak of the largest process.")
print()
print("Preset fast is the program for sweeps, which `./dev build fast` lays out by a profile of itself; the goals are for it.")
print()
print("| what | preset | runs | runs/s | goal | | CPU s a run | busy | peak memory | goal | |")
print("|---|---|---|---|---|---|---|---|---|---|---|")
tour = "scenarios/tour/leader-crash.lua"
for name, what, runs, goal, options in (
    ("tour", "tour, 200 records/s", 60, 6, (tour,)),
    ("light-60", "tour, 20 records/s", 60, 30, (tour, "-D", "rate=20")),
    ("light", "tour, 20 records/s", 2000, 30, (tour, "-D", "rate=20")),
    ("soak", "soak", 1000, 20, ("scenarios/soak/soak.lua",)),
):
    for preset, program in (("release", titorelli), ("fast", fast)):
        wall, cpu, memory = sweep(program, f"{name}-{preset}", runs, *options)
        goals = (f"{goal} | {met(runs/wall >= goal)}", f"30 MB | {met(memory < 30)}") if preset == "fast" else (" | ", " | ")
        print(f"| {what} | {preset} | {runs:,} | {runs/wall:.1f} | {goals[0]} | {cpu/runs:.3f} | {100*cpu/wall/cpus:.0f} % | "
              f"{memory:.1f} MB | {goals[1]} |")
