import { MultiSelect, Select } from '@mantine/core'
import type { Role } from '../../api/types'
import { useI18n } from '../../i18n'
import { useQueueNames } from './useQueueNames'

const ROLES: Role[] = ['agent', 'supervisor', 'admin', 'viewer']

interface Props {
  role: Role
  queues: string[]
  fixedRole?: boolean
  onRole: (role: Role) => void
  onQueues: (queues: string[]) => void
}

/** What somebody may do, and whose work they get. */
export function RoleFields({ role, queues, fixedRole, onRole, onQueues }: Props) {
  const { w } = useI18n()
  const { choices } = useQueueNames()
  return (
    <>
      <Select
        label={w.users.role} description={w.users.roleHelp[role]} inputWrapperOrder={['label', 'input', 'description']} allowDeselect={false}
        disabled={fixedRole ?? false} value={role} data={ROLES.map((one) => ({ value: one, label: w.users.roles[one] ?? one }))}
        onChange={(value) => value && onRole(value as Role)} data-testid="user-role"
      />
      {role !== 'viewer' && (
        <MultiSelect label={w.users.queues} description={w.users.queuesHelp} inputWrapperOrder={['label', 'input', 'description']} data={choices} value={queues} onChange={onQueues} searchable data-testid="user-queues" />
      )}
    </>
  )
}
