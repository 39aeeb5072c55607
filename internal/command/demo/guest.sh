# Orders three dishes and leaves; the next guest comes a second later.
while [ ! -p orders ]; do sleep 0.1; done
for dish in soup risotto sorbet; do
	echo "I would like $dish"
	echo "$dish" >orders
	sleep 2
done
echo "the bill, please"
