/**
 * The customers' widget.
 *
 *   <script async src="https://HUB/widget.js" data-channel="chat"></script>
 *
 * Attributes: data-channel (chat), data-lang (the page's language), data-position (end | left |
 * right), data-theme (auto | light | dark). `window.HubChat` is the one global name:
 * open(), close(), identify({user_id, hash, email?, name?}). A page that knows the visitor before
 * the script has come sets `window.HubChat = {identity: {…}}`.
 * The site styles it by `hub-chat { --hub-accent: … }` (see style.css for the names).
 */

import { h, render } from 'preact'
import { Chat } from './chat'
import { Format } from './format'
import css from './style.css?inline'
import type { About, Identity } from './types'
import { App } from './ui/App'
import { isRtl, words } from './words'

interface HubChat {
  identity?: Identity
  open?: () => void
  close?: () => void
  identify?: (identity?: Identity) => void
}
declare global {
  interface Window {
    HubChat?: HubChat
  }
}

const script = document.currentScript as HTMLScriptElement

async function begin(): Promise<void> {
  const { channel = 'chat', lang, position = 'end', theme = 'auto' } = script.dataset
  const hub = new URL('.', script.src).href.replace(/\/$/, '')
  const language = (lang || document.documentElement.lang || navigator.language).toLowerCase()
  const response = await fetch(`${hub}/chat/${channel}`, { credentials: 'omit' })
  if (!response.ok) return console.warn(`chat ${channel}: ${response.status}`)
  const about = (await response.json()) as About

  const host = document.createElement('hub-chat')
  const shadow = host.attachShadow({ mode: 'open' })
  const style = document.createElement('style')
  const media = { dark: 'all', light: 'not all' }[theme]
  style.textContent = media ? css.replace(/\(prefers-color-scheme: ?dark\)/, media) : css
  const root = document.createElement('div')
  root.className = `root ${position}`
  root.dir = isRtl(language) ? 'rtl' : 'ltr'
  root.lang = language
  host.style.setProperty('--colour', about.colour)
  host.style.setProperty('--on-colour', about.ink)
  shadow.append(style, root)

  const format = new Format(language, words(language, about))
  let queued = false
  const draw = () => {
    queued = false
    render(<App chat={chat} format={format} />, root)
  }
  const changed = () => {
    if (!queued) queueMicrotask(draw)
    queued = true
  }
  const chat = new Chat(hub, channel, language, about, changed, chime)
  // On phones the panel is the part of the screen that the keyboard leaves.
  const view = window.visualViewport
  const fit = () => root.style.setProperty('--height', `${view?.height}px`)
  view?.addEventListener('resize', fit)
  fit()
  const early = window.HubChat?.identity
  if (early) chat.identify(early)
  window.HubChat = {
    open: () => chat.open(true),
    close: () => chat.open(false),
    identify: identity => chat.identify(identity),
  }
  const show = () => {
    document.body.append(host)
    draw()
  }
  if (document.body) show()
  else addEventListener('DOMContentLoaded', show)
}

/** A soft note; there is no file to load. */
function chime(): void {
  const audio = new AudioContext()
  const gain = audio.createGain()
  gain.gain.value = 0.1
  gain.gain.exponentialRampToValueAtTime(0.001, 0.4)
  const tone = audio.createOscillator()
  tone.frequency.value = 880
  tone.connect(gain).connect(audio.destination)
  tone.start()
  tone.stop(0.4)
  tone.onended = () => void audio.close()
}

if (!window.HubChat?.open) void begin()
