/** The simulator's own API, and who is signed in to the console. */

export class Refused extends Error {}

async function call(path, options) {
  let answer
  try {
    answer = await fetch(path, options)
  } catch {
    throw new Refused('')
  }
  const body = await answer.json().catch(() => ({}))
  if (!answer.ok) throw new Refused(body.detail || `${answer.status}`)
  return body
}

export const get = (path) => call(`/simulator/api/${path}`)

export const post = (path, body, headers = {}) =>
  call(`/simulator/api/${path}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })

/** The admin's CSRF token if an admin is signed in here, else ''. */
export async function adminToken() {
  return get('me').then(({ csrf }) => csrf, () => '')
}

/** Follow what happens; `lost` is called with true while the hub does not answer. */
export function follow(handlers, lost) {
  const source = new EventSource('/simulator/api/events')
  for (const [name, handle] of Object.entries(handlers)) {
    source.addEventListener(name, (event) => handle(JSON.parse(event.data)))
  }
  source.onopen = () => lost(false)
  source.onerror = () => {
    lost(true)
    if (source.readyState === EventSource.CLOSED) {
      source.close()
      setTimeout(() => follow(handlers, lost), 700)
    }
  }
}

/** A chosen file as the API takes it. */
export async function uploaded(file) {
  const url = await new Promise((done, fail) => {
    const reader = new FileReader()
    reader.onload = () => done(reader.result)
    reader.onerror = fail
    reader.readAsDataURL(file)
  })
  const type = /^[\w.+-]+\/[\w.+-]+$/.test(file.type) ? file.type : ''
  return { name: file.name, type, data: url.slice(url.indexOf(',') + 1) }
}
