#!/usr/bin/env bash
# The long checks, called by `./dev soak`. Each part can be run alone: ./dev soak NAME...
#
# SOAK_RUNS (10000) runs of the soak scenario; SOAK_SEEDS (100) seeds of each scenario in `digests`.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly parts=(recorded digests builds verify soak fresh canary invariants sanitizers fuzz)

usage() {
  cat <<'END'
usage: ./dev soak [PART...]   all parts, or those named; hours on two cores

  recorded     all scenarios as release, debug and clang build them: verdicts, and digests on record
  digests      all scenarios over 100 seeds, twice: as they are, and with a trace, one job instead of
               several, no environment, no address randomisation, another locale and time zone
  builds       all scenarios over 5 seeds as release (g++), debug and clang build them
  verify       each scenario twice in one process, event by event
  soak         10,000 runs of scenarios/soak/soak.lua, invariants of every node after every event in
               one of twenty; what they reached, and that every zero is explained
  fresh        the same over seeds that no day before has had
  canary       one planted bug of the day, which the soak has to find
  invariants   all scenarios with invariants after every event
  sanitizers   unit tests under address and undefined behaviour sanitizers
  fuzz         mutated topologies, scenarios and bundles under sanitizers, fifteen minutes

The environment may say SOAK_RUNS and SOAK_SEEDS, for shorter ones.
END
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0
fail() {
  echo "FAIL $*"
  failures=$((failures + 1))
}

runs=${SOAK_RUNS:-10000}
seeds=${SOAK_SEEDS:-100}
today=$(($(date +%s) / 86400))
mapfile -t scenarios < <(find scenarios -name '*.lua' -not -path '*/lib/*' | sort)

# Digests of a scenario, seed by seed, into a file. The verdict is not the question here, but that there is one is.
digests() { # FILE PROGRAM SCENARIO SEEDS [OPTION...]
  local file=$1 program=$2 scenario=$3 range=$4 code=0
  shift 4
  rm -rf "$file.sweep"
  "$program" sweep "$scenario" --seeds "$range" --digests "$file" -o "$file.sweep" "$@" >"$file.out" 2>&1 || code=$?
  rm -rf "$file.sweep"
  case $code in
    0|1|4) ;;
    *) fail "$scenario: sweep of seeds $range exit $code"; head -n 5 "$file.out" ;;
  esac
}

# Two files of digests are the same; else the first seed in which they are not.
same_digests() { # FILE FILE WHAT
  cmp -s "$1" "$2" && return 0
  fail "$3: first difference (seed,variant,digest)"
  diff "$1" "$2" | sed -n 2,4p
  return 1
}

# --- the parts

part_recorded() {
  local preset
  for preset in release debug clang; do
    ./dev build "$preset" titorelli
    "build/$preset/titorelli" test scenarios >"$work/out" || { fail "$preset"; grep -A 4 '^FAIL' "$work/out"; }
  done
}

# What must not matter, all of it at once; when it does, one by one.
other_process() { env -i PATH="$PATH" LC_ALL=C.UTF-8 TZ=Asia/Kathmandu FILLER="$(head -c 5000 /dev/zero | tr '\0' x)" setarch -R "$@"; }
only_environment() { env -i PATH="$PATH" FILLER="$(head -c 5000 /dev/zero | tr '\0' x)" "$@"; }
only_locale() { env LC_ALL=C.UTF-8 "$@"; }
only_time_zone() { env TZ=Asia/Kathmandu "$@"; }
only_addresses() { setarch -R "$@"; }

readonly titorelli=build/release/titorelli
environment_program() { only_environment "$titorelli" "$@"; }
locale_program() { only_locale "$titorelli" "$@"; }
time_zone_program() { only_time_zone "$titorelli" "$@"; }
addresses_program() { only_addresses "$titorelli" "$@"; }
other_program() { other_process "$titorelli" "$@"; }

name_the_cause() { # SCENARIO FILE
  local seed factor
  seed=$(diff "$2" "$2.other" | sed -n 's/^[<>] \([0-9]*\),.*/\1/p' | head -n 1)
  [ -n "$seed" ] || return 0
  for factor in environment locale time_zone addresses; do
    digests "$work/one" "${factor}_program" "$1" "$seed..$seed"
    grep -qxFf "$work/one" <(grep "^$seed," "$2") || echo "   with seed $seed it is: $factor"
  done
  digests "$work/one" "$titorelli" "$1" "$seed..$seed" --trace all
  grep -qxFf "$work/one" <(grep "^$seed," "$2") || echo "   with seed $seed it is: the trace"
}

