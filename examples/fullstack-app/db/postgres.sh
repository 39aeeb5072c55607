#!/bin/sh
# Runs PostgreSQL in front, on $PORT of this machine only, and prepares its data
# on the first start. The data lies in ../data or where DATA says.
set -eu
cd "$(dirname "$0")/.."
folder=$PWD
data=${DATA:-$folder/data}

# Debian keeps the server out of the PATH, Homebrew keeps whole versions out.
for bin in /usr/lib/postgresql/*/bin /opt/homebrew/opt/postgresql*/bin /usr/local/opt/postgresql*/bin; do
	[ ! -x "$bin/postgres" ] || PATH=$PATH:$bin
done
command -v initdb >/dev/null || {
	echo "PostgreSQL is not installed: apt-get install postgresql, or brew install postgresql" >&2
	exit 127
}

# PostgreSQL refuses to run as root. The user that its package makes runs it
# then, and owns the data; where that user cannot go, the data lies elsewhere.
as=
if [ "$(id -u)" = 0 ]; then
	user=postgres
	id "$user" >/dev/null 2>&1 || user=nobody
	as="setpriv --reuid=$user --regid=$(id -g "$user") --init-groups"
	mkdir -p "$data"
	chown "$user" "$data"
	cd /
	if ! $as test -w "$data"; then
		rmdir "$data"
		data=/var/tmp/fullstack-app-$(printf %s "$folder" | cksum | tr ' ' -)
		mkdir -m 700 "$data" 2>/dev/null && chown "$user" "$data"
		$as test -O "$data" || { echo "$data is not $user's; remove it, or set DATA" >&2; exit 1; }
	fi
fi
echo "data lies in $data"

if [ ! -e "$data/PG_VERSION" ]; then
	# Nothing is lost yet if the machine goes down now: no need to wait for the disk.
	$as initdb --pgdata="$data" --username=app --auth=trust --encoding=UTF8 --locale=C --no-sync >/dev/null
fi
# No Unix socket: its usual folder is shared with all other PostgreSQLs here.
# shellcheck disable=SC2086 # $as is several words, or none
exec $as postgres -D "$data" -h 127.0.0.1 -p "$PORT" -c unix_socket_directories=
