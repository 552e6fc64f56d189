/** The red button: who may press it, whether they mean it, and what came of it. */

import { Refused, adminToken, post } from './api.js'
import { h, icon } from './dom.js'
import { number } from './format.js'
import { state } from './state.js'

const ORDER = ['loading', 'killed', 'back', 'settling', 'comparing', 'done']
const FIGURES = ['sent', 'acknowledged', 'stored', 'lost', 'doubled']

export class Drill {
  root = h('section', { class: 'drill', 'data-pane': 'drill' })
  // always the same one: a click that a repaint falls into must not be lost
  #button = h('button', { class: 'red', type: 'button', disabled: true, onclick: () => this.#ask() }, icon('flame', 26))
  #csrf = ''
  #wrong = ''

  async open() {
    this.show()
    this.#csrf = await adminToken()
    this.show()
  }

  get #running() {
    return state.drill && !['done', 'failed'].includes(state.drill.phase)
  }

  /** The page's line went with the hub: it is the kill that was asked for. */
  cut() {
    if (state.drill?.phase !== 'loading') return
    state.drill = { ...state.drill, phase: 'killed', pid: state.hub.pid }
    this.show()
  }

  show() {
    const w = state.words
    const run = state.drill
    this.root.classList.toggle('active', Boolean(run))
    this.#button.disabled = !this.#csrf || this.#running
    this.#button.ariaLabel = w.button
    if (this.#button.parentNode !== this.root) this.root.replaceChildren(this.#button)
    while (this.#button.nextSibling) this.#button.nextSibling.remove()
    this.root.append(...[
      h('div', { class: 'about' },
        h('b', {}, w.button),
        h('span', {}, run ? this.#phase(run) : w.buttonHelp),
        this.#wrong && h('span', { class: 'wrong', role: 'alert' }, this.#wrong),
        !this.#csrf && h('span', { class: 'hint' }, w.adminOnly, ' ', h('a', { href: '/', target: 'hub-console' }, w.signIn))),
      run && h('ol', { class: 'steps', 'aria-hidden': true }, ORDER.map((name) =>
        h('li', { class: this.#step(name, run.phase), title: w.phases[name] }))),
      h('dl', {}, FIGURES.map((name) => this.#figure(name, run))),
    ].filter(Boolean))
  }

  #step(name, phase) {
    if (phase === 'failed') return 'bad'
    const at = ORDER.indexOf(phase)
    const n = ORDER.indexOf(name)
    return n < at || phase === 'done' ? 'past' : n === at ? 'now' : ''
  }

  #phase(run) {
    const w = state.words
    const parts = [w.phases[run.phase]]
    if (run.phase === 'killed') parts.push(w.killedPid(run.pid))
    if (run.down_ms && run.phase !== 'killed') parts.push(w.backIn(number(Math.round(run.down_ms / 100) / 10)))
    if (run.phase === 'done') {
      const whole = !run.lost && !run.doubled && !run.stranded && run.stored
      parts[0] = whole ? w.verdict : w.verdictBad
      if (run.stranded) parts.push(w.stranded(number(run.stranded)))
    }
    if (run.words) parts.push(run.words)
    return h('span', { role: 'status', class: run.phase }, parts.join(' · '))
  }

  #figure(name, run) {
    const w = state.words
    const value = run?.[name]
    const known = value !== null && value !== undefined
    const bad = (name === 'lost' || name === 'doubled') && value > 0
    const good = (name === 'lost' || name === 'doubled') && value === 0
    return h('div', { class: bad ? 'bad' : good ? 'good' : '' }, h('dt', {}, w[name]), h('dd', {}, known ? number(value) : '–'))
  }

  #ask() {
    const w = state.words
    const dialog = h('dialog', { class: 'sure' },
      h('h3', {}, w.sure), h('p', {}, w.sureText),
      h('form', { method: 'dialog' },
        h('button', { value: '' }, w.cancel),
        h('button', { value: 'yes', class: 'danger' }, icon('flame', 18), w.yes)))
    dialog.addEventListener('close', () => {
      dialog.remove()
      if (dialog.returnValue === 'yes') this.#press()
    })
    document.body.append(dialog)
    dialog.showModal()
  }

  async #press() {
    this.#wrong = ''
    try {
      await post('drill', { confirm: true }, { 'X-CSRF-Token': this.#csrf })
    } catch (error) {
      this.#wrong = error instanceof Refused && error.message ? error.message : state.words.unreachable
      this.show()
    }
  }
}
