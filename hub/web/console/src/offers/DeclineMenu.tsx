import { Button, Menu } from '@mantine/core'
import { IconChevronDown } from '@tabler/icons-react'
import { useI18n } from '../i18n'

export const REASONS = ['busy', 'skill', 'language', 'other'] as const
export type Reason = (typeof REASONS)[number]

/** Why not: one of the usual reasons, or `other`, which asks for words. */
export function DeclineMenu({ disabled, onChoose }: { disabled: boolean; onChoose: (reason: Reason) => void }) {
  const { w } = useI18n()
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <Button size="sm" px={10} variant="default" disabled={disabled} rightSection={<IconChevronDown size={14} />} data-testid="offer-decline">{w.offers.decline}</Button>
      </Menu.Target>
      <Menu.Dropdown>
        {REASONS.map((reason) => <Menu.Item key={reason} onClick={() => onChoose(reason)} data-testid={`decline-${reason}`}>{w.declines.reasons[reason]}</Menu.Item>)}
      </Menu.Dropdown>
    </Menu>
  )
}
