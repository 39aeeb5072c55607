#!/bin/sh
printf '\033[1m%s\033[0m, type a line and press Enter\n' "$GREETING"
n=0
(
	while :; do
		n=$((n + 1))
		printf '\033[32mjob %d\033[0m done\n' "$n"
		sleep 2
	done
) &
while read -r line; do
	printf 'you typed \033[36m%s\033[0m\n' "$line"
done
wait
