/** The line under each pane: what the hub did with the last message, and the way to see it there. */

import { h, icon } from './dom.js'
import { number } from './format.js'
import { state } from './state.js'

export function storyLine(story, took) {
  const w = state.words
  if (!story) {
    return h('div', { class: 'story quiet' }, icon('route', 18), h('span', {}, w.nothing))
  }
  const parts = []
  if (took) parts.push(w.filed(number(Math.max(1, Math.round(took)))))
  if (story.queue) parts.push(w.queues[story.queue] || story.queue)
  parts.push(standing(story))
  return h('div', { class: 'story', role: 'status' },
    icon('route', 18),
    h('span', {}, parts.flatMap((part, n) => (n ? [h('i', {}, '·'), h('bdi', {}, part)] : [h('bdi', {}, part)]))),
    h('a', { href: `/c/${story.conversation}`, target: 'hub-console', title: w.see, 'aria-label': w.see }, w.open, icon('out', 15)))
}

function standing(story) {
  const w = state.words
  if (story.item === 'queued') return w.waiting
  if (story.item === 'offered') return w.offered(story.agent || w.someone)
  if (story.item) return w.withAgent(story.agent || w.someone)
  if (story.status === 'pending') return w.answered
  return w[story.status] || w.notRouted
}
