/** Files: chosen before sending, shown after. */

import { h, icon } from './dom.js'
import { size } from './format.js'
import { state } from './state.js'

const PICTURES = /^image\/(png|jpeg|gif|webp)$/

/** A button that adds files to `chosen`, and the list of what is chosen. */
export function attaching(chosen, changed) {
  const w = state.words
  const list = h('div', { class: 'chosen-files' })
  const show = () => {
    list.replaceChildren(...chosen.map((file, n) => h('span', {}, icon('file', 15), h('bdi', {}, file.name),
      h('button', { type: 'button', 'aria-label': `${w.remove} ${file.name}`, onclick: () => { chosen.splice(n, 1); show(); changed() } }, icon('close', 14)))))
    list.hidden = !chosen.length
  }
  const input = h('input', { type: 'file', multiple: true, hidden: true, onchange: () => {
    chosen.push(...[...input.files].slice(0, 5 - chosen.length))
    input.value = ''
    show()
    changed()
  } })
  const button = h('button', { class: 'tool', type: 'button', title: w.attach, 'aria-label': w.attach, onclick: () => input.click() }, icon('clip'))
  show()
  return { list, button, input, clear: () => { chosen.length = 0; show() } }
}

export function shown(files) {
  return (files || []).map((file) => {
    const url = `/simulator/api/files/${file.id}`
    return PICTURES.test(file.type)
      ? h('a', { class: 'picture', href: url, target: '_blank' }, h('img', { src: url, alt: file.name, loading: 'lazy' }))
      : h('a', { class: 'file', href: url, download: file.name }, icon('file', 22), h('span', {}, h('bdi', {}, file.name), h('small', {}, size(file.size))))
  })
}
