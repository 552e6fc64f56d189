import type { WhyFacts, WhyLine } from '../api/repliesTypes'
import type { I18n } from '../i18n'
import { showAddress } from '../lib/address'

export interface WhyText {
  main: string
  more: string
}

const shown = (uri: string | undefined): string => (uri ? `\u2068${showAddress(uri)}\u2069` : '')

/** A reason in words; a code that this console does not know yet says what it can. */
export function whyText({ code, facts }: WhyLine, i18n: I18n): WhyText {
  const why = i18n.w.replies.why
  switch (code) {
    case 'references':
      return { main: why.references(facts.at ? i18n.f.dayTime(new Date(facts.at)) : '', facts.ours ?? false), more: historyOf(facts, i18n) }
    case 'form':
      return { main: facts.why === 'ours' ? why.formOurs : why.form(facts.name || shown(facts.from)), more: facts.name ? shown(facts.from) : '' }
    case 'forwarded':
      return { main: why.forwarded(facts.name || shown(facts.by)), more: facts.proven ? why.forwardProven : why.forwardUnproven }
    case 'forward_note':
      return { main: why.forward_note(facts.name || shown(facts.by)), more: '' }
    case 'person':
      return { main: why.person(shown(facts.address), facts.name ?? ''), more: [facts.verified ? why.verified : why.seen, facts.linked ? why.linked : ''].filter(Boolean).join(' ') }
    case 'arrivals':
      return { main: why.arrivals(placesOf(facts, i18n)), more: '' }
    case 'moved':
      return movedText(facts, i18n)
    case 'written':
      return { main: why.written(facts.name ?? ''), more: '' }
    case 'automatic':
      return { main: why.automatic(facts.template ?? ''), more: '' }
    default:
      return { main: plain(code, i18n), more: historyOf(facts, i18n) }
  }
}

const PLAIN = ['new', 'token', 'channel', 'bounce', 'code', 'history', 'elsewhere', 'other_person', 'closed', 'spam', 'note', 'same_id', 'line'] as const

function plain(code: string, { w }: I18n): string {
  const known = PLAIN.find((one) => one === code)
  return known ? w.replies.why[known] : code
}

const historyOf = (facts: WhyFacts, { w }: I18n): string => (facts.history ? w.replies.why.history : '')

function placesOf({ places = [] }: WhyFacts, { f }: I18n): string {
  return f.list(places.map(({ channel, at }) => `${channel} (${f.dayTime(new Date(at))})`))
}

function movedText(facts: WhyFacts, { w, f }: I18n): WhyText {
  const why = w.replies.why
  const by = facts.by ?? ''
  if (facts.undone) return { main: why.movedUndone(by, f.dayTime(new Date(facts.undone))), more: '' }
  const from = facts.subject || facts.code || ''
  return { main: why.moved(by, facts.at ? f.dayTime(new Date(facts.at)) : ''), more: from ? why.movedFrom(from) : '' }
}
