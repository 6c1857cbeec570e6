#!/usr/bin/env bash
# Holds what a soak reached (a CSV of `titorelli sweep --reached`) against the list of what it never reaches and
# why, tests/soak/unreached.txt: a zero without a line there fails, and so does a line for something that happens,
# or that is no kind at all.
set -euo pipefail
csv=$1
list=${2:-$(dirname "${BASH_SOURCE[0]}")/unreached.txt}
awk -F, -v list="$list" '
  BEGIN {
    while ((getline line < list) > 0) {
      if (line ~ /^(#|$)/) continue
      at = index(line, " -- ")
      if (at == 0) { print "FAIL " list ": no reason in \"" line "\""; bad = 1; continue }
      explained[substr(line, 1, at - 1)] = 1
    }
  }
  FNR == 1 { next }
  {
    name = $2 == "" ? $1 : $1 " " $2
    known[name] = 1
    if ($3 == 0) {
      zeros++
      if (!(name in explained)) { print "FAIL never reached, and nobody says why: " name; bad = 1 }
    } else if (name in explained) {
      print "FAIL said to be out of reach, and reached " $3 " times, first with seed " $5 ": " name
      bad = 1
    }
  }
  END {
    for (name in explained) if (!(name in known)) { print "FAIL explained, and no kind of anything: " name; bad = 1 }
    if (!bad) print "   " FNR - 1 " kinds, " zeros + 0 " of them never, each explained"
    exit bad
  }' "$csv"
