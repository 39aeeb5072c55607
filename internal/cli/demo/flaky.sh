#!/bin/sh
echo "going well so far"
sleep 6
echo "something is wrong" >&2
exit 3
