// The API of the guest book: GET and POST /api/entries.
import { createServer } from 'node:http'
import pg from 'pg'

const db = new pg.Pool({ connectionString: process.env.DATABASE_URL, connectionTimeoutMillis: 2000 })
db.on('error', (err) => log('warn', 'lost a connection to the database', { error: err.message })) // the next query makes another

// prox logs --level and --field understand lines of JSON.
function log(level, msg, fields) {
  console.log(JSON.stringify({ time: new Date().toISOString(), level, msg, ...fields }))
}

async function body(request) {
  let text = ''
  for await (const chunk of request) {
    text += chunk
    if (text.length > 10_000) throw Object.assign(new Error('too long'), { status: 413 })
  }
  try {
    return JSON.parse(text)
  } catch {
    throw Object.assign(new Error('the body is not JSON'), { status: 400 })
  }
}

const routes = {
  // Up and of use are two things: without its database it is not ready.
  'GET /health': async () => [200, { ok: (await db.query('SELECT true AS ok')).rows[0].ok }],
  'GET /api/entries': async () => {
    const { rows } = await db.query('SELECT id, name, message FROM entries ORDER BY id DESC LIMIT 100')
    return [200, rows]
  },
  'POST /api/entries': async (request) => {
    const { name, message } = await body(request)
    if (!name?.trim?.() || !message?.trim?.()) return [422, { error: 'a name and a message are needed' }]
    const { rows } = await db.query('INSERT INTO entries (name, message) VALUES ($1, $2) RETURNING id, name, message', [name.trim(), message.trim()])
    return [201, rows[0]]
  },
}

const server = createServer(async (request, response) => {
  const route = `${request.method} ${request.url.split('?')[0]}`
  let status, answer
  try {
    ;[status, answer] = routes[route] ? await routes[route](request) : [404, { error: 'not found' }]
  } catch (err) {
    ;[status, answer] = [err.status ?? 503, { error: err.message }]
  }
  if (route !== 'GET /health' || status !== 200) log(status < 500 ? 'info' : 'error', route, { status, error: answer.error })
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer))
})

server.listen(process.env.PORT, '127.0.0.1', () => log('info', `listening on port ${process.env.PORT}`))

// What has been asked is still answered.
process.once('SIGTERM', () => {
  server.close(() => db.end())
  server.closeIdleConnections()
})
