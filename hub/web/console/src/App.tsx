import { DirectionProvider, MantineProvider, MantineThemeProvider, useDirection, useMantineColorScheme } from '@mantine/core'
import { Notifications } from '@mantine/notifications'
import { useEffect, useMemo } from 'react'
import type { Language } from './i18n/format'
import { Format, formatSettings } from './i18n/format'
import { directionOf, i18nFor, I18nProvider } from './i18n'
import { useIsPhone } from './lib/screen'
import { useRoute } from './lib/router'
import { speak } from './live/effects'
import { start, useSession } from './live/session'
import { unlockSound } from './live/sound'
import { useLanguageChoice } from './session/language'
import { LinkPage } from './session/LinkPage'
import { SignIn } from './session/SignIn'
import { Starting } from './session/Starting'
import { Shell } from './frame/Shell'
import { HoldFrame } from './nights/HoldFrame'
import { useHub } from './store/store'
import { theme } from './theme'
import { Boundary } from './ui/Boundary'

/** The person's language, direction and theme, from their settings or before sign-in the browser's. */
function Localized() {
  const me = useHub((state) => state.me)
  const chosen = useLanguageChoice()
  const format = useMemo(
    () => new Format(formatSettings(me?.settings, me?.hub, chosen)),
    [me?.settings, me?.hub, chosen],
  )
  const value = useMemo(() => i18nFor(format), [format])
  const { setDirection } = useDirection()
  const { setColorScheme } = useMantineColorScheme()
  const wanted = me?.settings.theme

  useEffect(() => {
    const direction = directionOf(format.language)
    document.documentElement.lang = format.language
    setDirection(direction)
    speak(value)
  }, [format, value, setDirection])

  useEffect(() => {
    if (wanted === 'light' || wanted === 'dark' || wanted === 'auto') setColorScheme(wanted)
  }, [wanted, setColorScheme])

  return (
    <I18nProvider value={value}>
      <Toasts language={format.language} close={value.w.common.close} />
      <Boundary reset={me?.id}><Screen /></Boundary>
    </I18nProvider>
  )
}

/** Over the list, where nothing is typed; on a phone at the top. */
function Toasts({ language, close }: { language: Language; close: string }) {
  const phone = useIsPhone()
  const beside = directionOf(language) === 'rtl' ? 'bottom-right' : 'bottom-left'
  const named = useMemo(() => ({ components: { Notification: { defaultProps: { closeButtonProps: { 'aria-label': close } } } } }), [close])
  return (
    <MantineThemeProvider theme={named} inherit>
      <Notifications position={phone ? 'top-center' : beside} limit={3} zIndex={500} containerWidth={324} className={phone ? undefined : 'toasts'} />
    </MantineThemeProvider>
  )
}

function Screen() {
  const route = useRoute()
  const phase = useSession((state) => state.phase)
  const atLink = route.page === 'link'

  useEffect(() => {
    if (!atLink) void start()
  }, [atLink])
  useEffect(() => {
    const unlock = (): void => unlockSound()
    addEventListener('pointerdown', unlock, { once: true })
    addEventListener('keydown', unlock, { once: true })
  }, [])

  if (route.page === 'link') return <LinkPage token={route.token} />
  if (phase === 'out') return <SignIn />
  if (phase !== 'in') return <Starting failed={phase === 'failed'} />
  return <HoldFrame><Shell route={route} /></HoldFrame>
}

/** No style element is injected (CSP): Mantine's variables come from tokens.css. */
export function App() {
  return (
    <DirectionProvider detectDirection={false}>
      <MantineProvider theme={theme} defaultColorScheme="auto" withCssVariables={false} withGlobalClasses={false}>
        <Localized />
      </MantineProvider>
    </DirectionProvider>
  )
}
