import { Button, Textarea } from '@mantine/core'
import type { ClipboardEvent, DragEvent, KeyboardEvent } from 'react'
import { useEffect, useRef, useState } from 'react'
import { api } from '../api/calls'
import type { Conversation } from '../api/types'
import type { Actions } from '../conversation/useActions'
import { useI18n } from '../i18n'
import type { Detail } from '../store/state'
import { nameOf } from '../ui/useName'
import { CannedList } from './canned/CannedList'
import { missingIn, useCatalogue } from './canned/catalogue'
import { Missing } from './canned/Missing'
import { useCanned } from './canned/useCanned'
import { firstTo } from './addressed'
import { Answering } from './Answering'
import { ChannelPicker } from './ChannelPicker'
import { ClosedNote } from './ClosedNote'
import classes from './Composer.module.css'
import { ConflictPanel } from './ConflictPanel'
import { blank, change, keepNow, switchMode, takeServerDraft, useDrafts, write, writing } from './drafts'
import { FileList } from './FileList'
import { Foot } from './Foot'
import { asked, useIntent } from './intent'
import { ModeTabs } from './ModeTabs'
import { Recipients } from './Recipients'
import { chosenRoute, routesOf } from './routes'
import { send } from './send'
import { textProblem } from './textProblem'
import { useFiles } from './useFiles'

interface Props {
  conversation: Conversation
  detail: Detail | undefined
  actions: Actions
}

const TYPING_MS = 4000

/** Where answers and notes are written. Nothing typed here is ever lost or covered. */
export function Composer({ conversation, detail, actions }: Props) {
  const { w } = useI18n()
  const { id } = conversation
  const state = useDrafts((desk) => desk[id]) ?? blank
  const routes = routesOf(detail)
  const route = chosenRoute(routes, state.option, detail?.draft?.channel ?? null)
  const capabilities = route?.option.capabilities
  const text = state.texts[state.mode]
  const reply = state.mode === 'reply'
  const box = useRef<HTMLTextAreaElement>(null)
  const { add, remove } = useFiles(id, reply ? capabilities : undefined)
  const { over, drop } = useDrop(add)
  const signal = useTypingSignal(conversation, reply && !!capabilities?.live)
  const canned = useCanned(id, text, route?.option.channel.id, reply)
  const variables = useCatalogue((state) => state.variables)
  const missing = reply ? missingIn(text, variables) : []
  const problem = reply ? textProblem(text, capabilities, w) : null
  const ready = !problem && missing.length === 0 && !canned.shown && state.files.every((file) => file.state === 'done') && (text.trim() !== '' || (reply && state.files.length > 0)) && (!reply || !!route?.option.open)

  useEffect(() => {
    if (detail) takeServerDraft(id, detail.draft)
  }, [id, detail])
  useEffect(() => () => keepNow(id), [id])
  useIntents(conversation.id, box, routes.map(({ key, option }) => ({ key, channel: option.channel.name, open: option.open })))

  if (!actions.canWork) return <div className={classes.closed}>{w.composer.readOnly}</div>
  if (conversation.status === 'spam') return <SpamNote actions={actions} />

  const submit = (): void => {
    if (ready) send(conversation, route, w)
  }
  function onKey(event: KeyboardEvent<HTMLTextAreaElement>): void {
    if (event.nativeEvent.isComposing || canned.onKey(event)) return
    if ((event.ctrlKey || event.metaKey) && (event.code === 'Enter' || event.code === 'NumpadEnter')) {
      event.preventDefault()
      submit()
    } else if (event.code === 'Escape') {
      event.stopPropagation()
      event.currentTarget.blur()
    }
  }
  function onPaste(event: ClipboardEvent): void {
    if (event.clipboardData.files.length === 0) return
    event.preventDefault()
    add(event.clipboardData.files)
  }

  return (
    <div className={classes.place}>
      {state.conflict && <ConflictPanel id={id} conflict={state.conflict} onEdit={() => box.current?.focus()} />}
      <div className={classes.box} data-mode={state.mode} data-over={over || undefined} data-testid="composer" role="group" aria-label={w.composer.label} {...drop} onPaste={onPaste}>
        <div className={classes.top}>
          <ModeTabs mode={state.mode} onMode={(mode) => {
            switchMode(id, mode)
            box.current?.focus()
          }} />
          {reply && <ChannelPicker routes={routes} route={route} to={route ? firstTo(id, route, state.to, state.answers) : ''} onRoute={(key) => change(id, { option: key, to: null, cc: null, answers: null })} loading={!detail} />}
        </div>
        {reply && state.answers?.answers != null && <Answering id={id} entry={state.answers.answers} />}
        {reply && route && capabilities?.many_recipients && detail && (
          <Recipients conversation={id} detail={detail} route={route} to={state.to} cc={state.cc} chosen={state.answers} onChange={(to, cc) => change(id, { to, cc })} />
        )}
        {reply && conversation.agent && !actions.mine && <div className={classes.theirs}>{w.composer.notYours(conversation.agent.name)}</div>}
        {reply && route && !route.option.open && <ClosedNote conversation={conversation} route={route} routes={routes} onRoute={(key) => change(id, { option: key, to: null, cc: null })} />}
        <CannedList canned={canned} />
        <Textarea
          ref={box} variant="unstyled" autosize minRows={2} maxRows={16} className={classes.text}
          placeholder={reply ? w.composer.replyHint(nameOf(conversation.contact.name, w)) : w.composer.noteHint}
          aria-label={reply ? w.composer.reply : w.composer.note} value={text} data-testid="composer-text"
          aria-controls={canned.shown ? 'canned-list' : undefined} aria-activedescendant={canned.shown && canned.items[canned.active] ? `canned-${canned.items[canned.active]?.name}` : undefined}
          onChange={(event) => {
            write(id, event.currentTarget.value)
            if (event.currentTarget.value) signal()
          }}
          onKeyDown={onKey} onBlur={() => keepNow(id)}
        />
        {missing.length > 0 && <Missing id={id} names={missing} onDone={() => box.current?.focus()} />}
        <FileList files={state.files} onRemove={remove} />
        <Foot state={state} route={route} problem={problem} ready={ready} onSend={submit} onFiles={add} onCanned={() => {
          if (!text) write(id, '/')
          box.current?.focus()
        }} />
        {over && <div className={classes.drop}>{w.composer.drop}</div>}
      </div>
    </div>
  )
}

