# A thousand lines at a time, without end.
n=0
while :; do
	awk -v from="$n" 'BEGIN { for (k = 1; k <= 1000; k++) print "wave", from + k, "................................................................" }'
	n=$((n + 1000))
	sleep 0.1
done