part_digests() {
  ./dev build release titorelli
  local scenario number=0 file
  for scenario in "${scenarios[@]}"; do
    number=$((number + 1))
    file=$work/digests-$number
    digests "$file" "$titorelli" "$scenario" "1..$seeds"
    # One job each: two scenarios side by side keep two processors busy.
    [ "$((number % 2))" = 1 ] || wait
    digests "$file.other" other_program "$scenario" "1..$seeds" --trace all --jobs 1 &
  done
  wait
  number=0
  for scenario in "${scenarios[@]}"; do
    number=$((number + 1))
    file=$work/digests-$number
    [ -s "$file" ] && [ -s "$file.other" ] || { fail "$scenario gave no digests"; continue; }
    same_digests "$file" "$file.other" "$scenario" || name_the_cause "$scenario" "$file"
  done
  echo "   ${#scenarios[@]} scenarios, $seeds seeds each, twice"
}

part_builds() {
  local preset scenario number
  for preset in release debug clang; do ./dev build "$preset" titorelli; done
  for preset in release debug clang; do
    number=0
    for scenario in "${scenarios[@]}"; do
      number=$((number + 1))
      digests "$work/$preset-$number" "build/$preset/titorelli" "$scenario" 1..5
      [ "$preset" = release ] || same_digests "$work/release-$number" "$work/$preset-$number" "$scenario, $preset" || true
    done
  done
}

part_verify() {
  ./dev build release titorelli
  local scenario code
  for scenario in "${scenarios[@]}"; do
    code=0
    "$titorelli" run "$scenario" --verify --trace off -q -o "$work/run" >"$work/out" 2>&1 || code=$?
    case $code in
      0|1|4) ;;
      *) fail "$scenario --verify: exit $code"; head -n 5 "$work/out" ;;
    esac
  done
}

part_soak() {
  ./dev build release titorelli
  "$titorelli" sweep scenarios/soak/soak.lua --seeds "1..$runs" --check-every-event 1/20 --reached "$work/reached.csv" -o "$work/soak" ||
    fail "scenarios/soak/soak.lua"
  tests/soak/check_reached.sh "$work/reached.csv" || fail "what the soak reached"
}

part_fresh() {
  ./dev build release titorelli
  local first=$((today * 100000))
  "$titorelli" sweep scenarios/soak/soak.lua --seeds "$first..$((first + runs / 2 - 1))" --check-every-event 1/20 -o "$work/fresh" ||
    fail "scenarios/soak/soak.lua, seeds of today"
}

part_canary() {
  tests/soak/canary.sh "$today" || fail "canary"
}

part_invariants() {
  ./dev build release titorelli
  local scenario code
  for scenario in "${scenarios[@]}"; do
    code=0
    rm -rf "$work/sweep"
    "$titorelli" sweep "$scenario" --seeds 1..3 --check-every-event 1/1 -o "$work/sweep" >"$work/out" 2>&1 || code=$?
    case $code in
      0|1) ;;
      *) fail "$scenario --check-every-event: exit $code"; head -n 5 "$work/out" ;;
    esac
  done
}

part_sanitizers() {
  ./dev build asan
  ctest --test-dir build/asan --output-on-failure -j "$(nproc)" || fail "sanitized tests"
}

part_fuzz() {
  ./dev build asan
  build/asan/tests/graphml_fuzz --seconds 300 --seed "$(date +%s)" || fail "graphml_fuzz"
  build/asan/tests/bundle_fuzz --seconds 300 --seed "$(date +%s)" || fail "bundle_fuzz"
  build/asan/tests/scenario_fuzz --seconds 300 --seed "$(date +%s)" || fail "scenario_fuzz: see scenario_fuzz.lua in the temporary folder"
}

# --- which

case "${1:-}" in
  --help|-h) usage; exit 0 ;;
esac
chosen=("$@")
[ $# -gt 0 ] || chosen=("${parts[@]}")
for part in "${chosen[@]}"; do
  if [[ " ${parts[*]} " != *" $part "* ]]; then
    echo "soak: there is no part '$part'; there are: ${parts[*]}" >&2
    exit 2
  fi
done
for part in "${chosen[@]}"; do
  echo "== $part"
  started=$(date +%s)
  "part_$part"
  echo "   $part: $(($(date +%s) - started)) s"
done
if [ "$failures" -gt 0 ]; then
  echo "$failures failed"
  exit 1
fi
echo "all passed"
