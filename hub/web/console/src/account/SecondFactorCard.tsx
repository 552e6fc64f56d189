import { Button } from '@mantine/core'
import { useState } from 'react'
import type { Security } from '../api/accessTypes'
import { api } from '../api/calls'
import { useI18n } from '../i18n'
import { showDone } from '../lib/problem'
import { AskPassword } from './AskPassword'
import { Codes } from './Codes'
import { Enrol } from './Enrol'
import classes from './Security.module.css'

type Step = 'enrol' | 'codes' | 'off' | null

/** A code besides the password: turned on with an app, off, and its recovery codes. */
export function SecondFactorCard({ security, onChanged }: { security: Security; onChanged: () => void }) {
  const { w, f } = useI18n()
  const s = w.security
  const [step, setStep] = useState<Step>(null)
  const [codes, setCodes] = useState<string[] | null>(null)
  const { second_factor: on, recovery_codes: left } = security
  const close = (): void => setStep(null)
  function show(made: string[]): void {
    setCodes(made)
    setStep(null)
    onChanged()
  }
  return (
    <section className={classes.card} data-testid="second-factor">
      <div>
        <h2>{s.factor}</h2>
        <p>{on ? s.factorOn : s.factorOff}</p>
        {on && <p>{s.codesLeft(left, f.number(left))}</p>}
      </div>
      <div className={classes.acts}>
        {!on && <Button onClick={() => setStep('enrol')} data-testid="factor-on">{s.turnOn}</Button>}
        {on && <Button variant="default" onClick={() => setStep('codes')} data-testid="factor-codes">{s.newCodes}</Button>}
        {on && <Button variant="default" onClick={() => setStep('off')} data-testid="factor-off">{s.turnOff}</Button>}
      </div>
      {step === 'enrol' && <Enrol asks={security.has_password} onClose={close} onDone={show} />}
      {step === 'codes' && (
        <AskPassword asks={security.has_password} title={s.newCodes} help={s.newCodesHelp} submit={s.newCodes} onClose={close}
          run={async (current) => show((await api.newCodes(current)).codes)} />
      )}
      {step === 'off' && (
        <AskPassword
          asks={security.has_password} title={s.turnOff} submit={s.turnOff} onClose={close}
          run={async (current) => {
            await api.removeFactor(current)
            showDone(s.turnedOff)
            close()
            onChanged()
          }}
        />
      )}
      {codes && <Codes codes={codes} onClose={() => setCodes(null)} />}
    </section>
  )
}
