import { IconArrowForwardUp, IconForms, IconInbox } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import type { Entry } from '../api/types'
import { useI18n } from '../i18n'
import { useHub } from '../store/store'
import { others, provenanceOf } from './facts'
import classes from './Provenance.module.css'

/** What a mail's words do not show: who else got it, who handed it on, where else it came. */
export function Provenance({ entry }: { entry: Entry }) {
  const { w, f } = useI18n()
  const participants = useHub((state) => (entry.conversation === null ? undefined : state.details[entry.conversation]?.participants))
  const { forwardedBy, form, alsoIn } = provenanceOf(entry)
  const names = others(entry, participants ?? [])
  if (!forwardedBy && !form && alsoIn.length === 0 && names.length === 0) return null
  return (
    <div className={classes.facts}>
      {names.length > 0 && <bdi>{(entry.to_other ? w.replies.wentTo : w.replies.wroteTo)(f.list(names))}</bdi>}
      {forwardedBy && <Fact icon={<IconArrowForwardUp size={13} className={classes.turned} aria-hidden />}>{w.replies.forwardedBy(forwardedBy)}</Fact>}
      {form && <Fact icon={<IconForms size={13} aria-hidden />}>{w.replies.viaForm(form)}</Fact>}
      {alsoIn.length > 0 && <Fact icon={<IconInbox size={13} aria-hidden />}>{w.replies.alsoIn(f.list(alsoIn))}</Fact>}
    </div>
  )
}

function Fact({ icon, children }: { icon: ReactNode; children: string }) {
  return <span className={classes.fact}>{icon}<bdi>{children}</bdi></span>
}
