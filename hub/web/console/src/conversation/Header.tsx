import { ActionIcon, Button, Menu, SegmentedControl } from '@mantine/core'
import {
  IconArrowForwardUp, IconArrowLeft, IconCheck, IconDots, IconHandGrab, IconLayoutSidebarRight, IconMoon, IconRefresh, IconRoute,
  IconShieldX, IconStairsUp, IconTimeline, IconUserShare,
} from '@tabler/icons-react'
import type { Conversation } from '../api/types'
import { useI18n } from '../i18n'
import { go, paths } from '../lib/router'
import { useIsNarrow, useIsPhone } from '../lib/screen'
import { TrackingCode } from '../persons/TrackingCode'
import { Promises } from '../promises/Promises'
import { can } from '../store/select'
import { useHub } from '../store/store'
import { ChannelIcon } from '../ui/ChannelIcon'
import { Hint } from '../ui/Hint'
import { useChannelTitle } from '../ui/useChannelTitle'
import { useName } from '../ui/useName'
import { useQueueTitle } from '../ui/useQueueTitle'
import { Waiting } from '../ui/When'
import type { Dialog } from './ConversationPane'
import classes from './Header.module.css'
import type { Actions } from './useActions'

interface Props {
  conversation: Conversation
  actions: Actions
  scope: 'matter' | 'person'
  onScope: (scope: 'matter' | 'person') => void
  onDialog: (dialog: Dialog) => void
  onContext: () => void
  contextShown: boolean
}

export function Header(props: Props) {
  const { conversation, actions, scope, onScope } = props
  const { w } = useI18n()
  const phone = useIsPhone()
  const narrow = useIsNarrow()
  return (
    <header className={classes.head}>
      {phone && (
        <ActionIcon size={36} aria-label={w.common.back} onClick={() => go(paths.inbox)} data-testid="back">
          <IconArrowLeft size={20} className="turns" />
        </ActionIcon>
      )}
      <div className={classes.who}>
        <h2 className={classes.name}><bdi>{useName(conversation.contact.name)}</bdi></h2>
        {!phone && <TrackingCode code={conversation.code} />}
      </div>
      <div className={classes.tools}>
        {actions.canMove && <Work {...props} phone={phone} narrow={narrow} />}
        <Hint label={w.conversation.details}>
          <ActionIcon size={32} aria-label={w.conversation.details} aria-pressed={props.contextShown} onClick={props.onContext} data-testid="toggle-context">
            <IconLayoutSidebarRight size={18} stroke={1.6} className="turns" />
          </ActionIcon>
        </Hint>
      </div>
      <Facts conversation={conversation} mine={actions.mine} />
      <SegmentedControl
        size="xs" className={classes.scope} aria-label={w.conversation.scopeHint} value={scope} data-testid="scope"
        onChange={(value) => onScope(value === 'matter' ? 'matter' : 'person')}
        data={[{ value: 'matter', label: w.conversation.scopes.matter }, { value: 'person', label: w.conversation.scopes.person }]}
      />
      <Promises conversation={conversation} />
    </header>
  )
}

function Facts({ conversation, mine }: { conversation: Conversation; mine: boolean }) {
  const { w, f } = useI18n()
  const title = useQueueTitle(conversation.queue)
  const status = conversation.status === 'snoozed' && conversation.snoozed_until
    ? w.status.snoozedUntil(f.dayTime(conversation.snoozed_until)) : w.status[conversation.status]
  return (
    <div className={classes.facts}>
      <span className={classes.fact} data-status={conversation.status}>
        {conversation.status === 'open' && conversation.waiting_since ? <Waiting since={conversation.waiting_since} /> : status}
      </span>
      <span className={classes.fact}>
        {mine ? w.conversation.withYou : conversation.agent ? <bdi>{w.conversation.withAgent(conversation.agent.name)}</bdi> : w.conversation.unassigned}
      </span>
      {title && <span className={classes.fact}><bdi>{title}</bdi></span>}
      <span className={classes.channel}><ChannelIcon kind={conversation.channel.kind} size={13} /> <bdi>{useChannelTitle(conversation.channel)}</bdi></span>
      {conversation.subject && <span className={classes.subject}><span dir="auto" title={conversation.subject}>{conversation.subject}</span></span>}
    </div>
  )
}

