# Cooks what is ordered, one dish after the other.
trap 'echo "the kitchen closes"; exit 0' TERM INT
[ -p orders ] || mkfifo orders
[ -p dishes ] || mkfifo dishes
exec 3<>orders 4<>dishes
echo "the stove is on"
while read -r dish <&3; do
	printf '\033[33mcooking\033[0m %s\n' "$dish"
	sleep 1
	echo "$dish" >&4
done
