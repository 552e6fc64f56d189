import { Drawer } from '@mantine/core'
import { useState } from 'react'
import type { Id } from '../api/types'
import { ContextPane } from '../context/ContextPane'
import { ConversationPane } from '../conversation/ConversationPane'
import { useI18n } from '../i18n'
import { setPrefs, usePrefs } from '../lib/prefs'
import { useIsPhone, useIsWide } from '../lib/screen'
import { Boundary } from '../ui/Boundary'
import { Empty } from '../ui/Empty'
import { IconMessages } from '@tabler/icons-react'
import classes from './InboxPage.module.css'
import { ListPane } from './ListPane'

/** List, conversation and context: three columns, two, or one, by the room there is. */
export function InboxPage({ conversation }: { conversation: Id | null }) {
  const { w } = useI18n()
  const wide = useIsWide()
  const phone = useIsPhone()
  const { context } = usePrefs()
  const [drawer, setDrawer] = useState(false)
  const beside = wide && context && conversation !== null

  const toggle = (): void => (wide ? setPrefs({ context: !context }) : setDrawer(!drawer))

  return (
    <div className={classes.columns} data-open={conversation !== null || undefined} data-context={beside || undefined}>
      <h1 className="hidden-text">{w.rail.inbox}</h1>
      {(!phone || conversation === null) && <ListPane open={conversation} />}
      {conversation !== null && (
        <Boundary reset={conversation}>
          <ConversationPane key={conversation} id={conversation} onContext={toggle} contextShown={wide ? context : drawer} />
        </Boundary>
      )}
      {conversation === null && !phone && (
        <div className={classes.nothing}>
          <Empty icon={<IconMessages size={44} stroke={1.1} />} title={w.conversation.none} help={w.conversation.noneHelp} />
        </div>
      )}
      {beside && <Boundary reset={conversation}><ContextPane conversation={conversation} /></Boundary>}
      {!wide && conversation !== null && (
        <Drawer
          opened={drawer} onClose={() => setDrawer(false)} position="right" size={340} padding={0} title={w.context.label}
          closeButtonProps={{ 'aria-label': w.common.close }} classNames={{ content: classes.drawer, header: classes.drawerHead, body: classes.drawerBody }}
        >
          <ContextPane conversation={conversation} />
        </Drawer>
      )}
    </div>
  )
}
