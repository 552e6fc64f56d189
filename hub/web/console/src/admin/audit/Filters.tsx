import { Button, Select, TextInput } from '@mantine/core'
import { useEffect, useState } from 'react'
import type { AuditFilter, User } from '../../api/accessTypes'
import { api } from '../../api/calls'
import { useI18n } from '../../i18n'
import { can } from '../../store/select'
import { useHub } from '../../store/store'
import classes from './Audit.module.css'
import { actName } from './names'

const DAY_MS = 86_400_000

/** The first moment of a day of the person's own calendar, as the browser's date field has it. */
const dayStart = (day: string): string => new Date(`${day}T00:00:00`).toISOString()
const dayAfter = (day: string): string => new Date(new Date(`${day}T00:00:00`).getTime() + DAY_MS).toISOString()

export function Filters({ filter, onChange }: { filter: AuditFilter; onChange: (filter: AuditFilter) => void }) {
  const { w } = useI18n()
  const [actions, setActions] = useState<string[]>([])
  const [users, setUsers] = useState<User[]>([])
  const [from, setFrom] = useState('')
  const [until, setUntil] = useState('')
  const mayList = useHub((state) => can(state.me, 'users'))
  useEffect(() => {
    api.auditActions().then((found) => setActions(found.items), () => setActions([]))
    if (mayList) api.users().then((found) => setUsers(found.items), () => setUsers([]))
  }, [mayList])

  function set(name: keyof AuditFilter, value: string | null): void {
    const rest = Object.entries(filter).filter(([key]) => key !== name)
    onChange({ ...Object.fromEntries(rest), ...(value ? { [name]: value } : {}) })
  }
  const actors = [...users.map((one) => ({ value: `user:${one.id}`, label: one.name })), ...Object.entries(w.audit.actors).map(([value, label]) => ({ value, label }))]
  const known = actors.some((one) => one.value === filter.actor) || !filter.actor ? actors : [...actors, { value: filter.actor, label: filter.actor }]
  const subject = filter.subject
  return (
    <div className={classes.filters}>
      <Select label={w.audit.who} placeholder={w.audit.anybody} searchable clearable data={known} value={filter.actor ?? null} onChange={(value) => set('actor', value)} data-testid="audit-actor" />
      <Select label={w.audit.what} placeholder={w.audit.anything} searchable clearable data={actions.map((one) => ({ value: one, label: actName(one, w) }))} value={filter.action ?? null} onChange={(value) => set('action', value)} data-testid="audit-action" />
      <TextInput type="date" label={w.audit.from} dir="ltr" value={from} onChange={(event) => { setFrom(event.currentTarget.value); set('since', event.currentTarget.value && dayStart(event.currentTarget.value)) }} />
      <TextInput type="date" label={w.audit.until} dir="ltr" value={until} onChange={(event) => { setUntil(event.currentTarget.value); set('until', event.currentTarget.value && dayAfter(event.currentTarget.value)) }} />
      {Object.keys(filter).length > 0 && (
        <Button variant="subtle" color="gray" onClick={() => { setFrom(''); setUntil(''); onChange({}) }} data-testid="audit-clear">
          {subject ? <bdi>{w.audit.clear}{w.between}{subject}</bdi> : w.audit.clear}
        </Button>
      )}
    </div>
  )
}
