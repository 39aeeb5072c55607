# Carries what the kitchen has cooked.
trap 'echo "the waiter goes home"; exit 0' TERM INT
while [ ! -p dishes ]; do sleep 0.1; done
exec 4<>dishes
echo "good evening"
while read -r dish <&4; do
	printf '\033[32mserving\033[0m %s\n' "$dish"
done
