import { Button, Loader, TextInput } from '@mantine/core'
import { IconSearch, IconUserPlus } from '@tabler/icons-react'
import { useCallback, useEffect, useState } from 'react'
import type { User } from '../../api/accessTypes'
import { api } from '../../api/calls'
import { useI18n } from '../../i18n'
import { showProblem } from '../../lib/problem'
import { Empty } from '../../ui/Empty'
import page from '../AdminPage.module.css'
import { EditDialog } from './EditDialog'
import { InviteDialog } from './InviteDialog'
import { LeaveDialog } from './LeaveDialog'
import { LinkDialog } from './LinkDialog'
import { Person } from './Person'
import type { Act } from './useActs'
import { useActs } from './useActs'
import classes from './Users.module.css'

async function everybody(): Promise<User[]> {
  const found: User[] = []
  let cursor: string | undefined
  do {
    const next = await api.users(cursor)
    found.push(...next.items)
    cursor = next.next ?? undefined
  } while (cursor)
  return found
}

/** Everybody who may sign in: invited, changed, helped in again, switched off. */
export function UsersPage() {
  const { w } = useI18n()
  const [users, setUsers] = useState<User[] | null>(null)
  const [words, setWords] = useState('')
  const [inviting, setInviting] = useState(false)
  const load = useCallback(() => {
    everybody().then(setUsers, (error: unknown) => showProblem(error, w))
  }, [w])
  useEffect(load, [load])
  const { act, dialog, close } = useActs(load)

  if (!users) return <div className={page.head}><Loader size="sm" /></div>
  const wanted = words.trim().toLowerCase()
  const shown = users.filter((one) => !wanted || one.name.toLowerCase().includes(wanted) || one.email.includes(wanted))
  return (
    <>
      <div className={page.head}>
        <p className={page.intro}>{w.users.intro}</p>
        <Button size="xs" flex="none" leftSection={<IconUserPlus size={15} />} onClick={() => setInviting(true)} data-testid="invite">{w.users.invite}</Button>
      </div>
      {users.length > 6 && (
        <TextInput className={classes.find} placeholder={w.users.find} aria-label={w.users.find} leftSection={<IconSearch size={15} />} value={words} onChange={(event) => setWords(event.currentTarget.value)} dir={words ? 'auto' : undefined} />
      )}
      {shown.length === 0 ? <Empty title={users.length ? w.users.nobody : w.users.none} /> : <Table users={shown} act={act} />}
      {inviting && <InviteDialog onClose={() => setInviting(false)} onDone={load} onLink={(user, link) => act(user, 'shown', link)} />}
      {dialog?.act === 'edit' && <EditDialog user={dialog.user} onClose={close} onDone={load} onLeave={(user, changes) => act(user, 'leave', undefined, changes)} />}
      {dialog?.act === 'leave' && <LeaveDialog user={dialog.user} changes={dialog.changes} everybody={users} onClose={close} onDone={load} />}
      {dialog?.link && <LinkDialog user={dialog.user} link={dialog.link} onClose={close} />}
    </>
  )
}

function Table({ users, act }: { users: User[]; act: (user: User, act: Act) => void }) {
  const { w } = useI18n()
  const { columns } = w.users
  return (
    <div className={page.scroll}>
      <table className={`${page.table} ${classes.table}`}>
        <thead>
          <tr><th>{columns.person}</th><th data-side>{columns.role}</th><th data-side>{columns.queues}</th><th>{columns.state}</th><th data-side>{columns.seen}</th><th /></tr>
        </thead>
        <tbody>{users.map((user) => <Person key={user.id} user={user} act={act} />)}</tbody>
      </table>
    </div>
  )
}
