/** The page: three panes, the red button, and the feed that keeps them true. */

import { follow, get } from './api.js'
import { Chat } from './chat.js'
import { h, icon } from './dom.js'
import { Drill } from './drill.js'
import { Mail } from './mail.js'
import { Phone } from './phone.js'
import { dress, keep, kept, state } from './state.js'

const TABS = [['sms', 'phone'], ['mail', 'mail'], ['chat', 'chat'], ['drill', 'flame']]
const phone = new Phone()
const mail = new Mail()
const chat = new Chat()
const drill = new Drill()
const bar = h('header', { class: 'top' })
const main = h('main', {})
const tabs = h('nav', { class: 'tabs' })

function header() {
  const w = state.words
  const other = state.language === 'fa' ? 'en' : 'fa'
  bar.replaceChildren(
    h('img', { src: '/simulator/static/icon.svg', width: 30, height: 30, alt: '' }),
    h('div', { class: 'name' }, h('h1', {}, w.title), h('p', {}, w.lead)),
    h('span', { class: `pill ${state.hub.state}`, role: 'status' }, h('i'), h('span', {}, w[state.hub.state] || w.down)),
    h('a', { class: 'console', href: '/', target: 'hub-console' }, h('span', {}, w.console), icon('out', 16)),
    h('button', { type: 'button', class: 'tool wide', lang: other, onclick: () => choose('language', other) }, w.language),
    h('button', { type: 'button', class: 'tool', title: w.theme, 'aria-label': w.theme,
      onclick: () => choose('theme', state.theme === 'dark' ? 'light' : 'dark') }, icon(state.theme === 'dark' ? 'sun' : 'moon')))
}

function choose(name, value) {
  state[name] = value
  keep(name, value)
  dress()
  draw()
}

function turnTo(pane) {
  keep('tab', pane)
  main.dataset.shown = pane
  tabs.replaceChildren(...TABS.map(([name, sign]) =>
    h('button', { type: 'button', 'aria-current': name === pane && 'page', onclick: () => turnTo(name) }, icon(sign, 22), h('span', {}, state.words[name]))))
}

function draw() {
  header()
  turnTo(main.dataset.shown || kept('tab') || 'sms')
  phone.open()
  mail.open()
  chat.open()
  drill.open()
}

function hubIs(hub) {
  state.hub = hub
  header()
}

/** Everybody there is; while the hub is starting, again. */
async function customers() {
  for (;;) {
    try {
      return await get('customers')
    } catch {
      await new Promise((done) => setTimeout(done, 600))
    }
  }
}

async function begin() {
  dress()
  document.body.append(bar, main, tabs)
  header()
  const found = await customers()
  Object.assign(state, { ...found, people: found.items })
  main.append(phone.root, mail.root, chat.root, drill.root)
  draw()
  follow({
    hello: (found) => {
      state.drill = found.drill
      state.chats = found.chats
      hubIs(found.hub)
      drill.show()
      chat.tell()
    },
    message: (message) => {
      state.last[`${message.channel}:${message.customer}`] = message.at
      phone.receive(message)
      mail.receive(message)
    },
    chat: ({ visitor, story }) => {
      state.chats[visitor] = story
      chat.tell()
    },
    hub: hubIs,
    drill: (run) => {
      state.drill = run
      drill.show()
    },
  }, (lost) => {
    if (!lost) return
    drill.cut()
    hubIs({ ...state.hub, state: 'down' })
  })
  addEventListener('focus', () => drill.open())
}

begin()