function SpamNote({ actions }: { actions: Actions }) {
  const { w } = useI18n()
  return (
    <div className={classes.closed} data-testid="spam-note">
      <span>{w.consent.spamHelp}</span>
      {actions.canMove && <Button size="compact-sm" variant="default" onClick={actions.reopen} data-testid="not-spam">{w.consent.notSpam}</Button>}
    </div>
  )
}

function useDrop(add: (files: Iterable<File>) => void) {
  const [over, setOver] = useState(false)
  const hasFiles = (event: DragEvent): boolean => event.dataTransfer.types.includes('Files')
  const drop = {
    onDragOver: (event: DragEvent) => {
      if (!hasFiles(event)) return
      event.preventDefault()
      setOver(true)
    },
    onDragLeave: (event: DragEvent) => {
      if (!event.currentTarget.contains(event.relatedTarget as Node | null)) setOver(false)
    },
    onDrop: (event: DragEvent) => {
      if (!hasFiles(event)) return
      event.preventDefault()
      setOver(false)
      add(event.dataTransfer.files)
    },
  }
  return { over, drop }
}

/** Tell a waiting customer that somebody writes; at most every four seconds. */
function useTypingSignal(conversation: Conversation, live: boolean): () => void {
  const last = useRef(0)
  return () => {
    if (!live || Date.now() - last.current < TYPING_MS) return
    last.current = Date.now()
    api.typing(conversation.id).catch(() => undefined)
  }
}

/** R, N and "use another channel" come from elsewhere on the screen. */
function useIntents(id: number, box: React.RefObject<HTMLTextAreaElement | null>, ways: { key: string; channel: string; open: boolean }[]): void {
  const intent = useIntent((state) => state.intent)
  const latest = useRef(ways)
  useEffect(() => {
    latest.current = ways
  })
  useEffect(() => {
    if (intent?.conversation !== id) return
    if (intent.mode) switchMode(id, intent.mode)
    if (intent.text !== undefined) write(id, intent.text)
    if (intent.answers !== undefined) api.recipients(intent.answers).then((answers) => change(id, { answers, to: null, cc: null }), () => undefined)
    if (intent.canned && !writing(id).texts.reply) write(id, '/')
    if (intent.otherChannelThan !== undefined) {
      const other = latest.current.find((way) => way.open && way.channel !== intent.otherChannelThan)
      if (other) change(id, { option: other.key })
    }
    box.current?.focus()
    asked()
  }, [intent, id, box])
}
