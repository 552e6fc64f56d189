import { UnstyledButton } from '@mantine/core'
import { IconAlertCircle, IconClock } from '@tabler/icons-react'
import { restore } from '../composer/drafts'
import { deliverAgain } from '../composer/send'
import { useI18n } from '../i18n'
import type { Pending } from '../store/outbox'
import { outbox } from '../store/outbox'
import bubble from './Bubble.module.css'
import delivery from './DeliveryLine.module.css'
import note from './Note.module.css'

/** What was just written, shown at once; if it could not be sent it stays here with its text. */
export function PendingBubble({ item }: { item: Pending }) {
  const { w } = useI18n()
  const failed = item.state === 'failed'
  const foot = (
    <span className={delivery.line} data-state={failed ? 'failed' : 'sending'} data-testid="delivery">
      {failed ? <IconAlertCircle size={14} /> : <IconClock size={14} />}
      <span>{failed ? w.entry.notSent : w.entry.sending}</span>
      {failed && (
        <>
          <UnstyledButton className={delivery.act} onClick={() => void deliverAgain(item, w)} data-testid="retry">{w.common.retry}</UnstyledButton>
          <UnstyledButton
            className={delivery.act}
            onClick={() => {
              restore(item)
              outbox.drop(item.key)
            }}
          >
            {w.entry.discard}
          </UnstyledButton>
        </>
      )}
    </span>
  )
  if (item.mode === 'note') {
    return <article className={note.note} data-testid="pending"><div className="people-text" dir="auto">{item.text}</div><div className={bubble.foot}>{foot}</div></article>
  }
  return (
    <article className={bubble.row} data-out data-first data-testid="pending">
      <div className={bubble.bubble} data-last><div className="people-text" dir="auto">{item.text}</div></div>
      <footer className={bubble.foot}>{foot}</footer>
    </article>
  )
}
