# Works for one to three seconds, then breaks.
echo "run $PROX_RUN: working"
sleep $(($$ % 3 + 1))
echo "run $PROX_RUN: reading what is not there" >&2
kill -SEGV $$
