import { ActionIcon, Menu } from '@mantine/core'
import { IconBan, IconDots, IconHandStop, IconPencil, IconThumbUp } from '@tabler/icons-react'
import { useState } from 'react'
import type { Identity } from '../../api/types'
import { useI18n } from '../../i18n'
import { showAddress } from '../../lib/address'
import { writeTo } from '../../outreach/starting'
import { can } from '../../store/select'
import { useHub } from '../../store/store'
import { ConsentDialog } from './ConsentDialog'
import { useConsentActs } from './useConsent'

/** What one may do with an address: write, record what was said, block. */
export function AddressMenu({ identity, name, className }: { identity: Identity; name: string; className?: string }) {
  const { w } = useI18n()
  const works = useHub((state) => can(state.me, 'work'))
  const acts = useConsentActs()
  const [asked, setAsked] = useState<'granted' | 'withdrawn' | null>(null)
  if (!works) return null
  const icon = { size: 16, stroke: 1.6 }
  return (
    <>
      <Menu position="bottom-end">
        <Menu.Target>
          <ActionIcon size={24} className={className} aria-label={w.consent.acts(showAddress(identity.uri))} data-testid={`address-menu-${identity.id}`}><IconDots size={15} /></ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          {!identity.blocked && !identity.opted_out && <Menu.Item leftSection={<IconPencil {...icon} />} onClick={() => writeTo(name ? { uri: identity.uri, name } : { uri: identity.uri })} data-testid="address-write">{w.consent.write}</Menu.Item>}
          {!identity.opted_out && <Menu.Item leftSection={<IconHandStop {...icon} />} onClick={() => setAsked('withdrawn')} data-testid="address-withdraw">{w.consent.withdraw}</Menu.Item>}
          <Menu.Item leftSection={<IconThumbUp {...icon} />} onClick={() => setAsked('granted')} data-testid="address-grant">{w.consent.grant}</Menu.Item>
          <Menu.Item leftSection={<IconBan {...icon} />} onClick={() => (identity.blocked ? acts.unblock(identity.id) : acts.block(identity.id))} data-testid="address-block">
            {identity.blocked ? w.consent.unblock : w.consent.block}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <ConsentDialog state={asked} identity={identity} onClose={() => setAsked(null)} />
    </>
  )
}
