#!/usr/bin/env bash
# Runs every benchmark and writes docs/benchmarks.md; `./dev bench` calls it.
#   write_benchmarks.sh [BENCH_PROGRAM [NOTE]]    NOTE: a sentence about the machine's state
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

program=${1:-build/release/tests/titorelli_bench}
note=${2:-}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

command -v python3 >/dev/null || { echo "write_benchmarks: needs python3" >&2; exit 2; }
[ -x "$program" ] || { echo "write_benchmarks: no program '$program'" >&2; exit 2; }
measure() { # NAME FILTER REPETITIONS: a process of its own, so that its peak of memory is its own
  echo "measuring $1" >&2
  "$program" --benchmark_filter="$2" --benchmark_repetitions="$3" --benchmark_out_format=json \
    --benchmark_report_aggregates_only=false --benchmark_out="$work/$1.json" >/dev/null 2>"$work/log" ||
    { cat "$work/log" >&2; exit 1; }
}
measure hold '^hold_model' 5
measure tour200 '^tour/200/' 3
measure tour2000 '^tour/2000/' 1
measure tour20000 '^tour/20000/' 1
measure hooks '^tour_with_100_idle_hooks/' 3
measure network '^network/' 5
measure parts '^(build_batch|checksum|codec_)' 3
titorelli=$(dirname "$program")/../titorelli
fast=$(dirname "$program")/../../fast/titorelli
for needed in "$titorelli" "$fast"; do
  [ -x "$needed" ] || { echo "write_benchmarks: no program '$needed'" >&2; exit 2; }
done

compiler=$(sed -n 's/^CMAKE_CXX_COMPILER:[A-Z]*=//p' "$(dirname "$program")/../CMakeCache.txt" 2>/dev/null || true)
compiler=$("${compiler:-c++}" --version | head -1)
python3 - "$work" "$compiler" "$note" "$titorelli" "$fast" >"$work/benchmarks.md" <<'PYTHON'
import json, os, re, statistics, subprocess, sys, time

work, compiler, note, titorelli, fast = sys.argv[1:6]


def read(name):
    """Medians over the repetitions: benchmark -> field -> number."""
    rows = {}
    for row in json.load(open(f"{work}/{name}.json"))["benchmarks"]:
        if row["run_type"] != "iteration":
            continue
        if row.get("error_occurred"):
            sys.exit(f"{row['name']}: {row['error_message']}")
        numbers = rows.setdefault(row["name"], {})
        for key, value in row.items():
            if isinstance(value, (int, float)) and not isinstance(value, bool):
                numbers.setdefault(key, []).append(value)
    return {n: {k: statistics.median(v) for k, v in f.items()} for n, f in rows.items()}


def first(pattern, path, default="unknown"):
    found = re.search(pattern, open(path).read(), re.M)
    return found.group(1) if found else default


def met(is_met):
    return "met" if is_met else "**not met**"


cpus = len(re.findall(r"^processor", open("/proc/cpuinfo").read(), re.M))
total_memory = int(first(r"^MemTotal:\s+(\d+)", "/proc/meminfo", "0")) / 1024 / 1024
model = first(r"^model name\s*:\s*(.*)$", "/proc/cpuinfo")
print("# Benchmarks")
print()
print("Written by `./dev bench`; do not edit. Each figure is the median of its repetitions, in CPU time of one thread.")
print()
print("| | |")
print("|---|---|")
print(f"| processor | {model}, {cpus} cores, {total_memory:.0f} GiB of memory |")
print(f"| compiler | {compiler}, preset release (-O2) |")
print("| command | `./dev bench` |")
if note:
    print(f"| state | {note} |")
print()
print("## The queue of events")
print()
print("The hold model: N events pend, with cancellable handles, and each that fires schedules one more. The reference is a plain")
print("`std::priority_queue` of 32-byte events in the same process, the two taking turns. The ratio is the goal, since it holds on a noisy machine.")
print()
print("| pending | events/s | `std::priority_queue` | ratio | goal | | bytes a pending event | goal | |")
print("|---|---|---|---|---|---|---|---|---|")
goals = {1_000: 1.5, 100_000: 2.0, 1_000_000: 4.0}
for name, f in read("hold").items():
    n = int(name.split("/")[1])
    print(f"| {n:,} | {f['events_per_s']/1e6:.1f} M | {f['priority_queue_per_s']/1e6:.1f} M | {f['ratio']:.2f} | {goals[n]:.1f} | "
          f"{met(f['ratio'] >= goals[n])} | {f['bytes_per_event']:.0f} | 100 | {met(f['bytes_per_event'] <= 100)} |")
