import {
  IconBrandTelegram, IconBrandWhatsapp, IconDeviceMobile, IconMail, IconMessageCircle, IconPhone,
  IconPlug, IconPrinter,
} from '@tabler/icons-react'
import type { ComponentType } from 'react'
import type { Words } from '../i18n/en'
import { useI18n } from '../i18n'

export type ChannelFamily = keyof Words['channelKinds']

const icons: Record<ChannelFamily, ComponentType<{ size?: number; stroke?: number }>> = {
  email: IconMail,
  sms: IconDeviceMobile,
  webchat: IconMessageCircle,
  voice: IconPhone,
  fax: IconPrinter,
  telegram: IconBrandTelegram,
  whatsapp: IconBrandWhatsapp,
  other: IconPlug,
}

/** `sms_twilio` is an SMS: the first word of a kind names its family. */
export function familyOf(kind: string): ChannelFamily {
  const first = kind.split('_')[0] ?? ''
  return first in icons ? (first as ChannelFamily) : 'other'
}

export function ChannelIcon({ kind, size = 14 }: { kind: string; size?: number }) {
  const { w } = useI18n()
  const family = familyOf(kind)
  const Icon = icons[family]
  return (
    <span role="img" aria-label={w.channelKinds[family]} title={w.channelKinds[family]} style={{ display: 'inline-flex' }}>
      <Icon size={size} stroke={1.7} />
    </span>
  )
}
