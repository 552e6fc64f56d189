/** What all parts of the page share. */

import { words } from './words.js'
import { speak } from './format.js'

const saved = (name) => localStorage.getItem(`hub-simulator:${name}`) || ''

export const state = {
  language: saved('language') || (navigator.language.startsWith('fa') ? 'fa' : 'en'),
  theme: saved('theme') || (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light'),
  words: words.en,
  people: [],
  addresses: [],
  channels: [],
  number: '',
  last: {},
  hub: { state: 'starting' },
  drill: null,
  chats: {},
}

export function keep(name, value) {
  localStorage.setItem(`hub-simulator:${name}`, value)
}

export function kept(name) {
  return saved(name)
}

/** Language and theme as chosen, onto the page. */
export function dress() {
  const root = document.documentElement
  state.words = words[state.language]
  speak(state.language)
  root.lang = state.language
  root.dir = state.language === 'fa' ? 'rtl' : 'ltr'
  root.dataset.theme = state.theme
  document.title = state.words.title
}
