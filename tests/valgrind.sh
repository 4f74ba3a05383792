#!/usr/bin/env bash
# One unit test under valgrind; leaks and errors fail it, 77 is a skip.
test=$1
began=$SECONDS
valgrind --quiet --error-exitcode=99 --leak-check=full \
    --show-leak-kinds=definite,indirect --errors-for-leak-kinds=definite,indirect \
    "./$test" > "$test.valgrind.log" 2>&1
rc=$?
case $rc in
0)	echo "PASS: valgrind $test $((SECONDS - began)) s" ;;
77)	echo "SKIP: valgrind $test"; rc=0 ;;
*)	echo "FAIL: valgrind $test (exit $rc)"; tail -n 40 "$test.valgrind.log" ;;
esac
exit "$((rc != 0))"
