/** The customer's phone: one thread with the shop's number. */

import { Refused, get, post, uploaded } from './api.js'
import { Keyed, h, icon, whenSeen } from './dom.js'
import { attaching, shown } from './files.js'
import { day, when } from './format.js'
import { chooser, first, real } from './people.js'
import { state } from './state.js'
import { storyLine } from './story.js'
import { examples } from './words.js'

export class Phone {
  root = h('section', { class: 'pane', 'data-pane': 'sms' })
  #person
  #thread
  #keyed
  #story
  #wrong
  #day = ''
  #newest = null

  open(person = first('sms')) {
    if (real('sms', 'phone', this.root)) return
    this.#person = person
    const w = state.words
    this.#thread = h('div', { class: 'thread', tabindex: 0, 'aria-live': 'polite' })
    this.#keyed = new Keyed(this.#thread)
    this.#story = h('div', {})
    this.#wrong = h('p', { class: 'wrong', role: 'alert' })
    this.#newest = null
    this.#day = ''
    this.root.replaceChildren(
      h('header', {}, h('h2', {}, icon('phone'), w.sms), ...chooser('sms', person, (one) => this.open(one))),
      h('div', { class: 'with' }, h('bdi', {}, 'Acme'), h('small', { dir: 'ltr' }, state.number)),
      this.#thread,
      this.#composer(),
      this.#story,
    )
    this.#load()
  }

  async #load() {
    const person = this.#person
    const { items } = await get(`messages?channel=sms&customer=${encodeURIComponent(person.phone)}`)
    if (person !== this.#person) return
    if (!items.length) {
      const w = state.words
      this.#thread.append(h('div', { class: 'empty' }, icon('phone', 34), h('b', {}, w.quiet), h('span', {}, w.quietSms)))
    }
    for (const message of items) this.#show(message)
    this.#tell()
    const thread = this.#thread
    whenSeen(thread, () => { thread.scrollTop = thread.scrollHeight })
  }

  /** A message is new or has changed. */
  receive(message) {
    if (message.channel !== 'sms' || message.customer !== this.#person?.phone) return
    const { scrollHeight, scrollTop, clientHeight } = this.#thread
    const atEnd = scrollHeight - scrollTop - clientHeight < 80
    const fresh = this.#show(message)
    this.#tell()
    if (fresh || atEnd) this.#thread.scrollTo({ top: this.#thread.scrollHeight, behavior: fresh ? 'smooth' : 'auto' })
  }

  #show(message) {
    this.#thread.querySelector('.empty')?.remove()
    const today = new Date(message.at).toDateString()
    if (today !== this.#day && !this.#thread.querySelector(`[data-id="${message.id}"]`)) {
      this.#day = today
      this.#thread.append(h('div', { class: 'day' }, day(message.at)))
    }
    if (message.direction === 'in') this.#newest = message
    const mine = message.direction === 'in'
    const line = mine ? this.#state(message) : ''
    return this.#keyed.put(message.id, h('div', { class: `bubble ${mine ? 'mine' : 'theirs'} ${message.state}`, 'data-id': message.id },
      ...shown(message.files),
      message.text && h('p', { dir: 'auto' }, message.text),
      h('small', {}, when(message.at), line)))
  }

  #state(message) {
    const w = state.words
    if (message.state === 'sending') return h('span', {}, w.sending, '…')
    if (message.state === 'refused') return h('span', { title: message.words || '' }, w.refused)
    return h('span', { class: 'ticks', title: w.accepted }, icon('check', 14))
  }

  #tell() {
    this.#story.replaceChildren(storyLine(this.#newest?.story, this.#newest?.took))
  }

  #composer() {
    const w = state.words
    const chosen = []
    const files = attaching(chosen, () => fit())
    const text = h('textarea', { rows: 1, placeholder: w.message, 'aria-label': w.message, dir: 'auto', maxlength: 1600 })
    const fit = () => {
      text.style.height = 'auto'
      text.style.height = `${Math.min(text.scrollHeight, 140)}px`
    }
    const send = async () => {
      const said = text.value.trim()
      if (!said && !chosen.length) return
      this.#wrong.textContent = ''
      text.value = ''
      fit()
      try {
        const body = { from: this.#person.phone, text: said, files: await Promise.all(chosen.map(uploaded)) }
        files.clear()
        await post('sms', body)
      } catch (error) {
        if (!text.value) text.value = said
        fit()
        this.#wrong.textContent = error instanceof Refused && error.message ? error.message : w.unreachable
      }
    }
    text.addEventListener('input', fit)
    text.addEventListener('keydown', (event) => {
      if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return
      event.preventDefault()
      send()
    })
    return h('form', { class: 'composer', onsubmit: (event) => { event.preventDefault(); send() } },
      h('div', { class: 'examples' }, examples.sms[this.#person.language].map((example) =>
        h('button', { type: 'button', dir: 'auto', onclick: () => { text.value = example; send() } }, example))),
      files.list, this.#wrong,
      h('div', { class: 'row' }, files.input, files.button, text,
        h('button', { class: 'send', title: w.send, 'aria-label': w.send }, icon('send'))))
  }
}
