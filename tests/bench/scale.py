#!/usr/bin/env python3
"""Measures clusters from small to large and prints their part of docs/benchmarks.md: scale.py TITORELLI."""
import json, os, subprocess, sys, tempfile

titorelli = sys.argv[1]
scratch = tempfile.TemporaryDirectory()
print("measuring scale", file=sys.stderr)


def met(is_met):
    return "met" if is_met else "**not met**"


def run(brokers, partitions):
    """CPU seconds of the whole program, its summary, and its peak memory in MB."""
    command = [titorelli, "run", "tests/bench/scale.lua", "-D", f"brokers={brokers}", "-D", f"partitions={partitions}",
               "--trace", "off", "--json", "-q", "-o", f"{scratch.name}/scale-{brokers}"]
    program = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    summary = json.load(program.stdout)
    _, status, usage = os.wait4(program.pid, 0)
    if os.waitstatus_to_exitcode(status) != 0:
        sys.exit(f"{' '.join(command)}: exit {os.waitstatus_to_exitcode(status)}, {summary['verdict']}")
    return usage.ru_utime + usage.ru_stime, summary, usage.ru_maxrss / 1024


print("## Scale")
print()
print("`tests/bench/scale.lua`: a cluster starts with a topic for each broker, 200 partitions with three replicas each, takes 20 records/s a")
print("topic, loses a broker after 20 s and elects a leader for each partition that it led; 40 virtual seconds, six checks on, no trace.")
print("Seconds are CPU time of the one thread, reading the scenario and writing the run directory included.")
print()
print("| brokers | partitions | events | s | goal | | peak memory | goal | | µs an event | of the first row | goal | |")
print("|---|---|---|---|---|---|---|---|---|---|---|---|---|")
first = None
for brokers, partitions in ((3, 600), (10, 2000), (50, 10000)):
    seconds, summary, memory = run(brokers, partitions)
    cost = 1e6 * seconds / summary["events"]
    first = first or cost
    goals = (" | ", " | ")
    if brokers == 50:
        goals = (f"60 | {met(seconds < 60)}", f"2 GB | {met(memory < 2048)}")
    flat = f"2 | {met(cost / first <= 2)}" if brokers > 3 else " | "
    print(f"| {brokers} | {partitions:,} | {summary['events']:,} | {seconds:.1f} | {goals[0]} | {memory:.0f} MB | {goals[1]} | "
          f"{cost:.1f} | {cost/first:.2f} | {flat} |")
