import { Loader, UnstyledButton } from '@mantine/core'
import { IconAlertCircle, IconPaperclip, IconX } from '@tabler/icons-react'
import { useI18n } from '../i18n'
import type { FileItem } from './drafts'
import classes from './FileList.module.css'

export function FileList({ files, onRemove }: { files: FileItem[]; onRemove: (key: string) => void }) {
  if (files.length === 0) return null
  return <div className={classes.list}>{files.map((file) => <Chip key={file.key} file={file} onRemove={() => onRemove(file.key)} />)}</div>
}

function Chip({ file, onRemove }: { file: FileItem; onRemove: () => void }) {
  const { w, f } = useI18n()
  const style = { '--share': file.share } as React.CSSProperties
  return (
    <span className={classes.chip} data-state={file.state} style={style} data-testid="file-chip">
      {file.state === 'done' && <IconPaperclip size={14} stroke={1.6} aria-hidden />}
      {file.state === 'uploading' && <Loader size={12} aria-label={w.composer.uploading(file.name, f.percent(file.share))} />}
      {file.state === 'failed' && <IconAlertCircle size={14} aria-hidden />}
      <bdi className={classes.name}>{file.name}</bdi>
      <span className={classes.size}>{file.state === 'failed' ? w.composer.uploadFailed : f.bytes(file.size)}</span>
      <UnstyledButton className={classes.remove} onClick={onRemove} aria-label={w.composer.removeFile(file.name)}><IconX size={13} /></UnstyledButton>
    </span>
  )
}
