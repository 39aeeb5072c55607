package main

// What the services sleep for tells their processes apart.
const (
	leader   = "sleep 31536001" // a service
	detached = "sleep 31536002" // a daemon of its: in a session of its own, and with no parent
	child    = "sleep 31536003" // what it has started, and does not wait for
)

// scripts are the services: files, so that no config has to quote anything.
var scripts = map[string]string{
	"up.sh":    ": >began.$1\nexec " + leader + "\n",
	"lines.sh": "seq -f row-%.0f 1 20000\nexit 3\n",
	"tree.sh": "env --default-signal=INT,QUIT setsid --fork " + detached + "\n" +
		"env --default-signal=INT,QUIT " + child + " &\n: >began.$1\nexec " + leader + "\n",
	"tty.sh":  "test -t 1 && t=yes || t=no\necho $t >tty\n: >began.$1\nexec " + leader + "\n",
	"read.sh": ": >began.$1\nread line\necho \"$line\" >typed.$1\nexec " + leader + "\n",
	"env.sh":  "echo \"value=$COMPARE_VALUE\" >>values\nexec " + leader + "\n",
	"exit.sh": "exit 7\n",
}
