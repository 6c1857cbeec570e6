#!/usr/bin/env bash
# The long checks, called by `./dev soak`: digests of every scenario compared between presets, with and without a trace; the
# tour over 200 seeds; all unit tests under sanitizers. Half an hour on two cores.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0
fail() {
  echo "FAIL $*"
  failures=$((failures + 1))
}

# Prints the digest of a run; the verdict is not the question here.
digest() { # PRESET SCENARIO SEED TRACE
  "build/$1/titorelli" run "$2" --seed "$3" --trace "$4" --json -o "$work/run" 2>/dev/null |
    sed -n 's/^  "digest": "\(.*\)",$/\1/p'
}

mapfile -t scenarios < <(find scenarios -name '*.lua' -not -path '*/lib/*' | sort)

echo "== digests on record: release, debug and clang"
for preset in release debug clang; do
  ./dev build "$preset"
  "build/$preset/titorelli" test scenarios >"$work/out" || { fail "$preset"; grep -A 4 '^FAIL' "$work/out"; }
done

echo "== digests: trace off and all; 5 seeds"
for scenario in "${scenarios[@]}"; do
  for seed in 1 2 3 4 5; do
    expected=$(digest release "$scenario" "$seed" off)
    [ -n "$expected" ] || fail "$scenario seed $seed gave no digest"
    got=$(digest release "$scenario" "$seed" all)
    [ "$got" = "$expected" ] || fail "$scenario seed $seed: $expected, with a trace $got"
  done
  echo "   $scenario"
done

echo "== other environment, address layout, locale and time zone"
for scenario in "${scenarios[@]}"; do
  expected=$(digest release "$scenario" 1 off)
  got=$(env -i PATH="$PATH" LC_ALL=C.UTF-8 TZ=Asia/Kathmandu FILLER="$(head -c 5000 /dev/zero | tr '\0' x)" setarch -R \
    build/release/titorelli run "$scenario" --seed 1 --trace off --json -o "$work/run" 2>/dev/null |
    sed -n 's/^  "digest": "\(.*\)",$/\1/p')
  [ "$got" = "$expected" ] || fail "$scenario: digest depends on the environment"
done

echo "== the tour over 200 seeds"
sweep() { # SCENARIO EXIT
  local seed code
  for seed in $(seq 1 200); do
    code=0
    build/release/titorelli run "$1" --seed "$seed" --trace off -q -o "$work/run" >"$work/out" 2>&1 || code=$?
    [ "$code" = "$2" ] || { fail "$1 seed $seed: exit $code, expected $2"; head -n 3 "$work/out"; }
  done
}
sweep scenarios/tour/leader-crash.lua 0
sweep scenarios/tour/acks-one.lua 1

echo "== invariants of every node after every event"
for scenario in "${scenarios[@]}"; do
  for seed in 1 2 3; do
    code=0
    build/release/titorelli run "$scenario" --seed "$seed" --check-every-event --trace off -q -o "$work/run" >"$work/out" 2>&1 || code=$?
    [ "$code" -lt 2 ] || { fail "$scenario seed $seed --check-every-event: exit $code"; head -n 5 "$work/out"; }
  done
done

echo "== unit tests under sanitizers"
./dev build asan
ctest --test-dir build/asan --output-on-failure -j "$(nproc)" || fail "sanitized tests"

echo "== mutated topologies under sanitizers, five minutes"
build/asan/tests/graphml_fuzz --seconds 300 --seed "$(date +%s)" || fail "graphml_fuzz"

echo "== damaged and hostile bundles under sanitizers, five minutes"
build/asan/tests/bundle_fuzz --seconds 300 --seed "$(date +%s)" || fail "bundle_fuzz"

echo "== mutated scenarios under sanitizers, five minutes"
build/asan/tests/scenario_fuzz --seconds 300 --seed "$(date +%s)" || fail "scenario_fuzz: see scenario_fuzz.lua in the temporary folder"

if [ "$failures" -gt 0 ]; then
  echo "$failures failed"
  exit 1
fi
echo "all passed"
