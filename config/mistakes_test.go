package config

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// mistakes are wrong configs and all that Load says about them, line by line.
// DIR stands for the config's folder, which has a folder api and a file app.js,
// and Q for a backquote.
var mistakes = []struct {
	name, file, text, want string
}{
	{"unknown key", "prox.toml", `
[services.api]
command = "npm start"
dependson = ["db"]
[services.db]
command = "postgres"
`, `
prox.toml:4: services.api.dependson: unknown key; did you mean depends_on?
`},
	{"unknown key in yaml", "prox.yml", `
services:
  api:
    command: npm start
    dependsOn: [db]
  db: { command: postgres }
`, `
prox.yml:5: services.api.dependsOn: unknown key; did you mean depends_on?
`},
	{"unknown keys that others know", "prox.toml", `
version = 3
port = 80
[service.a]
command = "x"
[api]
command = "x"
[services.web]
cmd = "npm start"
working_dir = "api"
max_restarts = 3
color = "red"
sidecar = { command = "x" }
[services.web.stop]
sginal = "SIGTERM"
`, `
prox.toml:2: version: unknown key; known are name, env, services, tmux, logs
prox.toml:3: port: unknown key; it is a service's key: write it below [services.NAME]
prox.toml:4: service: unknown key; did you mean services?
prox.toml:6: api: unknown key; did you mean services.api?
prox.toml:9: services.web.cmd: unknown key; did you mean command?
prox.toml:10: services.web.working_dir: unknown key; did you mean dir?
prox.toml:11: services.web.max_restarts: unknown key; did you mean restart.max_restarts?
prox.toml:12: services.web.color: unknown key; known are command, dir, env, env_file, depends_on, restart_with, task, schedule, every, overlap, instances, watch, watch_ignore, watch_action, after_crash_loop, port, ready_after, restart, stop, healthcheck, on_unhealthy, limits, on_limit, logs, hooks, autostart, groups, pty, interactive
prox.toml:13: services.web.sidecar: unknown key; known are command, dir, env, env_file, depends_on, restart_with, task, schedule, every, overlap, instances, watch, watch_ignore, watch_action, after_crash_loop, port, ready_after, restart, stop, healthcheck, on_unhealthy, limits, on_limit, logs, hooks, autostart, groups, pty, interactive
prox.toml:15: services.web.stop.sginal: unknown key; did you mean signal?
`},
	{"hooks", "prox.toml", `
[services.a]
command = "a"
hooks = "notify"
[services.b]
command = "b"
task = true
[services.b.hooks]
on_exit = 5
on_ready = "notify"
on_failure = "notify"
on_restart = ""
timeout = "0s"
[services.c]
command = "c"
on_faild = "notify"
[services.c.hooks]
sound = "bell"
on_failed = ["notify", ""]
`, `
prox.toml:4: services.a.hooks: expected a table, found the text "notify"; write { on_ready = "notify" }
prox.toml:9: services.b.hooks.on_exit: expected a text or a list of texts, found the number 5
prox.toml:10: services.b.hooks.on_ready: a task is never ready; use on_exit
prox.toml:11: services.b.hooks.on_failure: unknown key; did you mean on_failed?
prox.toml:12: services.b.hooks.on_restart: the command is empty
prox.toml:13: services.b.hooks.timeout: expected more than 0, found the text "0s"
prox.toml:16: services.c.on_faild: unknown key; did you mean hooks.on_failed?
prox.toml:18: services.c.hooks.sound: unknown key; known are on_ready, on_exit, on_restart, on_failed, timeout
`},
	{"limits", "prox.toml", `
[services.a]
command = "a"
limits = { memory = "0MB", cpu = "0%" }
[services.b]
command = "b"
limits = { memory = 512, cpu = 1.5, for = 10 }
on_limit = "reprot"
[services.c]
command = "c"
limits = { memory = "512m", cpu = "200", period = "1s" }
[services.d]
command = "d"
limits = "512MB"
memory = "1GB"
[services.e]
command = "e"
limits = { memory = "-1 GB", cpu = true }
[services.f]
command = "f"
limits = { memory = "lots", cpu = "2 cores" }
[services.g]
command = "g"
limits = { memory = "5 apples", cpu = "-1%" }
`, `
prox.toml:4: services.a.limits.memory: expected more than 0, found the text "0MB"; delete it for no limit
prox.toml:4: services.a.limits.cpu: expected more than 0, found the text "0%"; delete it for no limit
prox.toml:7: services.b.limits.memory: expected a size such as "512MB", found the number 512; write "512MB"
prox.toml:7: services.b.limits.cpu: expected a share such as "150%", found the number 1.5; write "150%" for 1.5 cores
prox.toml:7: services.b.limits.for: expected a duration such as "5s", found the number 10; write "10s"
prox.toml:8: services.b.on_limit: expected one of report, restart, found the text "reprot"; did you mean "report"?
prox.toml:11: services.c.limits.memory: expected a size such as "512MB", found "512m"; write "512MB"
prox.toml:11: services.c.limits.cpu: expected a share such as "150%", found "200", which has no %; write "200%"
prox.toml:11: services.c.limits.period: unknown key; did you mean for?
prox.toml:14: services.d.limits: expected a table, found the text "512MB"; write { memory = "512MB" }
prox.toml:15: services.d.memory: unknown key; did you mean limits.memory?
prox.toml:18: services.e.limits.memory: expected a size such as "512MB", found "-1 GB", which is negative
prox.toml:18: services.e.limits.cpu: expected a share such as "150%", found true
prox.toml:21: services.f.limits.memory: expected a size such as "512MB", found "lots"
prox.toml:21: services.f.limits.cpu: expected a share such as "150%", found "2 cores"; write "200%" for 2 cores
prox.toml:24: services.g.limits.memory: expected a size such as "512MB", found "5 apples"; known are B, kB, KiB, MB, MiB, GB, GiB, TB, TiB
prox.toml:24: services.g.limits.cpu: expected a share such as "150%", found "-1%", which is negative
`},
	{"logs", "prox.toml", `
logs = { max_total = "1kB", max_siez = "1MB", max_age = "1s" }
[services.a]
command = "a"
logs = { max_size = "1MB", max_total = "1.5MB", compress = "yes" }
[services.b]
command = "b"
logs = { max_size = "10kB", max_age = "2w" }
[services.c]
command = "c"
logs = "1GB"
[services.d]
command = "d"
logs = { max_size = "2GiB", max_total = 5 }
`, `
prox.toml:2: logs.max_siez: unknown key; did you mean max_size?
prox.toml:2: logs.max_total: expected at least 128 KiB, found the text "1kB"
prox.toml:2: logs.max_age: expected at least 1m, found the text "1s"
prox.toml:5: services.a.logs.compress: expected true or false, found the text "yes"; write true without quotes
prox.toml:5: services.a.logs.max_total: expected at least twice max_size, which is 1 MB, found the text "1.5MB"; write "2MB"
prox.toml:8: services.b.logs.max_age: expected a duration such as "5s", found "2w"; write "14d"
prox.toml:8: services.b.logs.max_size: expected at least 64 KiB, found the text "10kB"
prox.toml:11: services.c.logs: expected a table, found the text "1GB"; write { max_size = "1GB" }
prox.toml:14: services.d.logs.max_total: expected a size such as "512MB", found the number 5; write "5MB"
`},
	{"logs of a service", "prox.toml", `
[services.e]
command = "e"
logs = { max_size = "2GiB", max_age = "59s", compres = true }
[services.f]
command = "f"
logs = { max_size = "0B", max_age = 7 }
max_total = "1GB"
[services.g]
command = "g"
[services.g.logs]
max_size = "600 MiB"
max_total = "1 GiB"
[services.h]
command = "h"
logs = { max_size = "big", max_total = "1MiB", max_age = "-7d" }
`, `
prox.toml:4: services.e.logs.compres: unknown key; did you mean compress?
prox.toml:4: services.e.logs.max_age: expected at least 1m, found the text "59s"
prox.toml:4: services.e.logs.max_size: expected at most half of max_total, which is 1 GiB, found the text "2GiB"
prox.toml:7: services.f.logs.max_size: expected more than 0, found the text "0B"; delete it for the default
prox.toml:7: services.f.logs.max_age: expected a duration such as "5s", found the number 7; write "7s"
prox.toml:8: services.f.max_total: unknown key; did you mean logs.max_total?
prox.toml:13: services.g.logs.max_total: expected at least twice max_size, which is 600 MiB, in line 12, found the text "1 GiB"; write "1200MiB"
prox.toml:16: services.h.logs.max_size: expected a size such as "512MB", found "big"
prox.toml:16: services.h.logs.max_age: expected a duration such as "5s", found "-7d", which is negative
`},
	{"logs in yaml", "prox.yml", `
logs:
  max_total: 1GiB
  max_size: 600MiB
services:
  a:
    command: a
    logs: { max_age: 30 days, compress: yes please }
`, `
prox.yml:3: logs.max_total: expected at least twice max_size, which is 600 MiB, in line 4, found the text "1GiB"; write "1200MiB"
prox.yml:8: services.a.logs.max_age: expected a duration such as "5s", found "30 days"; write "30d"
prox.yml:8: services.a.logs.compress: expected true or false, found the text "yes please"
`},
	{"wrong types", "prox.toml", `
name = 1
env = ["A=1"]
[tmux]
server = true
[services.a]
command = 5
dir = false
env = { LIST = [1], OK = 1.50 }
depends_on = "b"
port = "3000"
restart = "always"
stop = { timeout = [], signal = 15 }
pty = "no"
interactive = 1
[services.b]
command = ["b", 2]
port = 1.5
restart = { mode = 1, max_restarts = "many", delay = true, backoff_factor = "2", max_delay = 2024-01-01 }
`, `
prox.toml:2: name: expected text, found the number 1; write "1"
prox.toml:3: env: expected a table of variables, found a list; write { NAME = "value" }
prox.toml:5: tmux.server: expected text, found true; write "true"
prox.toml:7: services.a.command: expected a text or a list of texts, found the number 5
prox.toml:8: services.a.dir: expected text, found false; write "false"
prox.toml:9: services.a.env.LIST: expected text, found a list
prox.toml:10: services.a.depends_on: expected a list of services, or a table of services and conditions, found the text "b"; write ["b"]
prox.toml:11: services.a.port: expected a whole number from 1 to 65535, or "auto", found the text "3000"; write 3000 without quotes
prox.toml:12: services.a.restart: expected a table, found the text "always"; write { mode = "always" }
prox.toml:13: services.a.stop.timeout: expected a duration such as "5s", found a list
prox.toml:13: services.a.stop.signal: expected a signal by name, found the number 15; did you mean SIGTERM?
prox.toml:14: services.a.pty: expected true or false, found the text "no"; write false without quotes
prox.toml:15: services.a.interactive: expected true or false, found the number 1
prox.toml:17: services.b.command: expected text, found the number 2; write "2"
prox.toml:18: services.b.port: expected a whole number from 1 to 65535, or "auto", found the number 1.5
prox.toml:19: services.b.restart.mode: expected text, found the number 1; write "1"
prox.toml:19: services.b.restart.max_restarts: expected a whole number from -1 to 1000000, found the text "many"
prox.toml:19: services.b.restart.delay: expected a duration such as "5s", found true
prox.toml:19: services.b.restart.backoff_factor: expected a number from 1 to 1000, found the text "2"; write 2 without quotes
prox.toml:19: services.b.restart.max_delay: expected a duration such as "5s", found the date or time 2024-01-01
`},
	{"wrong types in yaml", "prox.yaml", `
name: 1
env: [A=1]
tmux:
services:
  a:
    command: 5
    env: { EMPTY: , OK: 1.50 }
    depends_on: b
    port: "3000"
    restart: always
    pty: no
  b:
  c: npm start
`, `
prox.yaml:2: name: expected text, found the number 1; write "1"
prox.yaml:3: env: expected a table of variables, found a list; write { NAME: "value" }
prox.yaml:4: tmux: expected a table, found nothing
prox.yaml:7: services.a.command: expected a text or a list of texts, found the number 5
prox.yaml:8: services.a.env.EMPTY: expected text, found nothing
prox.yaml:9: services.a.depends_on: expected a list of services, or a table of services and conditions, found the text "b"; write ["b"]
prox.yaml:10: services.a.port: expected a whole number from 1 to 65535, or "auto", found the text "3000"; write 3000 without quotes
prox.yaml:11: services.a.restart: expected a table, found the text "always"; write { mode: "always" }
prox.yaml:12: services.a.pty: expected true or false, found the text "no"; write false without quotes
prox.yaml:13: services.b: expected a table, found nothing
prox.yaml:14: services.c: expected a table, found the text "npm start"; write { command: "npm start" }
`},
	{"places in yaml", "prox.yml", `
services:
  a:
    # what it is
    port: 1
    stop: { signal: SIGRTMIN }
  b:
    command:
      - b
      - [c]
    depends_on:
      - c
    env:

      - X
`, `
prox.yml:3: services.a: there is no command
prox.yml:6: services.a.stop.signal: expected a signal by name, found the text "SIGRTMIN"; known are SIGHUP, SIGINT, SIGQUIT, SIGABRT, SIGKILL, SIGUSR1, SIGUSR2, SIGALRM, SIGTERM, SIGWINCH, SIGCONT
prox.yml:10: services.b.command: expected text, found a list
prox.yml:12: services.b.depends_on: there is no service "c"
prox.yml:13: services.b.env: expected a table of variables, found a list; write { NAME: "value" }
`},
	{"durations", "prox.toml", `
[services.a]
command = "a"
restart = { delay = 5, max_delay = "1 s" }
stop.timeout = "0s"
[services.b]
command = "b"
restart = { delay = "5", max_delay = "-3s" }
stop.timeout = "2 min"
[services.c]
command = "c"
restart = { delay = "1m", max_delay = "10s" }
stop.timeout = "1 day"
[services.d]
command = "d"
stop.timeout = "soon"
restart.delay = 0.5
`, `
prox.toml:4: services.a.restart.delay: expected a duration such as "5s", found the number 5; write "5s"
prox.toml:4: services.a.restart.max_delay: expected a duration such as "5s", found "1 s"; write "1s"
prox.toml:5: services.a.stop.timeout: expected more than 0; use the signal SIGKILL to kill at once
prox.toml:8: services.b.restart.delay: expected a duration such as "5s", found "5", which has no unit; write "5s"
prox.toml:8: services.b.restart.max_delay: expected a duration such as "5s", found "-3s", which is negative
prox.toml:9: services.b.stop.timeout: expected a duration such as "5s", found "2 min"; write "2m"
prox.toml:12: services.c.restart.max_delay: max_delay (10s) is less than delay (1m0s)
prox.toml:13: services.c.stop.timeout: expected a duration such as "5s", found "1 day"; write "1d"
prox.toml:16: services.d.stop.timeout: expected a duration such as "5s", found "soon"
prox.toml:17: services.d.restart.delay: expected a duration such as "5s", found the number 0.5; write "0.5s"
`},
	{"signals, modes and numbers out of range", "prox.toml", `
[tmux]
server = "privat"
[services.a]
command = "a"
port = 70000
stop.signal = "SIGTREM"
restart = { mode = "onfailure", max_restarts = -2, backoff_factor = 0.5 }
[services.b]
command = "b"
port = 0
stop.signal = "9"
restart = { mode = "sometimes", backoff_factor = nan }
`, `
prox.toml:3: tmux.server: expected one of user, private, found the text "privat"; did you mean "private"?
prox.toml:6: services.a.port: expected a number from 1 to 65535, found the number 70000
prox.toml:7: services.a.stop.signal: expected a signal by name, found the text "SIGTREM"; did you mean SIGTERM?
prox.toml:8: services.a.restart.mode: expected one of always, on-failure, never, found the text "onfailure"; did you mean "on-failure"?
prox.toml:8: services.a.restart.max_restarts: expected a number from -1 to 1000000, found the number -2
prox.toml:8: services.a.restart.backoff_factor: expected a number from 1 to 1000, found the number 0.5
prox.toml:11: services.b.port: expected a number from 1 to 65535, found the number 0
prox.toml:12: services.b.stop.signal: expected a signal by name, found the text "9"; did you mean SIGKILL?
prox.toml:13: services.b.restart.mode: expected one of always, on-failure, never, found the text "sometimes"
prox.toml:13: services.b.restart.backoff_factor: expected a number from 1 to 1000, found the number nan
`},
	{"commands", "prox.toml", `
[services.a]
[services.b]
command = ""
[services.c]
command = []
[services.d]
command = "echo 'open"
[services.e]
command = "a && (b"
[services.f]
command = """
if true; then
  a |
"""
[services.g]
command = "diff <(a) <(b)"
[services.h]
command = ["", "x"]
[services.i]
command = "a\u0000b"
`, `
prox.toml:2: services.a: there is no command
prox.toml:4: services.b.command: the command is empty
prox.toml:6: services.c.command: the command is empty
prox.toml:8: services.d.command: the command cannot be read by /bin/sh: at character 6: reached EOF without closing quote Q'Q
prox.toml:10: services.e.command: the command cannot be read by /bin/sh: at character 6: reached EOF without matching Q(Q with Q)Q
prox.toml:12: services.f.command: the command cannot be read by /bin/sh: at its line 2, character 5: Q|Q must be followed by a statement
prox.toml:17: services.g.command: the command cannot be read by /bin/sh: at character 6: Q<Q must be followed by a word; it is bash: write ["bash", "-c", "..."]
prox.toml:19: services.h.command: the first word of the command is empty
prox.toml:21: services.i.command: the command has a NUL character in it
`},
	{"folders", "prox.toml", `
[services.a]
command = "a"
dir = "apu"
[services.b]
command = "b"
dir = "app.js"
[services.c]
command = "c"
dir = "~/src"
[services.d]
command = "d"
dir = "/nowhere/at/all"
`, `
prox.toml:4: services.a.dir: there is no folder DIR/apu; did you mean api?
prox.toml:7: services.b.dir: DIR/app.js is not a folder
prox.toml:10: services.c.dir: there is no folder DIR/~/src; ~ is not expanded: write a path relative to the config, or the whole path
prox.toml:13: services.d.dir: there is no folder /nowhere/at/all
`},
	{"dependencies", "prox.toml", `
[services.api]
command = "a"
depends_on = [
  "databse",
  "cache",
]
[services.database]
command = "b"
`, `
prox.toml:5: services.api.depends_on: there is no service "databse"; did you mean database?
prox.toml:6: services.api.depends_on: there is no service "cache"
`},
	{"conditions", "prox.toml", `
[services.api]
command = "a"
depends_on = { databse = "ready", database = "redy", web = 5, "a b" = "started" }
[services.web]
command = "a"
[services.web.depends_on]
database = { condition = "service_completed_successfully" }
cache = "service_healthy"
api = {}
[services.job]
command = "a"
depends_on = [{ web = "ready" }, 5, "web"]
[services.loop]
command = "a"
depends_on = { database = "sometimes" }
[services.database]
command = "b"
depends_on = { loop = "started" }
`, `
prox.toml:4: services.api.depends_on.database: expected one of ready, started, completed, found the text "redy"; write { database = "ready" }
prox.toml:4: services.api.depends_on.web: expected one of ready, started, completed, found the number 5; write { web = "ready" }
prox.toml:4: services.api.depends_on: there is no service "databse"; did you mean database?
prox.toml:4: services.api.depends_on: there is no service "a b"
prox.toml:4: services.api.depends_on: the services wait for each other: api → web → api
prox.toml:8: services.web.depends_on.database: expected one of ready, started, completed, found a table; write { database = "completed" }
prox.toml:9: services.web.depends_on.cache: expected one of ready, started, completed, found the text "service_healthy"; write { cache = "ready" }
prox.toml:9: services.web.depends_on: there is no service "cache"
prox.toml:10: services.web.depends_on.api: expected one of ready, started, completed, found a table; write { api = "ready" }
prox.toml:13: services.job.depends_on: expected the name of a service, found a table; write { NAME = "ready" } without the list, to say how far it must have come
prox.toml:13: services.job.depends_on: expected text, found the number 5; write "5"
prox.toml:16: services.loop.depends_on.database: expected one of ready, started, completed, found the text "sometimes"
prox.toml:16: services.loop.depends_on: the services wait for each other: loop → database → loop
`},
	{"conditions in yaml", "prox.yml", `
services:
  api:
    command: a
    depends_on:
      db:
        condition: service_healthy
      cache:
        condition: service_started
      mail:
      log: process_completed
  cache: { command: a }
  mail: { command: a }
  log: { command: a }
`, `
prox.yml:6: services.api.depends_on.db: expected one of ready, started, completed, found a table; write { db: "ready" }
prox.yml:6: services.api.depends_on: there is no service "db"
prox.yml:8: services.api.depends_on.cache: expected one of ready, started, completed, found a table; write { cache: "started" }
prox.yml:10: services.api.depends_on.mail: expected one of ready, started, completed, found nothing; write { mail: "ready" }
prox.yml:11: services.api.depends_on.log: expected one of ready, started, completed, found the text "process_completed"; write { log: "completed" }
`},
	{"tasks", "prox.toml", `
[services.migrate]
command = "a"
task = "yes"
[services.seed]
command = "a"
task = true
restart.mode = "always"
[services.build]
command = "a"
task = true
restart = { mode = "on-failure" }
depends_on = ["seed"]
[services.api]
command = "a"
depends_on = { build = "completed", seed = "ready", cache = "completed" }
[services.cache]
command = "a"
oneshot = true
`, `
prox.toml:4: services.migrate.task: expected true or false, found the text "yes"; write true without quotes
prox.toml:8: services.seed.restart.mode: expected never or on-failure for a task, found the text "always"; a task runs to its end once: delete one of the two
prox.toml:16: services.api.depends_on.cache: expected a task, found the service "cache", which is not meant to end; give cache task = true, or write { cache = "ready" }
prox.toml:19: services.cache.oneshot: unknown key; did you mean task?
`},
	{"tasks in yaml", "prox.yml", `
services:
  seed:
    command: a
    task: true
    restart: { mode: always }
  api:
    command: a
    depends_on:
      cache: completed
  cache: { command: a }
`, `
prox.yml:6: services.seed.restart.mode: expected never or on-failure for a task, found the text "always"; a task runs to its end once: delete one of the two
prox.yml:10: services.api.depends_on.cache: expected a task, found the service "cache", which is not meant to end; give cache task: true, or write { cache: "ready" }
`},
	{"groups", "prox.toml", `
[services.a]
command = "a"
groups = "backend"
autostart = "off"
[services.b]
command = "b"
groups = [
  "backend",
  "@all",
  "a b", 3,
  "",
]
auto_start = false
[services.c]
command = "c"
profiles = ["x"]
autorestart = true
`, `
prox.toml:4: services.a.groups: expected a list of texts, found the text "backend"; write ["backend"]
prox.toml:5: services.a.autostart: expected true or false, found the text "off"; write false without quotes
prox.toml:10: services.b.groups: expected a group without the @, found "@all"; write "all"
prox.toml:11: services.b.groups: expected text, found the number 3; write "3"
prox.toml:11: services.b.groups: the name "a b" has ' ' in it, where only letters, digits, _ and - may be; call it "a-b"
prox.toml:12: services.b.groups: the name "" is empty; call it "service"
prox.toml:14: services.b.auto_start: unknown key; did you mean autostart?
prox.toml:17: services.c.profiles: unknown key; did you mean groups?
prox.toml:18: services.c.autorestart: unknown key; did you mean restart?
`},
	{"groups in yaml", "prox.yml", `
services:
  a:
    command: a
    groups: backend
    autostart: off
  b:
    command: b
    groups:
      - backend
      - "@all"
      - a b
`, `
prox.yml:5: services.a.groups: expected a list of texts, found the text "backend"; write ["backend"]
prox.yml:6: services.a.autostart: expected true or false, found the text "off"; write false without quotes
prox.yml:11: services.b.groups: expected a group without the @, found "@all"; write "all"
prox.yml:12: services.b.groups: the name "a b" has ' ' in it, where only letters, digits, _ and - may be; call it "a-b"
`},
	{"kinds of healthchecks", "prox.toml", `
[services.a]
command = "a"
healthcheck = "/health"
[services.b]
command = "b"
healthcheck = 5432
[services.c]
command = "c"
healthcheck = "pg_isready -q"
[services.d]
command = "d"
healthcheck = {}
[services.e]
command = "e"
[services.e.healthcheck]
interval = "1s"
notify = false
body = "ok"
[services.f]
command = "f"
[services.f.healthcheck]
command = "x"
tcp = 80
notify = true
[services.g]
command = "g"
healthcheck = { tcp = "db:5432", status = "200", headers = { A = "b" }, body = "x" }
[services.h]
command = "h"
healthcheck = { test = ["a"], period = "1s" }
[services.i]
command = "i"
healthcheck = ["curl", "-f"]
[services.j]
command = "j"
healthcheck = "localhost:80"
http_get = "/"
[services.k]
command = "k"
healthcheck = { notify = "true", retries = 0 }
`, `
prox.toml:4: services.a.healthcheck: expected a table, found the text "/health"; write { http_get = "/health" }
prox.toml:7: services.b.healthcheck: expected a table, found the number 5432; write { tcp = 5432 }
prox.toml:10: services.c.healthcheck: expected a table, found the text "pg_isready -q"; write { command = "pg_isready -q" }
prox.toml:13: services.d.healthcheck: expected one of http_get, tcp, command, log, notify, found none of them
prox.toml:16: services.e.healthcheck: expected one of http_get, tcp, command, log, notify, found none of them
prox.toml:24: services.f.healthcheck: expected one of http_get, tcp, command, log, notify, found command, tcp and notify; delete all but one
prox.toml:28: services.g.healthcheck.status: goes with http_get only, found tcp; delete it
prox.toml:28: services.g.healthcheck.body: goes with http_get only, found tcp; delete it
prox.toml:28: services.g.healthcheck.headers: goes with http_get only, found tcp; delete it
prox.toml:31: services.h.healthcheck.test: unknown key; did you mean command?
prox.toml:31: services.h.healthcheck.period: unknown key; did you mean interval?
prox.toml:34: services.i.healthcheck: expected a table, found a list; write { command = [...] }
prox.toml:37: services.j.healthcheck: expected a table, found the text "localhost:80"; write { tcp = "localhost:80" }
prox.toml:38: services.j.http_get: unknown key; did you mean healthcheck.http_get?
prox.toml:41: services.k.healthcheck.notify: expected true or false, found the text "true"; write true without quotes
prox.toml:41: services.k.healthcheck.retries: expected a number from 1 to 1000, found the number 0
`},
	{"healthchecks by http", "prox.toml", `
[services.a]
command = "a"
healthcheck = { http_get = "/health" }
[services.b]
command = "b"
healthcheck = { http_get = 3000, status = 200 }
[services.c]
command = "c"
healthcheck = { http_get = "localhost:3000/health", status = "2x" }
[services.d]
command = "d"
healthcheck = { http_get = "health", status = "200 - 299" }
[services.e]
command = "e"
healthcheck = { http_get = "ftp://localhost", status = "399-200" }
[services.f]
command = "f"
healthcheck = { http_get = "http://", status = "600", headers = { "X Y" = "1", X = "a\nb", N = 1 } }
[services.g]
command = "g"
healthcheck = { http_get = "http://localhost:70000/", headers = ["a"] }
[services.h]
command = "h"
healthcheck = { http_get = "", body = "" }
[services.i]
command = "i"
port = 80
healthcheck = { http_get = "//i/health", body = "(ok" }
[services.j]
command = "j"
healthcheck = { http_get = "http://[::1/" }
`, `
prox.toml:4: services.a.healthcheck.http_get: the path "/health" needs the service's port; give the service a port, or write the whole URL: "http://localhost:PORT/health"
prox.toml:7: services.b.healthcheck.http_get: expected text, found the number 3000; write "http://localhost:3000/"
prox.toml:7: services.b.healthcheck.status: expected text, found the number 200; write "200"
prox.toml:10: services.c.healthcheck.http_get: expected a URL or a path such as "/health", found the text "localhost:3000/health"; write "http://localhost:3000/health"
prox.toml:10: services.c.healthcheck.status: expected a status such as "200", "2xx" or "200-399", found the text "2x"
prox.toml:13: services.d.healthcheck.http_get: expected a URL or a path such as "/health", found the text "health"; write "/health"
prox.toml:13: services.d.healthcheck.status: expected a status such as "200", "2xx" or "200-399", found the text "200 - 299"; write "200-299"
prox.toml:16: services.e.healthcheck.http_get: expected a URL or a path such as "/health", found the text "ftp://localhost"; known are http and https
prox.toml:16: services.e.healthcheck.status: expected a status such as "200", "2xx" or "200-399", found the text "399-200"; write "200-399"
prox.toml:19: services.f.healthcheck.headers."X Y": no header can be called "X Y"
prox.toml:19: services.f.healthcheck.headers.X: a header's value is one line
prox.toml:19: services.f.healthcheck.http_get: expected a URL or a path such as "/health", found the text "http://"; a URL is "http://HOST:PORT/PATH"
prox.toml:19: services.f.healthcheck.status: expected a status such as "200", "2xx" or "200-399", found the text "600"
prox.toml:22: services.g.healthcheck.headers: expected a table of headers, found a list; write { Name = "value" }
prox.toml:22: services.g.healthcheck.http_get: expected a URL or a path such as "/health", found the text "http://localhost:70000/"; a URL is "http://HOST:PORT/PATH"
prox.toml:25: services.h.healthcheck.http_get: expected a URL or a path such as "/health", found the text ""
prox.toml:25: services.h.healthcheck.body: expected a regular expression, found the text ""; one that is empty matches everything
prox.toml:29: services.i.healthcheck.http_get: expected a URL or a path such as "/health", found the text "//i/health"
prox.toml:29: services.i.healthcheck.body: the regular expression cannot be read: missing closing ): (ok; \( and \) mean the characters themselves
prox.toml:32: services.j.healthcheck.http_get: expected a URL or a path such as "/health", found the text "http://[::1/"; missing ']' in host
`},
	{"other healthchecks", "prox.toml", `
[services.a]
command = "a"
healthcheck = { tcp = 70000, interval = "50ms", timeout = "0s", start_interval = "1ms" }
[services.b]
command = "b"
healthcheck = { tcp = "localhost", interval = 5, retries = 1001 }
[services.c]
command = "c"
healthcheck = { tcp = "tcp://db:5432" }
[services.d]
command = "d"
healthcheck = { tcp = true }
[services.e]
command = "e"
healthcheck = { command = "a 'b" }
[services.f]
command = "f"
healthcheck = { log = "ready [z-a]" }
[services.g]
command = "g"
healthcheck = { log = "*ready" }
[services.h]
command = "h"
healthcheck = { log = '(?!not )ready' }
[services.i]
command = "i"
healthcheck = { log = 5 }
[services.j]
command = "j"
healthcheck = { log = "[ready" }
`, `
prox.toml:4: services.a.healthcheck.tcp: expected a port from 1 to 65535 or "HOST:PORT", found the number 70000
prox.toml:4: services.a.healthcheck.interval: expected at least 100ms, found the text "50ms"
prox.toml:4: services.a.healthcheck.start_interval: expected at least 10ms, found the text "1ms"
prox.toml:4: services.a.healthcheck.timeout: expected more than 0, found the text "0s"
prox.toml:7: services.b.healthcheck.interval: expected a duration such as "5s", found the number 5; write "5s"
prox.toml:7: services.b.healthcheck.retries: expected a number from 1 to 1000, found the number 1001
prox.toml:7: services.b.healthcheck.tcp: expected a port from 1 to 65535 or "HOST:PORT", found the text "localhost"; write "localhost:PORT"
prox.toml:10: services.c.healthcheck.tcp: expected a port from 1 to 65535 or "HOST:PORT", found the text "tcp://db:5432"; write "db:5432"
prox.toml:13: services.d.healthcheck.tcp: expected text, found true; write "true"
prox.toml:16: services.e.healthcheck.command: the command cannot be read by /bin/sh: at character 3: reached EOF without closing quote Q'Q
prox.toml:19: services.f.healthcheck.log: the regular expression cannot be read: at character 8: invalid character class range: z-a
prox.toml:22: services.g.healthcheck.log: the regular expression cannot be read: at character 1: missing argument to repetition operator: *; \ before a character makes it mean itself
prox.toml:25: services.h.healthcheck.log: the regular expression cannot be read: at character 1: invalid or unsupported Perl syntax: (?!; it cannot look ahead or behind: see https://golang.org/s/re2syntax
prox.toml:28: services.i.healthcheck.log: expected text, found the number 5; write "5"
prox.toml:31: services.j.healthcheck.log: the regular expression cannot be read: missing closing ]: [ready; \[ means the character itself
`},
	{"expression in double quotes", "prox.toml", "[services.a]\ncommand = 'a'\nhealthcheck = { log = \"port \\d+\" }\n", `
prox.toml:3: not valid TOML: invalid escape in string '\d'; in 'single quotes' a \ means itself
`},
	{"healthchecks in yaml", "prox.yml", `
services:
  a:
    command: a
    healthcheck: /health
  b:
    command: b
    healthcheck:
      interval: 50ms
  c:
    command: c
    healthcheck:
      notify: true
      log: "["
      status: 200
  d:
    command: d
    healthcheck:
      tcp: db
      body: ok
  e:
    command: e
    healthcheck: 5432
  f:
    command: f
    healthcheck:
      http_get: /
      headers:
        - a
  g:
    command: g
    healthcheck:
`, `
prox.yml:5: services.a.healthcheck: expected a table, found the text "/health"; write { http_get: "/health" }
prox.yml:8: services.b.healthcheck: expected one of http_get, tcp, command, log, notify, found none of them
prox.yml:9: services.b.healthcheck.interval: expected at least 100ms, found the text "50ms"
prox.yml:14: services.c.healthcheck: expected one of http_get, tcp, command, log, notify, found notify and log; delete all but one
prox.yml:14: services.c.healthcheck.log: the regular expression cannot be read: missing closing ]: [; \[ means the character itself
prox.yml:15: services.c.healthcheck.status: expected text, found the number 200; write "200"
prox.yml:19: services.d.healthcheck.tcp: expected a port from 1 to 65535 or "HOST:PORT", found the text "db"; write "db:PORT"
prox.yml:20: services.d.healthcheck.body: goes with http_get only, found tcp; delete it
prox.yml:23: services.e.healthcheck: expected a table, found the number 5432; write { tcp: 5432 }
prox.yml:27: services.f.healthcheck.http_get: the path "/" needs the service's port; give the service a port, or write the whole URL: "http://localhost:PORT/"
prox.yml:28: services.f.healthcheck.headers: expected a table of headers, found a list; write { Name: "value" }
prox.yml:32: services.g.healthcheck: expected a table, found nothing
`},
	{"ready after", "prox.toml", `
[services.a]
command = "a"
ready_after = 5
[services.b]
command = "b"
ready_after = "5s"
healthcheck = { notify = true }
port = 80
[services.c]
command = "c"
port = 81
ready_after = "5s"
[services.d]
command = "d"
task = true
ready_after = "5s"
[services.e]
command = "e"
ready_after = "-1s"
startsecs = 1
`, `
prox.toml:4: services.a.ready_after: expected a duration such as "5s", found the number 5; write "5s"
prox.toml:7: services.b.ready_after: cannot be given together with healthcheck; the service is ready when that says so: delete one of the two
prox.toml:13: services.c.ready_after: cannot be given together with port; the service is ready when something listens there: delete one of the two
prox.toml:17: services.d.ready_after: cannot be given together with task; the service is ready when it has ended with 0: delete one of the two
prox.toml:20: services.e.ready_after: expected a duration such as "5s", found "-1s", which is negative
prox.toml:21: services.e.startsecs: unknown key; did you mean ready_after?
`},
	{"ready after in yaml", "prox.yml", `
services:
  a:
    command: a
    ready_after: 5
  b:
    command: b
    ready_after: 5s
    healthcheck: { notify: true }
`, `
prox.yml:5: services.a.ready_after: expected a duration such as "5s", found the number 5; write "5s"
prox.yml:8: services.b.ready_after: cannot be given together with healthcheck; the service is ready when that says so: delete one of the two
`},
	{"on unhealthy", "prox.toml", `
[services.a]
command = "a"
on_unhealthy = "restrat"
[services.b]
command = "b"
on_unhealthy = false
[services.c]
command = "c"
on_unhealthy = "ignore"
unhealthy = "report"
`, `
prox.toml:4: services.a.on_unhealthy: expected one of restart, report, found the text "restrat"; did you mean "restart"?
prox.toml:7: services.b.on_unhealthy: expected text, found false; write "false"
prox.toml:10: services.c.on_unhealthy: expected one of restart, report, found the text "ignore"
prox.toml:11: services.c.unhealthy: unknown key; did you mean on_unhealthy?
`},
	{"on unhealthy in yaml", "prox.yml", `
services:
  a:
    command: a
    on_unhealthy: restrat
`, `
prox.yml:5: services.a.on_unhealthy: expected one of restart, report, found the text "restrat"; did you mean "restart"?
`},
	{"cycles", "prox.toml", `
[services.api]
command = "a"
depends_on = ["db"]
[services.db]
command = "b"
depends_on = ["api"]
[services.me]
command = "c"
depends_on = ["me"]
[services.x]
command = "x"
depends_on = ["y", "db"]
[services.y]
command = "y"
depends_on = ["z"]
[services.z]
command = "z"
depends_on = ["api", "x"]
`, `
prox.toml:4: services.api.depends_on: the services wait for each other: api → db → api
prox.toml:10: services.me.depends_on: the services wait for each other: me → me
prox.toml:13: services.x.depends_on: the services wait for each other: x → y → z → x
`},
	{"ports given twice", "prox.toml", `
[services.a]
command = "a"
port = 3000
[services.b]
command = "b"
port = 3000
`, `
prox.toml:7: services.b.port: port 3000 is also the port of a, in line 4; give each service its own
`},
	{"names", "prox.toml", `
name = "my shop"
[services."web.1"]
command = "a"
[services."a:b c"]
command = "a"
[services."🚀"]
command = "a"
[services._x]
command = "a"
[services."Größe-2_日本"]
command = "fine"
[services.API]
command = "a"
[services.api]
command = "a"
`, `
prox.toml:2: name: the name "my shop" has ' ' in it, where only letters, digits, _ and - may be; call it "my-shop"
prox.toml:3: services."web.1": the name "web.1" has '.' in it, where only letters, digits, _ and - may be; call it "web-1"
prox.toml:5: services."a:b c": the name "a:b c" has ':' in it, where only letters, digits, _ and - may be; call it "a-b-c"
prox.toml:7: services.🚀: the name "🚀" begins with '🚀', where a letter or digit is expected; call it "service"
prox.toml:9: services._x: the name "_x" begins with '_', where a letter or digit is expected; call it "x"
prox.toml:15: services.api: differs from API, in line 13, only in upper and lower case; call it something else
`},
	{"empty toml", "prox.toml", "# nothing\n", `
prox.toml: there are no services in it; write one: [services.web], and below it: command = "npm start"
`},
	{"empty yaml", "prox.yml", "", `
prox.yml: there are no services in it; write one: services: { web: { command: npm start } }
`},
	{"yaml of comments", "prox.yml", "# nothing\n", `
prox.yml: there are no services in it; write one: services: { web: { command: npm start } }
`},
	{"empty procfile", "Procfile", "\n# nothing\n", `
Procfile: there are no services in it; write one: web: npm start
`},
	{"no services, and more", "prox.toml", "colour = 1\n[services]\n", `
prox.toml: there are no services in it; write one: [services.web], and below it: command = "npm start"
prox.toml:1: colour: unknown key; known are name, env, services, tmux, logs
`},
	{"services are not a table", "prox.toml", "[[services]]\nname = 'a'\n", `
prox.toml:1: services: expected a table of services, found a list; write [services.NAME]
`},
	{"variables that cannot be", "prox.toml", `
[env]
"A=B" = "1"
"" = "1"
N = "a\u0000"
[services.a]
command = "a"
`, `
prox.toml:3: env.A=B: no variable can be called "A=B"
prox.toml:4: env."": no variable can be called ""
prox.toml:5: env.N: the text has a NUL character in it
`},
	{"toml syntax", "prox.toml", "[services.a]\ncommand = npm start\n", `
prox.toml:2: not valid TOML: expected value but found "npm" instead; a text is written in quotes
`},
	{"toml key twice", "prox.toml", "[services.a]\ncommand = 'a'\ncommand = 'b'\n", `
prox.toml:3: not valid TOML: Key 'services.a.command' has already been defined.
`},
	{"toml too deep", "prox.toml", "# [[[\na = '''[[['''\nb = \"\\\"[\"\nc = " + strings.Repeat("{d = ", 100), `
prox.toml:4: tables or lists are nested deeper than 64
`},
	{"toml key too deep", "prox.toml", "\n[" + strings.Repeat("a.", 100) + "a]\n", `
prox.toml:2: tables or lists are nested deeper than 64
`},
	{"yaml syntax", "prox.yml", "services:\n  a:\n\tcommand: x\n", `
prox.yml:3: not valid YAML: found character that cannot start any token; YAML is indented with spaces, not tabs
`},
	{"yaml key twice", "prox.yml", "services:\n  a:\n    command: x\n    command: y\n", `
prox.yml:4: services.a.command: given twice, first in line 3
`},
	{"yaml is a list", "prox.yml", "- a\n- b\n", `
prox.yml:1: expected a table, found a list
`},
	{"yaml alias of itself", "prox.yml", "services:\n  a: &a\n    command: x\n    env: *a\n", `
prox.yml:4: services.a.env: the alias *a contains itself
prox.yml:4: services.a.env: expected a table of variables, found nothing
`},
	{"yaml documents", "prox.yml", "services: {a: {command: x}}\n---\nservices: {}\n", `
prox.yml:2: a second document begins here, where only one is expected; delete the line ---
`},
	{"procfile", "Procfile.dev", "web: npm start\nweb.1: a\nnot a line\nweb: again\nexport A=b: c\nempty:\nWEB: x\nbad: 'open\n", `
Procfile.dev:2: web.1: the name "web.1" has '.' in it, where only letters, digits, _ and - may be; call it "web-1"
Procfile.dev:3: expected "name: command", found "not a line"
Procfile.dev:4: web: given twice, first in line 1
Procfile.dev:5: expected "name: command", found "export A=b: c"
Procfile.dev:6: empty: the command is empty
Procfile.dev:7: WEB: differs from web, in line 1, only in upper and lower case; call it something else
Procfile.dev:8: bad: the command cannot be read by /bin/sh: at character 1: reached EOF without closing quote Q'Q
`},
	{"procfile not utf-8", "Procfile", "web: a\xff\n", `
Procfile:1: the line is not UTF-8
`},
	{"unknown format", "dev.conf", "x", `
dev.conf: the format cannot be told from the name; call it *.toml, *.yml or Procfile
`},
}

