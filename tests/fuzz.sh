#!/usr/bin/env bash
# Build every fuzz target with libFuzzer and run each from its corpus.
# fuzz.sh SOURCE BUILD SECONDS TARGET...
set -euo pipefail

src=$1 build=$2 seconds=$3
shift 3
command -v clang > /dev/null || { echo "fuzz: clang is not installed (apt-get install clang libclang-rt-14-dev)" >&2; exit 1; }
mkdir -p "$build"
cd "$build"
[ -e Makefile ] || CC=clang "$src/configure" -q --enable-fuzz CFLAGS="-g -O1"
make -s -j"$(nproc)" "$@"
bad=0
for target in "$@"; do
	name=$(basename "$target")
	mkdir -p "found/$name" "crash/$name"
	echo "== $name, $seconds s"
	if ! "./$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 \
	    -artifact_prefix="crash/$name/" -print_final_stats=1 \
	    "found/$name" "$src/tests/corpus/$name" > "$name.fuzz.log" 2>&1; then
		bad=$((bad + 1))
		tail -n 30 "$name.fuzz.log"
	else
		grep -E 'number_of_executed_units|peak_rss' "$name.fuzz.log"
	fi
done
[ "$bad" = 0 ] || { echo "fuzz: $bad targets failed, inputs below $build/crash" >&2; exit 1; }
