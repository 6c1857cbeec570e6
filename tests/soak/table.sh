#!/usr/bin/env bash
# The two tables of docs/checks.md, "What a soak reaches", from a CSV of `titorelli sweep --reached`: what happened,
# and what never did with the reason that tests/soak/unreached.txt gives.
set -euo pipefail
csv=$1
list=$(dirname "${BASH_SOURCE[0]}")/unreached.txt
echo '| kind | what | times | seeds | first seed |'
echo '|---|---|---|---|---|'
awk -F, 'FNR > 1 && $3 > 0 { printf "| %s | %s | %d | %d | %d |\n", $1, $2, $3, $4, $5 }' "$csv"
echo
echo '| never | why |'
echo '|---|---|'
awk '!/^(#|$)/ { at = index($0, " -- "); printf "| %s | %s |\n", substr($0, 1, at - 1), substr($0, at + 4) }' "$list"
