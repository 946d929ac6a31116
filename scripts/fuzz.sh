#!/usr/bin/env bash
# Fuzzes every reader in turn for so long ("make fuzz": 60s). What breaks one is written to
# testdata/fuzz of its package, to be mended and committed.
set -euo pipefail
cd "$(dirname "$0")/.."
failed=0
while IFS=: read -r file target; do
	package=./$(dirname "$file")
	printf '\n== %s %s\n' "$package" "$target"
	go test -run '^$' -fuzz "^$target\$" -fuzztime "${1:-60s}" -fuzzminimizetime 100x "$package" || failed=1
done < <(git grep -o 'func Fuzz[A-Za-z]*' -- '*_test.go' | sed 's/func //' | sort)
exit $failed
