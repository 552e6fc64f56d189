/** Choosing who one is: a button with the customer, and a list to search. */

import { Refused, post } from './api.js'
import { h, icon } from './dom.js'
import { hue, initials } from './format.js'
import { keep, kept, state } from './state.js'

export const address = (person, channel) => ({ sms: person.phone, mail: person.email, chat: person.name })[channel]
const uses = (person, channel) => (channel === 'chat' ? person.chat : address(person, channel))

export function face(person, className = 'face') {
  return h('span', { class: className, style: `--hue:${hue(person.name)}`, 'aria-hidden': true }, initials(person.name))
}

/** Everybody who uses a channel: who wrote last comes first. */
export function everybody(channel) {
  const last = (person) => state.last[`${channel}:${address(person, channel)}`] || 0
  return state.people.filter((person) => uses(person, channel)).sort((a, b) => last(b) - last(a))
}

/** Whom a pane begins with: the one chosen last time, else somebody in the page's language. */
export function first(channel) {
  const all = everybody(channel)
  const before = kept(`as:${channel}`)
  // somebody new to the chat is asked for a name first: begin with one whom it knows
  const known = all.filter((person) => channel !== 'chat' || person.chat?.visitor)
  return all.find((person) => person.key === before)
    || known.find((person) => person.language === state.language) || known[0] || all[0]
}

/** A pane of a channel that somebody has connected to the world: nobody is played there. */
export function real(channel, sign, pane) {
  const w = state.words
  if (state.channels.includes(channel)) return false
  pane.replaceChildren(h('header', {}, h('h2', {}, icon(sign), w[channel])),
    h('div', { class: 'empty' }, icon(sign, 34), h('b', {}, w.real), h('span', {}, w.realHelp)))
  return true
}

export function chooser(channel, person, choose) {
  const w = state.words
  const menu = h('div', { class: 'people', popover: 'auto' })
  const button = h('button', { class: 'chosen', type: 'button', 'aria-haspopup': 'listbox', title: w.choose },
    face(person),
    h('span', { class: 'who' }, h('bdi', {}, person.name), h('small', {}, h('bdi', {}, below(person, channel)))),
    icon('down', 18))
  const pick = (one) => {
    keep(`as:${channel}`, one.key)
    menu.hidePopover()
    choose(one)
  }
  button.addEventListener('click', () => {
    fill(menu, channel, person, pick)
    menu.showPopover()
    const place = button.getBoundingClientRect()
    const width = Math.min(Math.max(place.width, 300), innerWidth - 24)
    menu.style.width = `${width}px`
    menu.style.top = `${place.bottom + 6}px`
    menu.style.left = `${Math.max(12, Math.min(place.left, innerWidth - width - 12))}px`
    menu.style.maxHeight = `${Math.max(220, Math.min(520, innerHeight - place.bottom - 24))}px`
    menu.querySelector('input').focus()
  })
  return [button, menu]
}

function below(person, channel) {
  if (channel !== 'chat') return address(person, channel)
  return person.chat.identity ? person.email : ''
}

function fill(menu, channel, chosen, pick) {
  const w = state.words
  const list = h('ul', { role: 'listbox' })
  const show = (wanted) => {
    const found = everybody(channel).filter((person) =>
      `${person.name} ${person.phone} ${person.email}`.toLowerCase().includes(wanted.toLowerCase()))
    list.replaceChildren(...found.map((person) => h('li', {},
      h('button', { type: 'button', role: 'option', 'aria-selected': String(person.key === chosen.key), onclick: () => pick(person) },
        face(person), h('span', { class: 'who' }, h('bdi', {}, person.name), h('small', {}, h('bdi', {}, below(person, channel))))))))
    if (!found.length) list.append(h('li', { class: 'none' }, w.nobody))
  }
  const search = h('input', { type: 'search', placeholder: w.search, 'aria-label': w.search, dir: 'auto', oninput: () => show(search.value) })
  menu.replaceChildren(search, list, newcomer(channel, pick))
  show('')
}

/** Somebody the hub has never heard of. */
function newcomer(channel, pick) {
  const w = state.words
  const name = h('input', { placeholder: w.newName, 'aria-label': w.newName, required: true, maxlength: 100, dir: 'auto' })
  const where = channel === 'chat' ? null : h('input', {
    placeholder: channel === 'sms' ? w.newNumber : w.newMail, 'aria-label': channel === 'sms' ? w.newNumber : w.newMail, dir: 'ltr',
  })
  const wrong = h('p', { class: 'wrong', role: 'alert' })
  const form = h('form', { onsubmit: async (event) => {
    event.preventDefault()
    try {
      const person = await post('customers', { name: name.value.trim(), channel, address: where?.value.trim() || '' })
      state.people.unshift(person)
      pick(person)
    } catch (error) {
      wrong.textContent = error instanceof Refused && error.message ? error.message : w.unreachable
    }
  } }, name, where, wrong, h('button', { class: 'main' }, w.add))
  return h('details', {}, h('summary', {}, icon('plus', 18), w.newOne), form)
}
