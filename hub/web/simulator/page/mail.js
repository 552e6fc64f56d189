/** The customer's mail program: threads, one thread, and a mail being written. */

import { Refused, get, post, uploaded } from './api.js'
import { h, icon } from './dom.js'
import { attaching, shown } from './files.js'
import { when } from './format.js'
import { chooser, face, first, real } from './people.js'
import { state } from './state.js'
import { storyLine } from './story.js'
import { examples } from './words.js'

const bare = (subject) => subject.replace(/^(\s*(re|fw|fwd|پاسخ)\s*:\s*)+/i, '').trim()

export class Mail {
  root = h('section', { class: 'pane', 'data-pane': 'mail' })
  #person
  #messages = new Map()
  #open = ''
  #body
  #story
  #read = new Set()

  async open(person = first('mail')) {
    if (real('mail', 'mail', this.root)) return
    this.#person = person
    this.#messages = new Map()
    this.#open = ''
    const w = state.words
    this.#body = h('div', { class: 'mailbox' })
    this.#story = h('div', {}, storyLine())
    this.root.replaceChildren(
      h('header', {}, h('h2', {}, icon('mail'), w.mail), ...chooser('mail', person, (one) => this.open(one))),
      this.#body,
      this.#story,
    )
    const { items } = await get(`messages?channel=mail&customer=${encodeURIComponent(person.email)}`)
    if (person !== this.#person) return
    for (const message of items) {
      this.#messages.set(message.id, message)
      this.#read.add(message.id)
    }
    this.#inbox()
  }

  /** A mail is new or has changed. */
  receive(message) {
    if (message.channel !== 'mail' || message.customer !== this.#person?.email) return
    const fresh = !this.#messages.has(message.id)
    this.#messages.set(message.id, message)
    if (this.#open === 'compose') return
    if (this.#open && this.#key(message) === this.#open) this.#append(message, fresh)
    else if (!this.#open) this.#inbox()
    this.#tell()
  }

  /** Mails belong together by what they answer; where that is unknown, by subject. */
  #key(message) {
    for (const ref of message.refs || []) {
      for (const other of this.#messages.values()) if (other.key === ref && other !== message) return this.#key(other)
    }
    return message.refs?.length ? bare(message.subject || '') : message.key
  }

  #threads() {
    const found = new Map()
    for (const message of this.#messages.values()) {
      const key = this.#key(message)
      found.set(key, [...(found.get(key) || []), message])
    }
    return [...found].sort(([, a], [, b]) => b.at(-1).at - a.at(-1).at)
  }

  // ---------------------------------------------------------------- the list

  #inbox() {
    const w = state.words
    this.#open = ''
    const threads = this.#threads()
    const list = h('ul', { class: 'mails' }, threads.map(([key, mails]) => this.#row(key, mails)))
    const empty = h('div', { class: 'empty' }, icon('mail', 34), h('b', {}, w.noMail), h('span', {}, w.noMailHelp))
    this.#body.replaceChildren(
      h('div', { class: 'bar' }, h('b', {}, w.inbox), h('button', { type: 'button', class: 'main small', onclick: () => this.#compose() }, icon('pen', 16), w.compose)),
      threads.length ? list : empty,
      h('div', { class: 'examples' }, examples.mail[this.#person.language].map((example) =>
        h('button', { type: 'button', dir: 'auto', onclick: () => this.#compose(example) }, example.subject))))
    this.#tell()
  }

  #row(key, mails) {
    const w = state.words
    const last = mails.at(-1)
    const unread = mails.some((mail) => mail.direction === 'out' && !this.#read.has(mail.id))
    const from = last.direction === 'in' ? w.me : last.sender || last.ours
    return h('li', {}, h('button', { type: 'button', class: unread ? 'unread' : '', onclick: () => this.#thread(key) },
      h('span', { class: 'from' }, h('bdi', {}, from), mails.length > 1 && h('em', {}, mails.length), h('time', {}, when(last.at))),
      h('span', { class: 'subject', dir: 'auto' }, bare(last.subject || '') || w.noSubject),
      h('span', { class: 'snippet', dir: 'auto' }, (last.text || '').replace(/\s+/g, ' ').slice(0, 120))))
  }

  // ---------------------------------------------------------------- one thread

  #thread(key) {
    this.#open = key
    const mails = this.#threads().find(([found]) => found === key)?.[1] || []
    const list = h('div', { class: 'letters', tabindex: 0, 'aria-live': 'polite' }, mails.map((mail) => this.#letter(mail)))
    for (const mail of mails) this.#read.add(mail.id)
    this.#body.replaceChildren(
      h('div', { class: 'bar' },
        h('button', { type: 'button', class: 'tool', 'aria-label': state.words.inbox, onclick: () => this.#inbox() }, icon('back')),
        h('b', { dir: 'auto' }, bare(mails[0]?.subject || '') || state.words.noSubject)),
      list,
      this.#answer(mails))
    list.scrollTop = list.scrollHeight
    this.#tell()
  }

  #append(message, fresh) {
    const list = this.#body.querySelector('.letters')
    const before = list.querySelector(`[data-id="${message.id}"]`)
    this.#read.add(message.id)
    if (before) before.replaceWith(this.#letter(message))
    else list.append(this.#letter(message))
    if (fresh) list.scrollTo({ top: list.scrollHeight, behavior: 'smooth' })
  }

  #letter(mail) {
    const w = state.words
    const mine = mail.direction === 'in'
    const person = mine ? this.#person : { name: mail.sender || 'Acme' }
    const failed = mail.state === 'refused' && h('small', { class: 'wrong', title: mail.words || '' }, w.refused)
    return h('article', { class: mine ? 'mine' : 'theirs', 'data-id': mail.id },
      h('header', {}, face(person), h('span', { class: 'who' }, h('bdi', {}, person.name),
        h('small', {}, w.to, ' ', h('bdi', {}, mine ? mail.ours : mail.customer))), failed, h('time', {}, when(mail.at))),
      h('div', { class: 'words', dir: 'auto' }, mail.text || ''),
      mail.files?.length ? h('div', { class: 'files' }, ...shown(mail.files)) : null)
  }

  #answer(mails) {
    const w = state.words
    const last = mails.findLast((mail) => mail.direction === 'out') || mails.at(-1)
    return this.#form({
      class: 'composer', rows: 2, placeholder: w.reply,
      send: (text, files) => ({ to: last.ours, subject: `Re: ${bare(last.subject || '')}`, text, files, answers: last.id }),
    })
  }

  // ---------------------------------------------------------------- a new mail

  #compose(example = { subject: '', text: '' }) {
    const w = state.words
    this.#open = 'compose'
    const to = h('select', { 'aria-label': w.to, dir: 'ltr' }, state.addresses.map((one) => h('option', {}, one)))
    if (this.#person.language === 'fa') to.selectedIndex = 2
    const subject = h('input', { 'aria-label': w.subject, placeholder: w.subject, dir: 'auto', value: example.subject, maxlength: 300 })
    const signed = example.text ? `${example.text}\n${this.#person.name}` : ''
    this.#body.replaceChildren(
      h('div', { class: 'bar' },
        h('button', { type: 'button', class: 'tool', 'aria-label': w.discard, onclick: () => this.#inbox() }, icon('back')),
        h('b', {}, w.compose)),
      h('div', { class: 'letter-head' }, h('label', {}, h('span', {}, w.to), to), h('label', {}, h('span', {}, w.subject), subject)),
      this.#form({
        class: 'composer tall', rows: 8, placeholder: w.body, text: signed,
        send: (text, files) => ({ to: to.value, subject: subject.value, text, files }),
        sent: (message) => this.#thread(this.#key(message)),
      }))
  }

  #form(given) {
    const w = state.words
    const chosen = []
    const files = attaching(chosen, () => {})
    const wrong = h('p', { class: 'wrong', role: 'alert' })
    const text = h('textarea', { rows: given.rows, placeholder: given.placeholder, 'aria-label': given.placeholder, dir: 'auto', value: given.text || '' })
    const button = h('button', { class: 'main' }, icon('send', 18), w.send)
    const submit = async (event) => {
      event.preventDefault()
      if (!text.value.trim() && !chosen.length) return
      wrong.textContent = ''
      button.disabled = true
      try {
        const body = given.send(text.value, await Promise.all(chosen.map(uploaded)))
        const message = await post('mail', { from: this.#person.email, name: this.#person.name, ...body })
        this.#messages.set(message.id, { ...this.#messages.get(message.id), ...message })
        text.value = ''
        files.clear()
        given.sent?.(message)
      } catch (error) {
        wrong.textContent = error instanceof Refused && error.message ? error.message : w.unreachable
      } finally {
        button.disabled = false
      }
    }
    text.addEventListener('keydown', (event) => {
      if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) text.form.requestSubmit()
    })
    return h('form', { class: given.class, onsubmit: submit },
      text, files.list, wrong, h('div', { class: 'row end' }, files.input, files.button, button))
  }

  #tell() {
    const shownOnes = [...this.#messages.values()].filter((mail) => mail.direction === 'in' && (!this.#open || this.#key(mail) === this.#open))
    const newest = shownOnes.at(-1)
    this.#story.replaceChildren(storyLine(newest?.story, newest?.took))
  }
}
