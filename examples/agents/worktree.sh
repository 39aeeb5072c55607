#!/bin/sh
# ./worktree.sh BRANCH      a worktree beside this one, on that branch, running
# ./worktree.sh -d BRANCH   ends what runs there, and removes the worktree
set -eu

usage() {
	sed -n 's/^# //p' "$0" | head -n 2 >&2
	exit 2
}

remove=
if [ "${1:-}" = -d ]; then
	remove=yes
	shift
fi
[ $# = 1 ] || usage
branch=$1

# Beside the main worktree, from wherever this is run: notes, notes-red, ...
main=$(git worktree list --porcelain | sed -n '1s/^worktree //p')
there=$main-$(printf %s "$branch" | tr / -)

if [ "$remove" ]; then
	# 3: nothing runs there.
	prox -C "$there" kill || [ $? = 3 ]
	exec git worktree remove "$there" # refuses when something is not committed
fi
if git show-ref --quiet --verify "refs/heads/$branch"; then
	git worktree add "$there" "$branch"
else
	git worktree add -b "$branch" "$there"
fi
exec prox -C "$there" start
