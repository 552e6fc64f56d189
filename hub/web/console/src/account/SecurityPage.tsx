import { Loader } from '@mantine/core'
import { useCallback, useEffect, useState } from 'react'
import type { Security } from '../api/accessTypes'
import { api } from '../api/calls'
import page from '../admin/AdminPage.module.css'
import { useI18n } from '../i18n'
import { showProblem } from '../lib/problem'
import { PasswordCard } from './PasswordCard'
import classes from './Security.module.css'
import { SecondFactorCard } from './SecondFactorCard'
import { SessionsCard } from './SessionsCard'

/** My way in: password, second factor, and where I am signed in. */
export default function SecurityPage() {
  const { w } = useI18n()
  const [security, setSecurity] = useState<Security | null>(null)
  const load = useCallback(() => {
    api.security().then(setSecurity, (error: unknown) => showProblem(error, w))
  }, [w])
  useEffect(load, [load])
  return (
    <div className={page.page}>
      <div className={classes.inner}>
        <h1 className={page.title}>{w.security.title}</h1>
        <p className={page.intro}>{w.security.intro}</p>
        {!security && <Loader size="sm" mt="md" />}
        {security && (
          <>
            <PasswordCard security={security} onChanged={load} />
            <SecondFactorCard security={security} onChanged={load} />
            {security.provider && (
              <section className={classes.card}>
                <div><h2>{w.security.provider}</h2><p>{w.security.providerOn}</p></div>
              </section>
            )}
            <SessionsCard sessions={security.sessions} onChanged={load} />
          </>
        )}
      </div>
    </div>
  )
}
