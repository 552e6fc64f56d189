import { Loader, UnstyledButton } from '@mantine/core'
import { IconArrowsMaximize } from '@tabler/icons-react'
import { useState } from 'react'
import { api } from '../api/calls'
import type { Entry } from '../api/types'
import { useI18n } from '../i18n'
import { showProblem } from '../lib/problem'
import { WithAddresses } from '../outreach/Address'
import { MailFrame, MailLarge } from './MailFrame'
import classes from './MailText.module.css'

type Shown = 'trimmed' | 'busy' | 'whole' | 'designed'

/** The text of a message; for mail also the whole of it and how it was designed, on demand. */
export function MailText({ entry }: { entry: Entry }) {
  const { w } = useI18n()
  const [shown, setShown] = useState<Shown>('trimmed')
  const [full, setFull] = useState('')
  const [large, setLarge] = useState(false)
  const [images, setImages] = useState(false)

  async function whole(): Promise<void> {
    setShown('busy')
    try {
      setFull((await api.entry(entry.id)).full_text ?? entry.text)
      setShown('whole')
    } catch (error) {
      showProblem(error, w)
      setShown('trimmed')
    }
  }

  const text = shown === 'whole' ? full : entry.text
  const stub = !!entry.data.stub
  return (
    <>
      {stub && <div className={classes.stub}>{w.entry.stub}</div>}
      {shown === 'designed' ? <MailFrame entry={entry} images={images} /> : text && <div className={`people-text ${classes.text}`} dir="auto"><WithAddresses text={text} /></div>}
      {(entry.has_more || entry.html) && (
        <div className={classes.choices}>
          {entry.has_more && shown !== 'designed' && (
            shown === 'busy' ? <Loader size={12} /> : (
              <UnstyledButton className={`${classes.choice} touch`} onClick={() => (shown === 'whole' ? setShown('trimmed') : void whole())} data-testid="whole-mail">
                {shown === 'whole' ? w.entry.less : w.entry.whole}
              </UnstyledButton>
            )
          )}
          {entry.html && (
            <UnstyledButton className={classes.choice} onClick={() => setShown(shown === 'designed' ? 'trimmed' : 'designed')} data-testid="as-designed">
              {shown === 'designed' ? w.entry.asText : w.entry.asSent}
            </UnstyledButton>
          )}
          {shown === 'designed' && !images && <UnstyledButton className={classes.choice} onClick={() => setImages(true)}>{w.entry.images}</UnstyledButton>}
          {shown === 'designed' && (
            <UnstyledButton className={classes.choice} onClick={() => setLarge(true)}><IconArrowsMaximize size={12} aria-hidden /> {w.entry.larger}</UnstyledButton>
          )}
        </div>
      )}
      {large && <MailLarge entry={entry} images={images} onClose={() => setLarge(false)} />}
    </>
  )
}
