import { Button, Modal } from '@mantine/core'
import { IconDownload } from '@tabler/icons-react'
import { useI18n } from '../i18n'
import classes from './Security.module.css'

/** Recovery codes, shown once; only a plain word closes them. */
export function Codes({ codes, onClose }: { codes: string[]; onClose: () => void }) {
  const { w } = useI18n()
  const file = `data:text/plain;charset=utf-8,${encodeURIComponent(`${codes.join('\n')}\n`)}`
  return (
    <Modal opened onClose={onClose} size="sm" title={w.security.codesTitle} withCloseButton={false} closeOnClickOutside={false} closeOnEscape={false}>
      <div className={classes.form}>
        <p>{w.security.codesHelp}</p>
        <ul className={classes.codes} data-testid="codes">{codes.map((code) => <li key={code}>{code}</li>)}</ul>
        <div className={classes.foot}>
          <Button component="a" href={file} download="recovery-codes.txt" variant="default" leftSection={<IconDownload size={15} />}>{w.security.download}</Button>
          <Button onClick={onClose} data-testid="codes-kept">{w.security.kept}</Button>
        </div>
      </div>
    </Modal>
  )
}
