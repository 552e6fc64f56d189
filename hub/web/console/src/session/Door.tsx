import { Button } from '@mantine/core'
import type { ReactNode } from 'react'
import { useI18n } from '../i18n'
import classes from './Door.module.css'
import { chooseLanguage } from './language'

/** The calm page before the hub: one card in the middle and the language below it. */
export function Door({ children }: { children: ReactNode }) {
  const { w, f } = useI18n()
  const other = f.language === 'fa' ? 'en' : 'fa'
  return (
    <main className={classes.page}>
      <div className={classes.card}>
        <div className={classes.mark} aria-hidden><svg viewBox="0 0 32 32" width="26" height="26"><path d="M9 8v16M23 8v16M9 16h14" stroke="currentColor" strokeWidth="3.4" strokeLinecap="round" fill="none" /></svg></div>
        {children}
      </div>
      <Button variant="subtle" color="gray" size="compact-sm" lang={other} onClick={() => chooseLanguage(other)}>
        {w.languages[other]}
      </Button>
    </main>
  )
}
