#!/bin/sh
# Visits the page every $PAUSE seconds and prints what it says.
trap 'echo "bye from the shell"; exit 0' TERM INT

get() {
	if command -v curl >/dev/null; then
		curl -sS --max-time 5 "$1"
	else
		wget -q -T 5 -O - "$1"
	fi
}

while :; do
	get "$WEB_URL" | sed -n 's/.*<p>\(.*\)<\/p>.*/\1/p'
	sleep "$PAUSE" &
	wait $!
done
