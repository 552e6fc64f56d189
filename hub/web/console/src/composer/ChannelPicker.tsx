import { Menu, UnstyledButton } from '@mantine/core'
import { IconCheck, IconChevronDown } from '@tabler/icons-react'
import { useI18n } from '../i18n'
import { showAddress } from '../lib/address'
import { ChannelIcon, familyOf } from '../ui/ChannelIcon'
import classes from './ChannelPicker.module.css'
import type { Route } from './routes'

interface Props {
  routes: Route[]
  route: Route | null
  /** The address that the answer goes to first, by the chosen way. */
  to: string
  loading: boolean
  onRoute: (key: string) => void
}

/** On which channel, and to which address of the person, the answer goes. */
export function ChannelPicker({ routes, route, to, loading, onRoute }: Props) {
  const { w } = useI18n()
  if (!route) return loading ? null : <span className={classes.none}>{w.composer.noChannel}</span>
  return (
    <Menu position="top-start" width={300}>
      <Menu.Target>
        <UnstyledButton className={classes.picker} aria-label={w.composer.channel} data-testid="channel-picker">
          <ChannelIcon kind={route.option.channel.kind} size={14} />
          <span>{w.channelKinds[familyOf(route.option.channel.kind)]}</span>
          <bdi className={`address ${classes.address}`}>{showAddress(to)}</bdi>
          <IconChevronDown size={13} aria-hidden />
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{w.composer.channel}</Menu.Label>
        {routes.map((item) => (
          <Menu.Item
            key={item.key} disabled={!item.option.open} onClick={() => onRoute(item.key)} leftSection={<ChannelIcon kind={item.option.channel.kind} size={16} />}
            rightSection={item.key === route.key ? <IconCheck size={14} /> : null} data-testid={`route-${item.option.channel.name}`}
          >
            <span className={classes.line}><span>{w.channelKinds[familyOf(item.option.channel.kind)]}</span> <bdi className={classes.channel}>{item.option.channel.name}</bdi></span>
            <bdi className={`address ${classes.to}`}>{showAddress(item.key === route.key ? to : item.option.to)}</bdi>
            {!item.option.open && <span className={classes.why}>{w.consent.stopped[item.option.why] ?? w.composer.closed}</span>}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  )
}
