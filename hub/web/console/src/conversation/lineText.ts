import type { Entry, Id } from '../api/types'
import type { I18n } from '../i18n'
import { showAddress } from '../lib/address'
import type { HubState } from '../store/state'
import { queueTitle } from '../store/titles'

type Names = Pick<HubState, 'queues' | 'agents'>

/** An address within a sentence: kept left-to-right by an isolate. */
const addressIn = (uri = ''): string => `\u2066${showAddress(uri)}\u2069`

function queueName(id: Id | undefined, names: Names, language: string): string {
  const queue = id === undefined ? undefined : names.queues[id]
  return queue ? queueTitle(queue, language) : ''
}

/** What a thin line says, from its kind and typed fields; what the hub wrote itself comes last. */
export function lineText(entry: Entry, names: Names, { w, f }: I18n): string {
  const { data, actor } = entry
  const by = actor.kind === 'agent' ? actor.name : ''
  const agent = data.agent === undefined ? '' : names.agents[data.agent]?.name ?? ''
  const count = data.entries?.length ?? 1
  switch (entry.kind) {
    case 'not_answered':
      return w.system.notAnswered(data.words?.[f.language] ?? data.words?.['en'] ?? '')
    case 'taken':
      return w.system.taken(by)
    case 'transferred':
      return w.system.transferred(by, queueName(data.queue, names, f.language) || agent)
    case 'resolved':
      return w.system.resolved(by)
    case 'reopened':
      return data.spam ? w.consent.notSpamLine(by) : w.system.reopened(by)
    case 'snoozed':
      return w.system.snoozed(by, data.until ? f.dayTime(data.until) : '')
    case 'woken':
      return w.system.woken
    case 'spam':
      return w.system.spam(by)
    case 'claim_asked':
      return w.lines.asked(by, addressIn(data.uri))
    case 'claim_code':
      return w.lines.code(addressIn(data.uri))
    case 'claim_agent':
      return w.lines.agent(by, addressIn(data.uri))
    case 'moved_here':
      return w.replies.line.movedHere(by, count, f.number(count))
    case 'moved_away':
      return w.replies.line.movedAway(by, count, f.number(count))
    case 'moved_back_here':
      return w.replies.line.backHere(by)
    case 'moved_back_away':
      return w.replies.line.backAway(by)
    default:
      return entry.text || w.system.other
  }
}

/** What somebody added in their own words: a transfer's note. */
export const remarkOf = (entry: Entry): string => (entry.kind === 'transferred' ? entry.text : '')