function Work({ conversation, actions, onDialog, phone, narrow, scope, onScope }: Props & { phone: boolean; narrow: boolean }) {
  const { w } = useI18n()
  const mayTrace = useHub((state) => can(state.me, 'trace'))
  return (
    <>
      {!phone && !actions.closed && <WorkIcons onDialog={onDialog} />}
      {actions.canTake && (
        <Hint label={w.conversation.take} keys={['Y']}>
          <Button size="xs" leftSection={<IconHandGrab size={15} stroke={1.7} />} onClick={actions.take} data-testid="take">{w.conversation.take}</Button>
        </Hint>
      )}
      <Finish actions={actions} small={narrow} spam={conversation.status === 'spam'} />
      <Menu position="bottom-end">
        <Menu.Target><ActionIcon size={32} aria-label={w.common.more} data-testid="more"><IconDots size={18} /></ActionIcon></Menu.Target>
        <Menu.Dropdown>
          {narrow && (
            <Menu.Item onClick={() => onScope(scope === 'matter' ? 'person' : 'matter')} leftSection={<IconTimeline size={16} stroke={1.6} />}>
              {scope === 'matter' ? w.conversation.scopes.person : w.conversation.scopes.matter}
            </Menu.Item>
          )}
          {phone && !actions.closed && (
            <>
              <Menu.Item leftSection={<IconArrowForwardUp size={16} stroke={1.6} className="turns" />} onClick={() => onDialog('transfer')}>{w.conversation.transfer}</Menu.Item>
              <Menu.Item leftSection={<IconMoon size={16} stroke={1.6} />} onClick={() => onDialog('snooze')}>{w.conversation.snooze}</Menu.Item>
            </>
          )}
          {!actions.closed && <Menu.Item leftSection={<IconUserShare size={16} stroke={1.6} />} onClick={() => onDialog('assign')}>{w.conversation.assign}</Menu.Item>}
          {actions.prioritise && <Menu.Item leftSection={<IconStairsUp size={16} stroke={1.6} className="turns" />} onClick={() => onDialog('priority')} data-testid="priority">{w.priority.menu}</Menu.Item>}
          {conversation.status !== 'spam' && (
            <Menu.Item leftSection={<IconShieldX size={16} stroke={1.6} />} onClick={actions.spam} data-testid="spam">{w.conversation.spam}</Menu.Item>
          )}
          {mayTrace && <Menu.Item leftSection={<IconRoute size={16} stroke={1.6} />} onClick={() => go(paths.trace(conversation.code))} data-testid="trace-matter">{w.trace.matter}</Menu.Item>}
        </Menu.Dropdown>
      </Menu>
    </>
  )
}

function WorkIcons({ onDialog }: { onDialog: (dialog: Dialog) => void }) {
  const { w } = useI18n()
  return (
    <>
      <Hint label={w.conversation.transfer} keys={['T']}>
        <ActionIcon size={32} aria-label={w.conversation.transfer} onClick={() => onDialog('transfer')} data-testid="transfer"><IconArrowForwardUp size={18} stroke={1.6} className="turns" /></ActionIcon>
      </Hint>
      <Hint label={w.conversation.snooze} keys={['S']}>
        <ActionIcon size={32} aria-label={w.conversation.snooze} onClick={() => onDialog('snooze')} data-testid="snooze"><IconMoon size={18} stroke={1.6} /></ActionIcon>
      </Hint>
    </>
  )
}

function Finish({ actions, small, spam }: { actions: Actions; small: boolean; spam: boolean }) {
  const { w } = useI18n()
  const label = spam ? w.consent.notSpam : actions.closed ? w.conversation.reopen : w.conversation.resolve
  const Icon = actions.closed ? IconRefresh : IconCheck
  const run = actions.closed ? actions.reopen : actions.resolve
  if (small) return <ActionIcon size={32} variant="default" aria-label={label} onClick={run} data-testid="resolve"><Icon size={17} stroke={1.8} /></ActionIcon>
  return (
    <Hint label={label} keys={['E']}>
      <Button size="xs" variant="default" leftSection={<Icon size={15} stroke={1.8} />} onClick={run} data-testid="resolve">{label}</Button>
    </Hint>
  )
}

