import { Button, Checkbox, Modal, Textarea } from '@mantine/core'
import { useState } from 'react'
import type { Purpose } from '../../api/outreachTypes'
import type { Identity } from '../../api/types'
import { useI18n } from '../../i18n'
import { showAddress } from '../../lib/address'
import classes from './Consent.module.css'
import { useConsentActs } from './useConsent'

interface Props {
  state: 'granted' | 'withdrawn' | null
  identity: Identity
  onClose: () => void
}

/** Record what somebody said of being written to, and how one knows. */
export function ConsentDialog({ state, identity, onClose }: Props) {
  const { w } = useI18n()
  const title = state === 'granted' ? w.consent.titleGrant : w.consent.titleWithdraw
  return (
    <Modal opened={state !== null} onClose={onClose} title={title} closeButtonProps={{ 'aria-label': w.common.close }}>
      {state && <Form state={state} identity={identity} onClose={onClose} />}
    </Modal>
  )
}

const PURPOSES: Purpose[] = ['reply', 'service', 'marketing']

function Form({ state, identity, onClose }: { state: 'granted' | 'withdrawn'; identity: Identity; onClose: () => void }) {
  const { w } = useI18n()
  const { say } = useConsentActs()
  const [proof, setProof] = useState('')
  const [purposes, setPurposes] = useState<Purpose[]>(state === 'granted' ? ['reply', 'service'] : PURPOSES)
  const [busy, setBusy] = useState(false)
  const ready = purposes.length > 0 && (state === 'withdrawn' || proof.trim().length >= 3)

  async function submit(): Promise<void> {
    setBusy(true)
    const done = await say(identity.id, { state, purposes, proof: proof.trim() })
    setBusy(false)
    if (done) onClose()
  }

  return (
    <div className={classes.form}>
      <bdi className={`address ${classes.about}`}>{showAddress(identity.uri)}</bdi>
      <Checkbox.Group label={w.consent.purpose} value={purposes} onChange={(value) => setPurposes(PURPOSES.filter((one) => value.includes(one)))}>
        <div className={classes.purposes}>
          {PURPOSES.map((one) => <Checkbox key={one} value={one} label={w.consent.purposes[one]} />)}
        </div>
      </Checkbox.Group>
      <Textarea
        data-autofocus label={w.consent.proof} placeholder={w.consent.proofHint} autosize minRows={2} maxRows={5} maxLength={1000} value={proof} dir={proof ? 'auto' : undefined}
        required={state === 'granted'} onChange={(event) => setProof(event.currentTarget.value)} data-testid="consent-proof"
      />
      <Button disabled={!ready} loading={busy} onClick={() => void submit()} className={classes.submit} data-testid="consent-submit">{w.consent.submit}</Button>
    </div>
  )
}