print()
print("## The tour")
print()
print("`scenarios/tour/leader-crash.lua`, 60 virtual seconds, all checkers on, no trace. Memory is the peak of the whole process (resident).")
print()
print("| records/s | virtual s per s | goal | | messages/s | events/s | peak memory | goal | |")
print("|---|---|---|---|---|---|---|---|---|")
for rate in (200, 2000, 20000):
    for f in read(f"tour{rate}").values():
        goal = rate == 200
        print(f"| {rate:,} | {f['virtual_s_per_s']:.0f} | {'200' if goal else ''} | {met(f['virtual_s_per_s'] >= 200) if goal else ''} | "
              f"{f['messages_per_s']/1e3:.0f} k | {f['events_per_s']/1e3:.0f} k | {f['peak_rss_mb']:.0f} MB | {'100 MB' if goal else ''} | "
              f"{met(f['peak_rss_mb'] < 100) if goal else ''} |")
print()
print("A message is a frame delivered on a connection: replica fetches, heartbeats and metadata count as much as produce requests.")
print()
for f in read("hooks").values():
    cost = (f["slowdown"] - 1) * 100
    print(f"With 100 registered `on` handlers of other events the tour at 200 records/s takes {cost:+.1f} % of time (goal: below 5 %, {met(cost < 5)}).")
print()
sys.stdout.flush()
subprocess.run([sys.executable, "tests/bench/sweeps.py", titorelli, fast], check=True)
print(flush=True)
subprocess.run([sys.executable, "tests/bench/scale.py", titorelli], check=True)
print()
print("## The network")
print()
print("Frames of 100 bytes through the network alone: latency with jitter, in order on each of 1,000 connections, a frame in flight on each.")
print("The kernel is as many bare events in the same process, the two taking turns. With the goal of a rate goes that of the ratio: one of them has to be met.")
print()
print("| what | frames/s | goal | bare kernel | ratio | goal | |")
print("|---|---|---|---|---|---|---|")
network = read("network")
network_names = {
    "network/plain": "100 hosts",
    "network/partition": "100 hosts, a partition that comes and goes every 20,000 frames",
    "network/rules": "100 hosts, a tenth of the pairs slow, narrow and lossy",
    "network/filter": "100 hosts, a filter that holds nothing",
    "network/mesh": "1,000 hosts, full mesh",
}
for key, text in network_names.items():
    f = next(v for k, v in network.items() if k.startswith(key))
    goal = key in ("network/plain", "network/partition", "network/mesh")
    print(f"| {text} | {f['frames_per_s']/1e6:.2f} M | {'5 M' if goal else ''} | {f['kernel_per_s']/1e6:.1f} M | {f['ratio']:.2f} | "
          f"{'0.20' if goal else ''} | {met(f['frames_per_s'] >= 5e6 or f['ratio'] >= 0.2) if goal else ''} |")
print()
print("## Parts")
print()
print("For reference; no goal stands behind them.")
print()
print("| what | figure |")
print("|---|---|")
parts = read("parts")
names = {
    "codec_produce": "ProduceRequest with a ready batch of 100 records, encoded and decoded",
    "codec_fetch": "FetchRequest of three partitions, encoded and decoded",
    "codec_heartbeat": "BrokerHeartbeatRequest, encoded and decoded",
    "build_batch/1": "record batch of 1 record of 100 bytes, with its CRC",
    "build_batch/100": "record batch of 100 records of 100 bytes, with its CRC",
}
for name, text in names.items():
    print(f"| {text} | {parts[name]['cpu_time']:.0f} ns |")
for size in (1000, 16000):
    print(f"| CRC-32C of {size:,} bytes | {parts[f'checksum/{size}']['bytes_per_second']/1e9:.1f} GB/s |")
print()
print("## How to read them")
print()
print("- Rates move with the machine, by a factor of two where it is shared; ratios do not. Compare rates only within one table.")
print("- `./dev bench FILTER` runs what matches and writes nothing. The sources are in tests/bench.")
print("- A queue below its goal, or a tour below 200, is a defect: find the commit with `git bisect` and one filter.")
PYTHON
mv "$work/benchmarks.md" docs/benchmarks.md
echo "wrote docs/benchmarks.md" >&2
