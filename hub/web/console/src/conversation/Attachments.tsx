import { Modal, UnstyledButton } from '@mantine/core'
import { IconDownload, IconFile, IconFileTypePdf, IconFileZip, IconPhoto } from '@tabler/icons-react'
import { useState } from 'react'
import type { Attachment, Id } from '../api/types'
import { useI18n } from '../i18n'
import classes from './Attachments.module.css'

const isImage = (item: Attachment): boolean => /^image\/(png|jpe?g|gif|webp|avif|bmp)$/.test(item.type)
const isThere = (item: Attachment): boolean => item.url !== null && item.state !== 'missing' && item.state !== 'failed'

/** Pictures as pictures, everything else as a line with name and size. */
export function Attachments({ items }: { items: Attachment[] }) {
  const { w } = useI18n()
  const [open, setOpen] = useState<Attachment | null>(null)
  const [broken, setBroken] = useState<ReadonlySet<Id>>(new Set())
  if (items.length === 0) return null
  const pictures = items.filter((item) => isImage(item) && isThere(item) && !broken.has(item.id))
  const files = items.filter((item) => !pictures.includes(item))
  return (
    <div className={classes.all} role="group" aria-label={w.attachments.label}>
      {pictures.length > 0 && (
        <div className={classes.pictures}>
          {pictures.map((item) => (
            <UnstyledButton key={item.id} className={classes.picture} onClick={() => setOpen(item)} aria-label={w.attachments.open(item.name)}>
              <img src={item.url ?? ''} alt={item.name} loading="lazy" onError={() => setBroken(new Set([...broken, item.id]))} />
            </UnstyledButton>
          ))}
        </div>
      )}
      {files.map((item) => <FileLine key={item.id} item={item} missing={broken.has(item.id)} />)}
      {open && (
        <Modal opened onClose={() => setOpen(null)} size="xl" title={<bdi>{open.name}</bdi>} closeButtonProps={{ 'aria-label': w.common.close }}>
          <img className={classes.large} src={open.url ?? ''} alt={open.name} />
          <FileLine item={open} />
        </Modal>
      )}
    </div>
  )
}

function iconFor(type: string) {
  if (type.startsWith('image/')) return IconPhoto
  if (type === 'application/pdf') return IconFileTypePdf
  return /zip|compressed|tar/.test(type) ? IconFileZip : IconFile
}

function FileLine({ item, missing = false }: { item: Attachment; missing?: boolean }) {
  const { w, f } = useI18n()
  const Icon = iconFor(item.type)
  const inside = (
    <>
      <Icon size={18} stroke={1.5} aria-hidden />
      <bdi className={classes.name}>{item.name}</bdi>
      <span className={classes.size}>{fact()}</span>
    </>
  )
  function fact(): string {
    if (missing || item.state === 'missing' || item.state === 'failed') return w.attachments.missing
    if (item.url === null) return w.attachments.fetching
    return item.size === null ? '' : f.bytes(item.size)
  }
  if (missing || !isThere(item)) return <div className={classes.file}>{inside}</div>
  return (
    <a className={classes.file} href={item.url ?? ''} download={item.name} aria-label={w.attachments.download(item.name)}>
      {inside}
      <IconDownload size={15} stroke={1.6} aria-hidden />
    </a>
  )
}
