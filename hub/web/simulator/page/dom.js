/** Building elements, and little else. */

/** h('button', { class: 'x', onclick: f }, 'words', child): falsy children are left out. */
export function h(tag, given = {}, ...children) {
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined || value === null || value === false) continue
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value)
    else if (name === 'class') element.className = value
    else if (name === 'value') element.value = value
    else element.setAttribute(name, value === true ? '' : value)
  }
  element.append(...children.flat().filter((child) => child || child === 0))
  return element
}

const SHAPES = {
  phone: '<rect x="7" y="3" width="10" height="18" rx="2.5"/><path d="M11 18h2"/>',
  mail: '<rect x="3" y="5" width="18" height="14" rx="2.5"/><path d="m3.5 7.5 8.5 6 8.5-6"/>',
  chat: '<path d="M4 6.5A2.5 2.5 0 0 1 6.5 4h11A2.5 2.5 0 0 1 20 6.5v7a2.5 2.5 0 0 1-2.5 2.5H12l-4.5 4v-4h-1A2.5 2.5 0 0 1 4 13.5z"/>',
  flame: '<path d="M12 3c1 3.500 5 5 5 10a5 5 0 0 1-10 0c0-2 1-3.200 2-4 0 1.500.700 2.400 1.600 2.800C10.300 8.500 11 5.500 12 3z"/>',
  send: '<path d="M4.500 12 20 4.500 15.500 20l-3.700-6.300z"/><path d="m11.800 13.700 3.700-4"/>',
  clip: '<path d="m19 11.500-7.300 7.300a4.600 4.600 0 0 1-6.500-6.500l7.600-7.600a3 3 0 0 1 4.300 4.300l-7.500 7.500a1.500 1.500 0 0 1-2.100-2.100l6.800-6.900"/>',
  down: '<path d="m7 10 5 5 5-5"/>',
  back: '<path d="m14.500 6-6 6 6 6"/>',
  out: '<path d="M9 5H6.500A1.500 1.500 0 0 0 5 6.500v11A1.500 1.500 0 0 0 6.500 19h11a1.500 1.500 0 0 0 1.500-1.500V15M13 5h6v6M19 5l-8.500 8.500"/>',
  sun: '<circle cx="12" cy="12" r="4"/><path d="M12 3v1.500M12 19.500V21M3 12h1.500M19.500 12H21M5.600 5.600l1 1M17.400 17.400l1 1M5.600 18.400l1-1M17.400 6.600l1-1"/>',
  moon: '<path d="M19.500 14A7.800 7.800 0 0 1 10 4.500 7.800 7.800 0 1 0 19.500 14z"/>',
  plus: '<path d="M12 5.500v13M5.500 12h13"/>',
  pen: '<path d="M5 19l.8-3.800L16.300 4.700a1.800 1.800 0 0 1 2.500 0l.5.500a1.800 1.800 0 0 1 0 2.500L8.800 18.200z"/>',
  file: '<path d="M7 3.500h7l4 4V19a1.500 1.500 0 0 1-1.500 1.500h-9.500A1.500 1.500 0 0 1 5.500 19V5A1.500 1.500 0 0 1 7 3.500z"/><path d="M13.500 3.500V8H18"/>',
  check: '<path d="m5 12.500 4.500 4.500L19 7.500"/>',
  checks: '<path d="m2.500 12.500 4.500 4.500L16 7.500M12.500 16l1 1L22 7.500"/>',
  close: '<path d="m7 7 10 10M17 7 7 17"/>',
  route: '<circle cx="6" cy="18" r="2"/><circle cx="18" cy="6" r="2"/><path d="M8 18h6.500a3 3 0 0 0 0-6h-5a3 3 0 0 1 0-6H16"/>',
}

/** A line icon; `flip` ones point the other way from right to left. */
export function icon(name, size = 20) {
  const flip = ['send', 'back', 'out', 'route'].includes(name) ? ' flip' : ''
  const holder = document.createElement('template')
  holder.innerHTML = `<svg class="icon${flip}" width="${size}" height="${size}" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.700" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">${SHAPES[name]}</svg>`
  return holder.content.firstChild
}

/** Calls back once the element is on the screen: nothing can be measured before. */
export function whenSeen(element, then) {
  const watch = new IntersectionObserver((found) => {
    if (!found.some((one) => one.isIntersecting)) return
    watch.disconnect()
    then()
  })
  watch.observe(element)
}

/** Keeps a list of elements, one a key: those that stay are not touched. */
export class Keyed {
  #shown = new Map()

  constructor(parent) {
    this.parent = parent
  }

  clear() {
    this.#shown.clear()
    this.parent.replaceChildren()
  }

  /** Puts the element of `key` in the place of the one before, or at the end. */
  put(key, element) {
    const before = this.#shown.get(key)
    if (before) before.replaceWith(element)
    else this.parent.append(element)
    this.#shown.set(key, element)
    return !before
  }
}
