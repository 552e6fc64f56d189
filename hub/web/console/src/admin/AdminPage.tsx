import { Tabs } from '@mantine/core'
import type { Id } from '../api/types'
import { useI18n } from '../i18n'
import { go, paths } from '../lib/router'
import { can, isStaff } from '../store/select'
import { useHub } from '../store/store'
import { Empty } from '../ui/Empty'
import classes from './AdminPage.module.css'
import { CalendarsPage } from './calendars/CalendarsPage'
import { ChannelsPage } from './ChannelsPage'
import { LedgerPage } from './LedgerPage'
import { RulesPage } from './rules/RulesPage'

const TABS = ['channels', 'ledger', 'rules', 'calendars'] as const

/** For admins and supervisors: how the channels are, what came in, and the rules. */
export default function AdminPage({ tab, entry }: { tab: string; entry: Id | null }) {
  const { w } = useI18n()
  const me = useHub((state) => state.me)
  if (!isStaff(me)) return <Empty title={w.admin.refused} />
  const tabs = TABS.filter((name) => name !== 'ledger' || can(me, 'ledger'))
  const shown = tabs.find((name) => name === tab) ?? 'channels'
  return (
    <div className={classes.page}>
      <div className={classes.inner} data-wide={shown === 'rules' || undefined}>
        <h1 className={classes.title}>{w.admin.title}</h1>
        <Tabs value={shown} onChange={(value) => value && go(paths.admin(value))} keepMounted={false}>
          <Tabs.List>{tabs.map((name) => <Tabs.Tab key={name} value={name} data-testid={`admin-${name}`}>{name === 'calendars' ? w.calendars.tab : w.admin.tabs[name]}</Tabs.Tab>)}</Tabs.List>
          <Tabs.Panel value="channels"><ChannelsPage /></Tabs.Panel>
          <Tabs.Panel value="ledger"><LedgerPage /></Tabs.Panel>
          <Tabs.Panel value="calendars"><CalendarsPage /></Tabs.Panel>
          <Tabs.Panel value="rules"><RulesPage entry={entry} /></Tabs.Panel>
        </Tabs>
      </div>
    </div>
  )
}
