/** The log: days, who writes, bubbles in groups, what is on its way, what is asked first. */

import { Component, createRef, Fragment, h } from 'preact'
import type { Chat } from '../chat'
import type { Format } from '../format'
import type { FileRef } from '../types'
import { Bubble } from './Bubble'
import { DownIcon, TickIcon } from './icons'

interface Line {
  key: string
  mine: boolean
  name: string
  text: string
  at: string
  files: readonly FileRef[]
  state: 'pending' | 'sent' | 'read' | 'refused' | ''
  discard?: () => void
}

const GROUP = 300_000  // ms between two messages of one group

interface Props {
  chat: Chat
  format: Format
}

export class Messages extends Component<Props, { low: boolean }> {
  override state = { low: true }  // the newest message is on the screen
  #box = createRef<HTMLDivElement>()
  #height = 0
  #top = 0
  #first: number | undefined

  override componentDidMount(): void {
    // a notice, a growing text or a phone's keyboard takes room from below
    new ResizeObserver(() => this.state.low && this.#toEnd()).observe(this.#box.current!)
  }

  override componentDidUpdate(): void {
    const box = this.#box.current!
    const { scrollHeight } = box
    const grown = scrollHeight - this.#height
    const { entries, outbox } = this.props.chat
    const first = entries[0]?.id
    this.#height = scrollHeight
    if (grown && (this.state.low || outbox.drafts.length)) this.#toEnd()
    else if (this.#first! > first!) box.scrollTop += grown // earlier ones came: what is read stays where it is
    this.#first = first
  }

  #toEnd = (): void => this.#box.current!.scrollTo({ top: this.#height })

  #scrolled = (): void => {
    const { scrollTop, scrollHeight, clientHeight } = this.#box.current!
    const low = scrollHeight - scrollTop - clientHeight < 60 || (this.state.low && scrollTop >= this.#top)
    this.#top = scrollTop  // only who goes up leaves the end: room may also have been taken from below
    if (scrollTop < 60) void this.props.chat.earlier()
    if (low !== this.state.low) this.setState({ low })
  }

  override render() {
    return (
      <div class="middle">
        <div class="log" ref={this.#box} onScroll={this.#scrolled} role="log" aria-live={this.props.chat.more === null ? 'off' : 'polite'}
          aria-label={this.props.format.words.messages} tabIndex={0}>
          <div class="fill" />
          <Log {...this.props} />
        </div>
        {!this.state.low && (
          <button class="down" onClick={this.#toEnd} aria-hidden="true" tabIndex={-1}>
            <DownIcon />
          </button>
        )}
      </div>
    )
  }
}

function Log({ chat, format }: Props) {
  const { words } = format
  const lines = gather(chat)
  return (
    <>
      {chat.fresh && <Greeting chat={chat} format={format} />}
      {lines.map((line, index) => {
        const before = lines[index - 1]
        const first = !before || !together(before, line)
        const next = lines[index + 1]
        const last = !next || !together(line, next)
        const day = !before || format.day(before.at) !== format.day(line.at)
        return (
          <div key={line.key}>
            {day && (before || !chat.fresh) && <div class="day">{format.day(line.at)}</div>}
            {first && !line.mine && <Author name={line.name || words.team} />}
            {first && line.mine && <span class="sr">{words.you}</span>}
            <Bubble text={line.text} files={line.files} mine={line.mine} hub={chat.hub}
              format={format} first={first}
              class={line.state}
              foot={(last || line.state === 'refused') && <Foot line={line} format={format} />} />
          </div>
        )
      })}
      {chat.typing !== null && (
        <div class="row theirs first typing">
          <div class="stack"><div class="bubble"><i /><i /><i /></div></div>
          <span class="sr">{chat.typing || words.team} {words.typing}</span>
        </div>
      )}
    </>
  )
}

function Author({ name }: { name: string }) {
  return (
    <div class="author">
      <span class="face" aria-hidden="true">{[...name][0]}</span>
      <bdi>{name}</bdi>
    </div>
  )
}

function Foot({ line, format }: { line: Line; format: Format }) {
  const { words } = format
  const { state } = line
  if (state === 'refused') {
    return <span class="bad">{words.refused} · <button onClick={line.discard}>{words.remove}</button></span>
  }
  if (state === 'pending') return <>{words.pending}</>
  return (
    <>
      <time dateTime={line.at}>{format.time(line.at)}</time>
      {state && (
        <span class={`tick ${state}`} role="img" aria-label={words[state]}>
          <TickIcon />
          {state === 'read' && <TickIcon />}
        </span>
      )}
    </>
  )
}

/** The channel's greeting and its questions, as messages, one by one. */
function Greeting({ chat, format }: { chat: Chat; format: Format }) {
  const { words } = format
  const common = { files: [], hub: chat.hub, format, first: true }
  const now = chat.asks.findIndex(ask => ask.answer === undefined)
  return (
    <>
      <Author name={words.team} />
      <Bubble {...common} text={words.greeting} mine={false} />
      {(now < 0 ? chat.asks : chat.asks.slice(0, now + 1)).map(({ field, answer }) => (
        <Fragment key={field}>
          <Bubble {...common} text={words[`ask_${field}`]} mine={false} first={false} />
          {answer === undefined && <button class="skip" onClick={() => chat.answer('')}>{words.skip}</button>}
          {answer && field !== 'question' && <Bubble {...common} text={answer} mine />}
        </Fragment>
      ))}
    </>
  )
}

function gather(chat: Chat): Line[] {
  const lines: Line[] = chat.entries.map(entry => {
    const mine = entry.direction === 'in'
    return {
      key: entry.client_id ?? `${entry.id}`, mine, name: entry.name ?? '', text: entry.text,
      at: entry.at, files: entry.files ?? [],
      state: !mine ? '' : entry.id <= chat.readUpto ? 'read' : 'sent',
    }
  })
  for (const draft of chat.outbox.drafts) {
    const blobs = draft.blobs.map(({ name, type, size }) => ({ name, type, size }))
    lines.push({
      key: draft.id, mine: true, name: '', text: draft.text, at: draft.at,
      files: [...draft.files, ...blobs], state: draft.refused ? 'refused' : 'pending',
      discard: () => chat.discard(draft.id),
    })
  }
  return lines
}

const together = (a: Line, b: Line): boolean =>
  a.mine === b.mine && a.name === b.name && Date.parse(b.at) - Date.parse(a.at) < GROUP
