#!/usr/bin/env bash
# One planted bug, another each day: the soak has to find it in so many seeds, or it would not find a bug of ours
# either. Bugs that the soak is known not to see stand in tests/soak/blind.txt, with the reason.
#
# usage: canary.sh DAY [SEEDS]   DAY: a number that chooses the bug, or the bug's name
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
readonly titorelli=build/release/titorelli seeds=${2:-600}

mapfile -t bugs < <("$titorelli" list logic | awk '/planted bug/ { print $1 }' |
  grep -vxFf <(sed -n 's/^\([a-z_]*\) -- .*/\1/p' tests/soak/blind.txt))
[ "${#bugs[@]}" -gt 0 ] || { echo "FAIL no bug to plant"; exit 1; }
case $1 in
  *[!0-9]*) bug=$1 ;;
  *) bug=${bugs[$(($1 % ${#bugs[@]}))]} ;;
esac

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
code=0
"$titorelli" sweep scenarios/soak/soak.lua --seeds "1..$seeds" --plant "$bug" --stop-after-failures 1 -o "$work/sweep" \
  >"$work/out" 2>/dev/null || code=$?
case $code in
  1|4|70) ;;
  0) echo "FAIL planted $bug, and $seeds seeds have not found it"; exit 1 ;;
  *) echo "FAIL planted $bug: exit $code"; exit 1 ;;
esac
sed -n "s/^FAIL *1 seeds  \(.*\)/   planted $bug: \1/p; s/^     lowest  .*--seed \([0-9]*\).*/   found with seed \1/p" "$work/out"
