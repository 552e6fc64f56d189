import { lazy, Suspense, useState } from 'react'
import { useI18n } from '../i18n'
import { useKeys } from '../lib/keys'
import type { Route } from '../lib/router'
import { go, paths } from '../lib/router'
import { useAnnouncement } from '../live/effects'
import { InboxPage } from '../inbox/InboxPage'
import { OfferStack } from '../offers/OfferStack'
import { StartDialog } from '../outreach/StartDialog'
import { writeTo } from '../outreach/starting'
import { PeoplePage } from '../people/PeoplePage'
import { can, isStaff } from '../store/select'
import { useHub } from '../store/store'
import { Boundary } from '../ui/Boundary'
import { AwayNote } from './AwayNote'
import { ConnectionNote } from './ConnectionNote'
import { KeySheet } from './KeySheet'
import { Palette } from './Palette'
import { Rail } from './Rail'
import { SettingsDialog } from './SettingsDialog'
import classes from './Shell.module.css'
import { useTitle } from './useTitle'

const AdminPage = lazy(() => import('../admin/AdminPage'))
const SecurityPage = lazy(() => import('../account/SecurityPage'))
const BoardPage = lazy(() => import('../board/BoardPage'))

type Dialog = 'keys' | 'settings' | 'palette' | null

/** The frame around every page of a signed-in person. */
export function Shell({ route }: { route: Route }) {
  const { w } = useI18n()
  const staff = useHub((state) => isStaff(state.me))
  const moves = useHub((state) => can(state.me, 'move'))
  const works = useHub((state) => can(state.me, 'work'))
  const [dialog, setDialog] = useState<Dialog>(null)
  const close = (): void => setDialog(null)
  const inConversation =
    (route.page === 'inbox' && route.conversation !== null) || (route.page === 'people' && route.contact !== null)

  useTitle()
  useKeys({
    'Shift+Slash': () => setDialog('keys'),
    'Mod+KeyK': () => setDialog('palette'),
    KeyC: () => works && writeTo(),
    'G KeyI': () => go(paths.inbox),
    'G KeyP': () => go(paths.people),
    'G KeyB': () => moves && go(paths.board),
    'G KeyA': () => staff && go(paths.admin()),
  })

  return (
    <div className={classes.shell} data-deep={inConversation || undefined}>
      <a className={classes.skip} href="#main">{w.common.skip}</a>
      <Rail page={route.page} onSettings={() => setDialog('settings')} onKeys={() => setDialog('keys')} onFind={() => setDialog('palette')} />
      <main id="main" className={classes.main} tabIndex={-1}>
        <Boundary reset={route.page}><Page route={route} /></Boundary>
      </main>
      <OfferStack />
      <AwayNote />
      <ConnectionNote />
      <Announcer />
      <StartDialog />
      <KeySheet opened={dialog === 'keys'} onClose={close} />
      <SettingsDialog opened={dialog === 'settings'} onClose={close} />
      <Palette opened={dialog === 'palette'} onClose={close} onSettings={() => setDialog('settings')} onKeys={() => setDialog('keys')} />
    </div>
  )
}

function Page({ route }: { route: Route }) {
  if (route.page === 'people') return <PeoplePage contact={route.contact} />
  if (route.page === 'board') return <Suspense fallback={null}><BoardPage /></Suspense>
  if (route.page === 'security') return <Suspense fallback={null}><SecurityPage /></Suspense>
  if (route.page === 'admin') return <Suspense fallback={null}><AdminPage tab={route.tab} entry={route.entry} what={route.what} /></Suspense>
  return <InboxPage conversation={route.page === 'inbox' ? route.conversation : null} />
}

function Announcer() {
  const text = useAnnouncement((state) => state.text)
  return <div className="hidden-text" aria-live="polite" data-testid="announcer">{text}</div>
}
