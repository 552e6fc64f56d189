import { Modal } from '@mantine/core'
import { apiUrl } from '../api/http'
import type { Entry } from '../api/types'
import { useI18n } from '../i18n'
import classes from './MailText.module.css'

/** No scripts, no forms, no same origin: links open elsewhere, nothing else leaves the frame. */
const SANDBOX = 'allow-popups allow-popups-to-escape-sandbox'

interface Props {
  entry: Entry
  images: boolean
  large?: boolean
}

export function MailFrame({ entry, images, large = false }: Props) {
  const { w } = useI18n()
  return (
    <iframe
      className={large ? classes.large : classes.frame} sandbox={SANDBOX} referrerPolicy="no-referrer" loading="lazy"
      src={apiUrl(`/entries/${entry.id}/html`, images ? { images } : {})} title={w.entry.htmlTitle(entry.actor.name)} data-testid="mail-frame"
    />
  )
}

export function MailLarge({ entry, images, onClose }: { entry: Entry; images: boolean; onClose: () => void }) {
  const { w } = useI18n()
  return (
    <Modal opened onClose={onClose} size="xl" title={<bdi>{entry.subject || entry.actor.name}</bdi>} closeButtonProps={{ 'aria-label': w.common.close }}>
      <MailFrame entry={entry} images={images} large />
    </Modal>
  )
}
