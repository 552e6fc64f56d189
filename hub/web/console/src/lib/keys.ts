import { useEffect, useRef } from 'react'
import { prefs } from './prefs'

/** `KeyJ`, `Shift+Slash`, `Mod+KeyK`, `Mod+Shift+KeyA`: matched by place, so any layout works. */
export type KeyMap = Record<string, (event: KeyboardEvent) => void>

const CHOICES = 'input[type="radio"], input[type="checkbox"]'

/** Keys that the focused element itself understands: a choice (of a view, say) takes arrows, but no letters. */
function isTyping(event: KeyboardEvent): boolean {
  const target = event.target as HTMLElement | null
  if (event.isComposing || event.keyCode === 229) return true
  if (target?.matches(CHOICES)) return event.code.startsWith('Arrow') || event.code === 'Space'
  if (event.code === 'Enter' && target?.closest('a[href], button, summary')) return true
  return !!target?.closest('input, textarea, select, [contenteditable="true"], [role="textbox"]')
}

const inDialog = (event: KeyboardEvent): boolean =>
  !!(event.target as HTMLElement | null)?.closest('[role="dialog"], [role="menu"], [role="listbox"]')

function nameOf(event: KeyboardEvent): string {
  const mod = event.ctrlKey || event.metaKey ? 'Mod+' : ''
  const alt = event.altKey ? 'Alt+' : ''
  return `${mod}${alt}${event.shiftKey ? 'Shift+' : ''}${event.code}`
}

let pendingGo = 0
const GO_MS = 1200

/** The name of the key, with `G ` before it where G was pressed just before. */
function sequence(event: KeyboardEvent): string {
  const name = nameOf(event)
  const follows = Date.now() - pendingGo < GO_MS
  pendingGo = name === 'KeyG' && !follows ? Date.now() : 0
  return follows ? `G ${name}` : name
}

const listeners: { current: KeyMap }[] = []

function onKey(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.isComposing) return
  const withMod = event.ctrlKey || event.metaKey
  if (!withMod && (isTyping(event) || inDialog(event))) return
  const single = !withMod && event.code !== 'Escape' && !event.code.startsWith('Arrow') && event.code !== 'Enter'
  if (single && !prefs().keys) return
  const name = sequence(event)
  for (const listener of [...listeners].reverse()) {
    const run = listener.current[name]
    if (!run) continue
    event.preventDefault()
    run(event)
    return
  }
}

/** Listen while mounted; the one mounted last goes first. Never fires while typing or composing. */
export function useKeys(map: KeyMap, active = true): void {
  const latest = useRef(map)
  useEffect(() => {
    latest.current = map
  })
  useEffect(() => {
    if (!active) return
    if (listeners.length === 0) document.addEventListener('keydown', onKey)
    listeners.push(latest)
    return () => {
      listeners.splice(listeners.indexOf(latest), 1)
      if (listeners.length === 0) document.removeEventListener('keydown', onKey)
    }
  }, [active])
}

export const isMac = /Mac|iPhone|iPad/.test(navigator.platform)
export const MOD = isMac ? '⌘' : 'Ctrl'
export const SHIFT = '⇧'
export const ENTER = isMac ? '↵' : 'Enter'
