#!/usr/bin/env bash
# Every view stays inside its part of the screen at each of 200 x 60 sizes, not at every third.
export SIZES=all
status=0
for file in $(grep -l stays_inside tests/unit/test_*.c); do
    "${BUILD:-build}/tests/$(basename "$file" .c)" || status=1
done
exit $status
