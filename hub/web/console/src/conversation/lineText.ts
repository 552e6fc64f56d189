import type { Entry } from '../api/types'
import type { I18n } from '../i18n'
import { showAddress } from '../lib/address'
import type { HubState } from '../store/state'
import { queueTitle } from '../store/titles'

type Names = Pick<HubState, 'queues' | 'agents'>

function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

/** An address within a sentence: kept left-to-right by an isolate. */
const addressIn = (data: Record<string, unknown>): string => `\u2066${showAddress(text(data['uri']))}\u2069`

/** A queue or agent of `data`: given as an id, a name, or both. */
function named(value: unknown, table: 'queues' | 'agents', names: Names, language: string): string {
  if (typeof value === 'object' && value !== null && 'id' in value) return named(value.id, table, names, language)
  if (typeof value !== 'number') return text(value)
  if (table === 'agents') return names.agents[value]?.name ?? ''
  const queue = names.queues[value]
  return queue ? queueTitle(queue, language) : ''
}

function timeOf(value: unknown): Date | null {
  if (typeof value === 'number') return new Date(value / 1000) // microseconds since 1970
  const parsed = Date.parse(text(value))
  return Number.isNaN(parsed) ? null : new Date(parsed)
}

/** Words that come with the entry in each language. */
function inLanguage(value: unknown, language: string): string {
  if (typeof value !== 'object' || value === null) return ''
  const words = value as Record<string, unknown>
  return text(words[language]) || text(words['en'])
}

/** Why an offer was declined: the agent's own words, else the reason's name. */
function declineWords(data: Record<string, unknown>, w: I18n['w']): string {
  const reason = text(data['reason'])
  return text(data['words']) || (w.declines.said[reason] ?? reason)
}

/** What a thin line says, from its kind and typed fields; what the hub wrote itself comes last. */
export function lineText(entry: Entry, names: Names, { w, f }: I18n): string {
  const { data, actor } = entry
  const kind = text(data['what']) || entry.kind
  const by = actor.kind === 'agent' ? actor.name : ''
  const queue = named(data['queue'], 'queues', names, f.language)
  const agent = named(data['agent'], 'agents', names, f.language)
  const until = timeOf(data['until'])
  const count = Array.isArray(data['entries']) ? data['entries'].length : 1
  switch (kind) {
    case 'routed':
    case 'queued':
      return queue ? w.system.routed(queue, text(data['rule'])) : entry.text || w.system.other
    case 'filed':
      return w.system.filed
    case 'not_answered':
      return w.system.notAnswered(inLanguage(data['words'], f.language))
    case 'offered':
      return w.system.offered(agent || by)
    case 'accepted':
      return w.system.accepted(agent || by)
    case 'declined':
      return w.system.declined(agent || by, declineWords(data, w))
    case 'missed':
    case 'expired':
      return w.system.missed(agent || by)
    case 'assigned':
      return w.system.assigned(agent || by)
    case 'taken':
      return w.system.taken(by || agent)
    case 'transferred':
      return w.system.transferred(by, queue || agent)
    case 'resolved':
      return w.system.resolved(by)
    case 'reopened':
      return data['spam'] === true ? w.consent.notSpamLine(by) : w.system.reopened(by)
    case 'snoozed':
      return w.system.snoozed(by, until ? f.dayTime(until) : '')
    case 'woken':
      return w.system.woken
    case 'spam':
      return w.system.spam(by)
    case 'claim_asked':
      return w.lines.asked(by, addressIn(data))
    case 'claim_code':
      return w.lines.code(addressIn(data))
    case 'claim_agent':
      return w.lines.agent(by, addressIn(data))
    case 'moved_here':
      return w.replies.line.movedHere(by, count, f.number(count))
    case 'moved_away':
      return w.replies.line.movedAway(by, count, f.number(count))
    case 'moved_back_here':
      return w.replies.line.backHere(by)
    case 'moved_back_away':
      return w.replies.line.backAway(by)
    case 'started':
      return w.system.started
    default:
      return entry.text || w.system.other
  }
}

/** What somebody added in their own words: a transfer's note. */
export const remarkOf = (entry: Entry): string => (entry.kind === 'transferred' ? entry.text : '')
