import { ActionIcon, Menu } from '@mantine/core'
import { IconDots, IconMailForward, IconRosetteDiscountCheck, IconUserCheck } from '@tabler/icons-react'
import { useState } from 'react'
import { api } from '../api/calls'
import type { Claim, Identity } from '../api/types'
import { useI18n } from '../i18n'
import { showProblem } from '../lib/problem'
import { WithAddresses } from '../outreach/Address'
import { can } from '../store/select'
import { useHub } from '../store/store'
import classes from './Claim.module.css'
import { CodeForm } from './CodeForm'
import { KnownForm } from './KnownForm'

const ADDRESSES = new Set(['email', 'phone', 'mobile', 'tel'])

/** A claim is what somebody says of themselves: shown as that, until a code or an agent's word makes it more. */
export function ClaimLine({ claim, identities }: { claim: Claim; identities: readonly Identity[] }) {
  const { w, f } = useI18n()
  const [form, setForm] = useState<'code' | 'known' | null>(null)
  const [sent, setSent] = useState('')
  const mayAct = useHub((state) => can(state.me, 'work'))
  const label = (w.context.claimNames as Record<string, string>)[claim.kind] ?? claim.kind
  const isAddress = ADDRESSES.has(claim.kind) || claim.value.includes('@')
  const theirs = claim.how !== '' || identities.some((one) => one.uri === `mailto:${claim.value.toLowerCase()}`)

  async function send(): Promise<void> {
    try {
      const { title } = await api.sendCode(claim.id)
      setSent(title)
      setForm('code')
    } catch (error) {
      showProblem(error, w)
    }
  }

  return (
    <li title={f.exact(claim.at)} data-testid={`claim-${claim.kind}`}>
      <div className={classes.line}>
        <span className={classes.text}><span className={classes.says}>{w.context.says(label)}</span> <bdi><WithAddresses text={claim.value} /></bdi></span>
        {claim.how && <Settled how={claim.how} />}
        {isAddress && !theirs && mayAct && (
          <Menu position="bottom-end">
            <Menu.Target><ActionIcon size={24} aria-label={w.claim.more(label)} data-testid={`claim-more-${claim.kind}`}><IconDots size={15} /></ActionIcon></Menu.Target>
            <Menu.Dropdown>
              <Menu.Item leftSection={<IconMailForward size={16} stroke={1.6} className="turns" />} onClick={() => void send()} data-testid="send-code">{sent ? w.claim.sendAgain : w.claim.sendCode}</Menu.Item>
              <Menu.Item leftSection={<IconUserCheck size={16} stroke={1.6} />} onClick={() => setForm('known')} data-testid="know-claim">{w.claim.know}</Menu.Item>
            </Menu.Dropdown>
          </Menu>
        )}
      </div>
      {form === 'code' && !theirs && <CodeForm claim={claim.id} sent={sent} onClose={() => setForm(null)} />}
      {form === 'known' && !theirs && <KnownForm claim={claim.id} onClose={() => setForm(null)} />}
    </li>
  )
}

function Settled({ how }: { how: string }) {
  const { w } = useI18n()
  const label = how === 'code' ? w.claim.byCode : w.claim.byAgent
  return (
    <span className={classes.settled} role="img" aria-label={label} title={label}>
      {how === 'code' ? <IconRosetteDiscountCheck size={16} stroke={1.7} /> : <IconUserCheck size={16} stroke={1.7} />}
    </span>
  )
}
