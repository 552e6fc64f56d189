import { ActionIcon, Button, FileButton } from '@mantine/core'
import { IconMessageBolt, IconPaperclip, IconSend2 } from '@tabler/icons-react'
import { useI18n } from '../i18n'
import { ENTER, MOD } from '../lib/keys'
import { countParts } from '../lib/sms'
import { useIsPhone } from '../lib/screen'
import { familyOf } from '../ui/ChannelIcon'
import { Hint } from '../ui/Hint'
import type { Writing } from './drafts'
import classes from './Foot.module.css'
import type { Route } from './routes'

interface Props {
  state: Writing
  route: Route | null
  problem: string | null
  ready: boolean
  onSend: () => void
  onFiles: (files: Iterable<File>) => void
  onCanned: () => void
}

export function Foot({ state, route, problem, ready, onSend, onFiles, onCanned }: Props) {
  const { w } = useI18n()
  const phone = useIsPhone()
  const reply = state.mode === 'reply'
  const files = reply && (route?.option.capabilities.attachments ?? false)
  const family = route ? w.channelKinds[familyOf(route.option.channel.kind)] : ''
  const label = reply ? (family && !phone ? w.composer.sendVia(family) : w.composer.send) : w.composer.addNote
  return (
    <div className={classes.foot}>
      {files && (
        <FileButton onChange={(chosen) => onFiles(chosen)} multiple>
          {(props) => (
            <Hint label={w.composer.attach}>
              <ActionIcon {...props} size={30} aria-label={w.composer.attach} data-testid="attach"><IconPaperclip size={17} stroke={1.6} /></ActionIcon>
            </Hint>
          )}
        </FileButton>
      )}
      {reply && (
        <Hint label={w.canned.button} keys={['/']}>
          <ActionIcon size={30} aria-label={w.canned.button} onClick={onCanned} disabled={state.texts.reply !== ''} data-testid="canned"><IconMessageBolt size={17} stroke={1.6} /></ActionIcon>
        </Hint>
      )}
      <span className={classes.facts}>
        {problem ? <span className={classes.problem} role="alert">{problem}</span> : <Facts state={state} route={route} />}
      </span>
      <Hint label={label} keys={[MOD, ENTER]}>
        <Button
          size="xs" onClick={onSend} disabled={!ready} className={classes.send} data-mode={state.mode} data-testid="send"
          rightSection={reply ? <IconSend2 size={15} stroke={1.7} className="turns" /> : null}
        >
          {label}
        </Button>
      </Hint>
    </div>
  )
}

function Facts({ state, route }: { state: Writing; route: Route | null }) {
  const { w, f } = useI18n()
  const text = state.texts[state.mode]
  const sizes = state.mode === 'reply' ? route?.option.capabilities.part_sizes : undefined
  const kept = { kept: w.composer.saved, keeping: w.composer.saving, here: w.composer.unsaved }
  const count = sizes?.length && text ? countParts(text, sizes) : null
  return (
    <>
      {count && (
        <span title={count.unicode ? w.composer.unicode : undefined} data-testid="parts">{w.composer.parts(count.parts, f.number(count.parts), f.number(count.left))}</span>
      )}
      {state.kept && text && <span className={classes.kept} data-testid="draft-state" data-kept={state.kept}>{kept[state.kept]}</span>}
    </>
  )
}
