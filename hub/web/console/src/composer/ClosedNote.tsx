import { Button } from '@mantine/core'
import { IconBan } from '@tabler/icons-react'
import type { Conversation } from '../api/types'
import { useI18n } from '../i18n'
import { showAddress } from '../lib/address'
import { ChannelIcon, familyOf } from '../ui/ChannelIcon'
import { nameOf } from '../ui/useName'
import classes from './ClosedNote.module.css'
import type { Route } from './routes'

interface Props {
  conversation: Conversation
  route: Route
  routes: Route[]
  onRoute: (key: string) => void
}

/** Why nothing can be sent this way, and the ways that are open. */
export function ClosedNote({ conversation, route, routes, onRoute }: Props) {
  const { w } = useI18n()
  const name = `\u2068${nameOf(conversation.contact.name, w)}\u2069`
  const { why } = route.option
  const said = why === 'opted_out' || why === 'blocked' || why === 'not_asked' ? w.consent.closed[why](name) : w.consent.closed.other
  const others = routes.filter((item) => item.option.open)
  return (
    <div className={classes.note} role="status" data-testid="closed-note">
      <IconBan size={16} stroke={1.7} aria-hidden />
      <div className={classes.words}>
        <span>{said}</span>
        {others.length === 0 ? <span>{w.consent.noOther}</span> : (
          <div className={classes.others} role="group" aria-label={w.consent.instead}>
            <span>{w.consent.instead}</span>
            {others.map((item) => (
              <Button key={item.key} size="compact-xs" variant="default" leftSection={<ChannelIcon kind={item.option.channel.kind} size={13} />} onClick={() => onRoute(item.key)} data-testid={`instead-${item.option.channel.name}`}>
                <span className={classes.way}>{w.channelKinds[familyOf(item.option.channel.kind)]} <bdi className="address">{showAddress(item.option.to)}</bdi></span>
              </Button>
            ))}
          </div>
        )}
      </div>
    </div>
  )
}
