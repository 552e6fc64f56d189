/* A shop's page with the real widget. Each customer has a browser of their own: what the widget keeps
   is put under their key. The page around it says who they are: ?as=KEY&lang=..&theme=.. */

const wanted = new URLSearchParams(location.search)
const shelf = `hub-simulator:browser:${wanted.get('as')}:`
const real = window.localStorage

/** localStorage as this customer's browser has it. */
const own = new Proxy({
  getItem: (name) => real.getItem(shelf + name),
  setItem: (name, value) => real.setItem(shelf + name, value),
  removeItem: (name) => real.removeItem(shelf + name),
}, {
  ownKeys: () => Object.keys(real).filter((name) => name.startsWith(shelf)).map((name) => name.slice(shelf.length)),
  getOwnPropertyDescriptor: (_, name) => ({ value: own.getItem(name), enumerable: true, configurable: true }),
})
Object.defineProperty(window, 'localStorage', { configurable: true, value: own })

const prefix = `hub-chat:${location.host}/chat:`
const dark = wanted.get('theme') === 'dark'
document.documentElement.classList.toggle('dark', dark)
document.documentElement.lang = wanted.get('lang') || 'en'
document.documentElement.dir = document.documentElement.lang === 'fa' ? 'rtl' : 'ltr'

/** The visitor's id, once the widget has one. */
function tell() {
  const visitor = (own.getItem(prefix + 'visitor') || '').split('.')[0]
  parent.postMessage({ simulator: 'visitor', visitor }, location.origin)
}

function widget() {
  const script = document.createElement('script')
  script.src = '/widget.js'
  script.dataset.channel = 'chat'
  script.dataset.lang = document.documentElement.lang
  script.dataset.theme = dark ? 'dark' : 'light'
  document.body.append(script)
  const opening = setInterval(() => {
    if (!window.HubChat?.open) return
    clearInterval(opening)
    setTimeout(() => window.HubChat.open(), 150)
  }, 50)
  setInterval(tell, 500)
}

/** Write as if by hand: into the widget's own field, then Enter. */
function write(text) {
  const field = document.querySelector('hub-chat')?.shadowRoot?.querySelector('.composer textarea')
  if (!field) return
  Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, 'value').set.call(field, text)
  field.dispatchEvent(new Event('input', { bubbles: true }))
  setTimeout(() => field.form.requestSubmit(), 60)
}

addEventListener('message', ({ origin, data }) => {
  if (origin !== location.origin || data?.simulator !== 'begin' && data?.simulator !== 'write') return
  if (data.simulator === 'write') return write(data.text)
  if (data.visitor && !own.getItem(prefix + 'visitor')) own.setItem(prefix + 'visitor', data.visitor)
  if (data.identity) window.HubChat = { identity: data.identity }
  widget()
})
parent.postMessage({ simulator: 'ready' }, location.origin)
