import { Tabs } from '@mantine/core'
import type { ReactNode } from 'react'
import { useEffect, useRef } from 'react'
import type { Id } from '../api/types'
import { useI18n } from '../i18n'
import type { Words } from '../i18n/en'
import { go, paths } from '../lib/router'
import type { Permission } from '../store/select'
import { can, isStaff } from '../store/select'
import { useHub } from '../store/store'
import { Empty } from '../ui/Empty'
import classes from './AdminPage.module.css'
import { AuditPage } from './audit/AuditPage'
import { CalendarsPage } from './calendars/CalendarsPage'
import { HealthPage } from './health/HealthPage'
import { LedgerPage } from './LedgerPage'
import { RulesPage } from './rules/RulesPage'
import { TemplatesPage } from './templates/TemplatesPage'
import { TracePage } from './trace/TracePage'
import { UsersPage } from './users/UsersPage'

interface Place {
  entry: Id | null
  what: string | null
}

interface Tab {
  name: string
  label: (w: Words) => string
  /** Who may not do this does not see it. */
  needs?: Permission
  wide?: boolean
  page: (place: Place) => ReactNode
}

const TABS: Tab[] = [
  { name: 'health', label: (w) => w.health.tab, needs: 'ledger', page: () => <HealthPage /> },
  { name: 'ledger', label: (w) => w.admin.tabs.ledger, needs: 'ledger', page: () => <LedgerPage /> },
  { name: 'trace', label: (w) => w.trace.tab, needs: 'trace', page: ({ what }) => <TracePage what={what} /> },
  { name: 'rules', label: (w) => w.admin.tabs.rules, wide: true, page: ({ entry }) => <RulesPage entry={entry} /> },
  { name: 'templates', label: (w) => w.templates.tab, page: () => <TemplatesPage /> },
  { name: 'calendars', label: (w) => w.calendars.tab, page: () => <CalendarsPage /> },
  { name: 'users', label: (w) => w.users.tab, needs: 'users', page: () => <UsersPage /> },
  { name: 'audit', label: (w) => w.audit.tab, needs: 'audit', page: () => <AuditPage /> },
]

/** For admins and supervisors: how the hub does, what came in, and what it is told to do. */
export default function AdminPage({ tab, entry, what }: { tab: string } & Place) {
  const { w } = useI18n()
  const me = useHub((state) => state.me)
  const list = useRef<HTMLDivElement>(null)
  const tabs = TABS.filter((one) => !one.needs || can(me, one.needs))
  const shown = tabs.find((one) => one.name === tab) ?? tabs[0]!
  // on a phone the tabs are wider than the screen: the one that is open must be seen
  useEffect(() => {
    list.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ inline: 'center', block: 'nearest' })
  }, [shown.name])
  if (!isStaff(me)) return <Empty title={w.admin.refused} />
  return (
    <div className={classes.page}>
      <div className={classes.inner} data-wide={shown.wide || undefined}>
        <h1 className={classes.title}>{w.admin.title}</h1>
        <Tabs value={shown.name} onChange={(value) => value && go(paths.admin(value))} keepMounted={false}>
          <Tabs.List className={classes.tabs} ref={list}>{tabs.map((one) => <Tabs.Tab key={one.name} value={one.name} data-testid={`admin-${one.name}`}>{one.label(w)}</Tabs.Tab>)}</Tabs.List>
          <Tabs.Panel value={shown.name}>{shown.page({ entry, what })}</Tabs.Panel>
        </Tabs>
      </div>
    </div>
  )
}
