/** Line icons, 24 px grid. Those with a direction are mirrored by the style sheet (`flip`). */

import { h } from 'preact'

const icon = (path: string, look?: string) => () => (
  <svg viewBox="0 0 24 24" class={look} aria-hidden="true">
    <path d={path} />
  </svg>
)

export const ChatIcon = icon('M7 4h10a4 4 0 0 1 4 4v5a4 4 0 0 1-4 4h-5l-5 4v-4a4 4 0 0 1-4-4V8a4 4 0 0 1 4-4z', 'solid')
export const DownIcon = icon('M5 9l7 7 7-7')
export const CloseIcon = icon('M6 6l12 12M18 6L6 18')
export const SendIcon = icon('M4 12l16-8-5 16-4-6zM11 14l4-4', 'flip')
export const ClipIcon = icon('M19 11l-7.5 7.5a4.5 4.5 0 0 1-6.4-6.4L13 4.3a3 3 0 0 1 4.2 4.2l-7.9 7.9a1.5 1.5 0 0 1-2.1-2.1l7.3-7.3')
export const SmileIcon = icon('M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18M8.5 14.5c2 2.3 5 2.3 7 0M9 9.5h.01M15 9.5h.01')
const BELL = 'M6 16V11a6 6 0 0 1 12 0v5l1.5 2h-15zM10 20.5a2.2 2.2 0 0 0 4 0'
export const BellIcon = icon(BELL)
export const MuteIcon = icon(BELL + 'M4 4l16 16')
export const TickIcon = icon('M6 12.5l4 4 8-9')
