import { CopyButton } from '@mantine/core'
import { IconCheck, IconHash } from '@tabler/icons-react'
import { useI18n } from '../i18n'
import classes from './TrackingCode.module.css'

/** The number of a matter, as it is said on the phone; a click copies it. */
export function TrackingCode({ code }: { code: string }) {
  const { w } = useI18n()
  return (
    <CopyButton value={code}>
      {({ copied, copy }) => (
        <button type="button" className={classes.code} onClick={copy} title={w.tracking.copy} data-testid="tracking-code">
          {copied ? <IconCheck size={12} stroke={2} /> : <IconHash size={12} stroke={1.8} />}
          <span className="hidden-text">{w.tracking.label}</span>
          <span dir="ltr">{code}</span>
        </button>
      )}
    </CopyButton>
  )
}
