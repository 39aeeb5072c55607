#!/bin/sh
while :; do
	date '+%H:%M:%S'
	sleep 1
done
