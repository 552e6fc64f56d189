import type { ChannelRef } from '../api/types'
import { useHub } from '../store/store'

/** What a channel is called by its owner, else its name. */
export function useChannelTitle(channel: ChannelRef): string {
  return useHub((state) => state.channels[channel.id]?.title || channel.name)
}
