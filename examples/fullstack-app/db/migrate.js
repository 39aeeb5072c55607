// Brings the database up to the newest of migrations/*.sql, each once, in the
// order of their names, and each wholly or not at all.
import { readdir, readFile } from 'node:fs/promises'
import pg from 'pg'

const folder = new URL('./migrations/', import.meta.url)
const db = new pg.Client({ connectionString: process.env.DATABASE_URL })
await db.connect()
await db.query('CREATE TABLE IF NOT EXISTS migrations (name text PRIMARY KEY, done timestamptz NOT NULL DEFAULT now())')
const done = new Set((await db.query('SELECT name FROM migrations')).rows.map((row) => row.name))
const names = (await readdir(folder)).filter((name) => name.endsWith('.sql')).sort()
try {
  for (const name of names.filter((name) => !done.has(name))) {
    await db.query('BEGIN')
    await db.query(await readFile(new URL(name, folder), 'utf8'))
    await db.query('INSERT INTO migrations (name) VALUES ($1)', [name])
    await db.query('COMMIT')
    console.log(`${name}: done`)
  }
  console.log(`the database is at ${names.at(-1)}`)
} finally {
  await db.end()
}
