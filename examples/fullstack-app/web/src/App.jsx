import { useEffect, useState } from 'react'

async function ask(options) {
  const response = await fetch('/api/entries', options)
  const answer = await response.json()
  if (!response.ok) throw new Error(answer.error)
  return answer
}

export default function App() {
  const [entries, setEntries] = useState(null)
  const [problem, setProblem] = useState('')

  useEffect(() => {
    ask().then(setEntries, (err) => setProblem(err.message))
  }, [])

  async function write(event) {
    event.preventDefault()
    const form = event.currentTarget
    try {
      const entry = await ask({ method: 'POST', body: JSON.stringify(Object.fromEntries(new FormData(form))) })
      setEntries((others) => [entry, ...(others ?? [])])
      setProblem('')
      form.reset()
    } catch (err) {
      setProblem(err.message)
    }
  }

  return (
    <>
      <h1>Guest book</h1>
      <form onSubmit={write}>
        <input name="name" placeholder="Name" required />
        <input name="message" placeholder="Message" required />
        <button>Write</button>
      </form>
      {problem && <p role="alert">{problem}</p>}
      {entries ? (
        <ul>
          {entries.map((entry) => (
            <li key={entry.id}>
              <b>{entry.name}</b>: {entry.message}
            </li>
          ))}
        </ul>
      ) : (
        <p>Loading …</p>
      )}
    </>
  )
}
