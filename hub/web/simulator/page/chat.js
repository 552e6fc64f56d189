/** A browser on a shop's page, with the real widget in it. */

import { h, icon, whenSeen } from './dom.js'
import { chooser, first, real } from './people.js'
import { state } from './state.js'
import { storyLine } from './story.js'
import { examples } from './words.js'

export class Chat {
  root = h('section', { class: 'pane', 'data-pane': 'chat' })
  #person
  #frame
  #story
  #visitor = ''

  constructor() {
    addEventListener('message', ({ origin, data, source }) => {
      if (origin !== location.origin || source !== this.#frame?.contentWindow) return
      if (data.simulator === 'ready') {
        const { visitor, identity } = this.#person.chat
        source.postMessage({ simulator: 'begin', visitor, identity }, origin)
      } else if (data.simulator === 'visitor' && data.visitor !== this.#visitor) {
        this.#visitor = data.visitor
        this.tell()
      }
    })
  }

  open(person = first('chat')) {
    if (real('chat', 'chat', this.root)) return
    this.#person = person
    this.#visitor = ''
    const w = state.words
    const ask = new URLSearchParams({ as: person.key, lang: person.language, theme: state.theme })
    this.#frame = h('iframe', { title: w.chatHint })
    this.#story = h('div', {}, storyLine())
    this.root.replaceChildren(
      h('header', {}, h('h2', {}, icon('chat'), w.chat), ...chooser('chat', person, (one) => this.open(one))),
      h('div', { class: 'address' }, h('i'), h('i'), h('i'), h('span', { dir: 'ltr' }, 'shop.acme.example')),
      this.#frame,
      h('div', { class: 'examples' }, examples.chat[person.language].map((example) =>
        h('button', { type: 'button', dir: 'auto', onclick: () => this.#write(example) }, example))),
      this.#story,
    )
    const frame = this.#frame
    whenSeen(frame, () => { frame.src = `/simulator/chat?${ask}` })
  }

  #write(text) {
    this.#frame.contentWindow.postMessage({ simulator: 'write', text }, location.origin)
  }

  /** The hub has done something with somebody's chat. */
  tell() {
    this.#story?.replaceChildren(storyLine(state.chats[this.#visitor]))
  }
}
