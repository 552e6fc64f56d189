import { ActionIcon, Button, FileButton, Radio, Textarea, TextInput, UnstyledButton } from '@mantine/core'
import { IconPaperclip, IconSend2 } from '@tabler/icons-react'
import type { KeyboardEvent } from 'react'
import { useEffect, useState } from 'react'
import { api } from '../api/calls'
import type { Way, Ways } from '../api/outreachTypes'
import type { Conversation } from '../api/types'
import { blank, change, useDrafts } from '../composer/drafts'
import { FileList } from '../composer/FileList'
import { textProblem } from '../composer/textProblem'
import { useFiles } from '../composer/useFiles'
import { useI18n } from '../i18n'
import { showAddress } from '../lib/address'
import { ENTER, MOD } from '../lib/keys'
import { showDone, showProblem } from '../lib/problem'
import { go, paths } from '../lib/router'
import { addConversations, addEntry } from '../store/reduce'
import { update } from '../store/store'
import { ChannelIcon, familyOf } from '../ui/ChannelIcon'
import { Hint } from '../ui/Hint'
import type { Whom } from './starting'
import { choose, put, sent, type, useStarting } from './starting'
import classes from './Start.module.css'

interface Reach {
  ways: Ways | null
  open: Conversation | null
}

/** How they can be reached, and an open matter in which one might rather go on. */
function useReach(whom: Whom): Reach {
  const { w } = useI18n()
  const [reach, setReach] = useState<Reach>({ ways: null, open: null })
  useEffect(() => {
    let current = true
    async function load(): Promise<void> {
      const ways = await api.ways(whom.uri ? { to: whom.uri } : { contact: whom.contact })
      const person = ways.contact === null ? null : await api.contact(ways.contact)
      if (current) setReach({ ways, open: person?.conversations?.[0] ?? null })
    }
    load().catch((error: unknown) => showProblem(error, w))
    return () => {
      current = false
    }
  }, [whom, w])
  return reach
}

/** Where the files of a message wait that has no conversation yet. */
const NOWHERE = 0
const keyOf = (way: Way): string => `${way.channel.id} ${way.to}`

export function Message({ whom }: { whom: Whom }) {
  const { w, f } = useI18n()
  const { subject, text, key } = useStarting()
  const { ways, open } = useReach(whom)
  const [chosen, setChosen] = useState<string | null>(null)
  const [busy, setBusy] = useState(false)
  const way = ways?.items.find((item) => keyOf(item) === chosen) ?? ways?.items.find((item) => item.open) ?? null
  const { files } = useDrafts((desk) => desk[NOWHERE]) ?? blank
  const { add, remove } = useFiles(NOWHERE, way?.capabilities)
  const problem = textProblem(text, way?.capabilities, w)
  const ready = way !== null && way.open && (text.trim() !== '' || files.length > 0) && !problem && files.every((file) => file.state === 'done') && (files.length === 0 || way.capabilities.attachments === true) && (!way.capabilities.subject || subject.trim() !== '')
  const name = whom.name ?? (ways?.name || (way ? showAddress(way.to) : ''))

  async function submit(): Promise<void> {
    if (!ready || busy) return
    setBusy(true)
    try {
      const target = whom.contact === undefined ? {} : { contact: whom.contact }
      const begun = await api.start({ ...target, channel: way.channel.id, to: [way.to], text: text.trimEnd(), files: files.flatMap((file) => file.upload?.id ?? []), client_key: key, ...(way.capabilities.subject ? { subject } : {}) })
      update((state) => addEntry(addConversations(state, [begun.conversation]), begun.entry))
      sent()
      change(NOWHERE, { files: [] })
      showDone(w.start.done(`\u2068${name}\u2069`))
      go(paths.conversation(begun.conversation.id))
    } catch (error) {
      showProblem(error, w)
    } finally {
      setBusy(false)
    }
  }
  function onKey(event: KeyboardEvent): void {
    if (event.nativeEvent.isComposing || !(event.ctrlKey || event.metaKey) || event.code !== 'Enter') return
    event.preventDefault()
    void submit()
  }

  if (!ways) return <div className={classes.form} aria-busy />
  return (
    <div className={classes.form} onKeyDown={onKey}>
      {ways.items.length === 0 ? <p className={classes.none} role="status">{w.start.noWay}</p> : <WayChoice items={ways.items} chosen={way ? keyOf(way) : null} onChoose={setChosen} />}
      {open && (
        <p className={classes.open} role="status">
          <span>{w.start.openMatter}</span>
          <UnstyledButton className={classes.link} onClick={() => {
            put()
            go(paths.conversation(open.id))
          }} data-testid="start-open">{w.start.goThere}</UnstyledButton>
        </p>
      )}
      {way?.capabilities.subject && <TextInput label={w.start.subject} value={subject} dir={subject ? 'auto' : undefined} maxLength={500} onChange={(event) => type({ subject: event.currentTarget.value })} data-autofocus data-testid="start-subject" />}
      <Textarea
        label={w.start.text} autosize minRows={5} maxRows={14} value={text} dir={text ? 'auto' : undefined} error={problem} onChange={(event) => type({ text: event.currentTarget.value })}
        data-autofocus={way?.capabilities.subject ? undefined : true} data-testid="start-text"
      />
      <FileList files={files} onRemove={remove} />
      {files.length > 0 && way && !way.capabilities.attachments && <p className={classes.why} role="alert">{w.composer.noFiles}</p>}
      <div className={classes.foot}>
        {way?.capabilities.attachments && (
          <FileButton onChange={add} multiple>
            {(props) => <Hint label={w.composer.attach}><ActionIcon {...props} size={30} aria-label={w.composer.attach} data-testid="start-attach"><IconPaperclip size={17} stroke={1.6} /></ActionIcon></Hint>}
          </FileButton>
        )}
        <UnstyledButton className={classes.link} onClick={() => choose(null)} data-testid="start-change">{w.start.change}</UnstyledButton>
        <span className={classes.help}>{w.start.help}</span>
        <Hint label={w.composer.send} keys={[MOD, ENTER]}>
          <Button disabled={!ready} loading={busy} onClick={() => void submit()} rightSection={<IconSend2 size={15} stroke={1.7} className="turns" />} lang={f.language} data-testid="start-send">
            {way ? w.start.send(w.channelKinds[familyOf(way.channel.kind)]) : w.composer.send}
          </Button>
        </Hint>
      </div>
    </div>
  )
}

function WayChoice({ items, chosen, onChoose }: { items: Way[]; chosen: string | null; onChoose: (key: string) => void }) {
  const { w, f } = useI18n()
  return (
    <Radio.Group value={chosen} onChange={onChoose} label={w.start.channel} description={items.every((item) => !item.open) ? w.start.allClosed : undefined}>
      <div className={classes.ways}>
        {items.map((item) => (
          <Radio.Card key={keyOf(item)} value={keyOf(item)} disabled={!item.open} className={classes.way} data-testid={`way-${item.channel.name}`}>
            <ChannelIcon kind={item.channel.kind} size={16} />
            <span className={classes.who}>
              <span>{w.channelKinds[familyOf(item.channel.kind)]} <bdi className={classes.fact}>{item.title}</bdi></span>
              <bdi className={`address ${classes.fact}`}>{showAddress(item.to)}</bdi>
              {!item.open && <span className={classes.why}>{item.words[f.language] || item.words['en'] || item.why}</span>}
            </span>
            <Radio.Indicator />
          </Radio.Card>
        ))}
      </div>
    </Radio.Group>
  )
}
