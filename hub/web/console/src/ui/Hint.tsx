import { Group, Tooltip } from '@mantine/core'
import type { ReactElement } from 'react'
import { Kbd } from './Kbd'

/** A tooltip that names the button and shows its key. */
export function Hint({ label, keys, children }: { label: string; keys?: string[]; children: ReactElement }) {
  const text = (
    <Group gap={8} wrap="nowrap">
      <span>{label}</span>
      {keys && <Kbd keys={keys} />}
    </Group>
  )
  return <Tooltip label={text}>{children}</Tooltip>
}
