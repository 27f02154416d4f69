#!/usr/bin/env bash
# The same as tests/e2e/kill_methods.sh with three times as many kills of each run.
KILLS=60 exec bash "$(dirname "$0")/../e2e/kill_methods.sh"