func TestMistakes(t *testing.T) {
	t.Parallel()
	for _, m := range mistakes {
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			write(t, filepath.Join(dir, m.file), m.text)
			write(t, filepath.Join(dir, "app.js"), "")
			if err := os.Mkdir(filepath.Join(dir, "api"), 0o755); err != nil {
				t.Fatal(err)
			}
			_, err := Load(filepath.Join(dir, m.file), Options{})
			var bad *InvalidError
			if !errors.As(err, &bad) {
				t.Fatalf("Load says %v, want an *InvalidError", err)
			}
			var got strings.Builder
			for _, p := range bad.Problems {
				got.WriteString("\n" + strings.NewReplacer(dir, "DIR", "`", "Q").Replace(p.String()))
				if p.File != filepath.Join(dir, m.file) {
					t.Errorf("the file of %q is %s", p, p.File)
				}
			}
			if got := got.String() + "\n"; got != m.want {
				t.Errorf("got %s\nwant %s", got, m.want)
			}
		})
	}
}

func TestCannotRead(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	_, err := Load(filepath.Join(dir, "prox.toml"), Options{})
	var bad *InvalidError
	if !errors.As(err, &bad) || !errors.Is(err, os.ErrNotExist) {
		t.Fatalf("Load says %v, want an *InvalidError that is os.ErrNotExist", err)
	}
	if got, want := err.Error(), "invalid config: prox.toml: cannot be read: no such file or directory"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if err := os.Mkdir(filepath.Join(dir, "x.toml"), 0o755); err != nil {
		t.Fatal(err)
	}
	_, err = Load(filepath.Join(dir, "x.toml"), Options{})
	if got, want := err.Error(), "invalid config: x.toml: cannot be read: it is a folder"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	write(t, filepath.Join(dir, "large.toml"), strings.Repeat("#", mostBytes+1))
	_, err = Load(filepath.Join(dir, "large.toml"), Options{})
	if got, want := err.Error(), "invalid config: large.toml: cannot be read: it is larger than 1 MiB"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestInvalidErrorListsAll(t *testing.T) {
	t.Parallel()
	err := &InvalidError{Problems: []Problem{
		{File: "/x/prox.toml", Line: 7, Key: "services.api.dependson", Message: "unknown key", Hint: "did you mean depends_on?"},
		{File: "/x/prox.toml", Message: "m"},
	}}
	want := "invalid config, 2 mistakes:\n  prox.toml:7: services.api.dependson: unknown key; did you mean depends_on?\n  prox.toml: m"
	if err.Error() != want {
		t.Errorf("got %q, want %q", err.Error(), want)
	}
}

func TestAliasesThatMultiply(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString("a0: &a0 [x, x]\n")
	for i := range 9 {
		a := string(rune('0' + i))
		n := string(rune('1' + i))
		b.WriteString("a" + n + ": &a" + n + " [" + strings.Repeat("*a"+a+", ", 10) + "]\n")
	}
	ps := &problems{file: "/x/prox.yml"}
	_, err := load("/x/prox.yml", []byte(b.String()), Options{}, ps)
	if err == nil {
		t.Fatal("a document of 10^9 values is loaded")
	}
	if got, want := err.Error(), "invalid config: prox.yml: the document has more than 100000 values; use fewer aliases"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestPlaces: an editor can jump to the very character.
func TestPlaces(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		file, text string
		at         []string // what begins where a problem is
	}{
		{
			"/x/prox.toml", "[services]\n\"ä\" = 1\n[services.\"ü\"]\ncommand = \"ü\"\nenv = { \"äöü\" = [], B = {} }\nprot = 1\n",
			[]string{"1", `"äöü"`, "B", "prot"},
		}, {
			"/x/prox.yml", "services:\n  ä: 1\n  ü:\n    command: ü\n    env: { äöü: [], B: {} }\n    prot: 1\n",
			[]string{"1", "äöü", "B", "prot"},
		},
	} {
		_, err := load(c.file, []byte(c.text), Options{}, &problems{file: c.file})
		var bad *InvalidError
		if !errors.As(err, &bad) || len(bad.Problems) != len(c.at) {
			t.Fatalf("%s: %v", c.file, err)
		}
		lines := strings.Split(c.text, "\n")
		for i, want := range c.at {
			p := bad.Problems[i]
			if line := []rune(lines[p.Line-1]); p.Col < 1 || p.Col > len(line) || !strings.HasPrefix(string(line[p.Col-1:]), want) {
				t.Errorf("%s: character %d is not where %s is", p, p.Col, want)
			}
		}
	}
}
