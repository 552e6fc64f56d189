import { Modal, SegmentedControl, Select, Switch, TextInput, useMantineColorScheme } from '@mantine/core'
import { useDebouncedCallback } from '@mantine/hooks'
import { useState } from 'react'
import { api } from '../api/calls'
import type { Me, Settings } from '../api/types'
import { useI18n } from '../i18n'
import type { Words } from '../i18n/en'
import type { Format } from '../i18n/format'
import { setPrefs, usePrefs } from '../lib/prefs'
import { showProblem } from '../lib/problem'
import { chooseLanguage } from '../session/language'
import { hub, update, useHub } from '../store/store'
import classes from './SettingsDialog.module.css'

export function SettingsDialog({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const { w } = useI18n()
  const me = useHub((state) => state.me)
  return (
    <Modal opened={opened} onClose={onClose} title={w.settings.title} closeButtonProps={{ 'aria-label': w.common.close }}>
      {me && <Person me={me} />}
      <Device />
    </Modal>
  )
}

/** Show at once, save behind; a refusal puts the old value back. */
function useSave(): (settings: Settings) => void {
  const { w } = useI18n()
  return (settings) => {
    const before = hub().me
    if (!before) return
    const put = (me: Me): void => update((state) => ({ ...state, me }))
    put({ ...before, settings: { ...before.settings, ...settings } })
    api.saveMe({ settings }).catch((error: unknown) => {
      put(before)
      showProblem(error, w)
    })
  }
}

const dayOptions = (f: Format): { value: string; label: string }[] =>
  [6, 0, 1].map((day) => ({ value: String(day), label: f.weekday(new Date(Date.UTC(2024, 0, 7 + day, 12)), 'long') }))

const withAuto = (w: Words, items: { value: string; label: string }[]) => [{ value: '', label: w.settings.auto }, ...items]

function Person({ me }: { me: Me }) {
  const { w, f } = useI18n()
  const save = useSave()
  const { settings } = me
  const zones = [...new Set([f.settings.timeZone, 'UTC', ...Intl.supportedValuesOf('timeZone')])].sort()
  return (
    <div className={classes.form}>
      <NameField me={me} />
      <Select
        label={w.settings.language} allowDeselect={false} value={f.language} data-testid="setting-language"
        data={[{ value: 'en', label: w.languages.en }, { value: 'fa', label: w.languages.fa }]}
        onChange={(value) => {
          if (value !== 'en' && value !== 'fa') return
          chooseLanguage(value)
          save({ language: value })
        }}
      />
      <div className={classes.pair}>
        <Select
          label={w.settings.calendar} allowDeselect={false} value={settings.calendar ?? ''}
          data={withAuto(w, [{ value: 'gregory', label: w.settings.calendars.gregory }, { value: 'persian', label: w.settings.calendars.persian }])}
          onChange={(value) => save({ calendar: value || null })}
        />
        <Select
          label={w.settings.digits} allowDeselect={false} value={settings.digits ?? ''}
          data={withAuto(w, [{ value: 'latn', label: w.settings.digitNames.latn }, { value: 'arabext', label: w.settings.digitNames.arabext }])}
          onChange={(value) => save({ digits: value || null })}
        />
      </div>
      <div className={classes.pair}>
        <Select label={w.settings.timeZone} searchable data={zones} value={f.settings.timeZone} onChange={(value) => save({ time_zone: value })} dir="ltr" />
        <Select
          label={w.settings.firstDay} allowDeselect={false} data={dayOptions(f)} value={String(f.settings.firstDay)}
          onChange={(value) => save({ first_day: Number(value) })}
        />
      </div>
      <Theme value={settings.theme ?? 'auto'} onChange={(theme) => save({ theme })} />
      <Switch label={w.settings.sound} checked={settings.sound !== false} onChange={(event) => save({ sound: event.currentTarget.checked })} />
    </div>
  )
}

function NameField({ me }: { me: Me }) {
  const { w } = useI18n()
  const [name, setName] = useState(me.name)
  const save = useDebouncedCallback((value: string) => {
    if (!value.trim()) return
    api.saveMe({ name: value.trim() }).then(
      () => update((state) => (state.me ? { ...state, me: { ...state.me, name: value.trim() } } : state)),
      (error: unknown) => showProblem(error, w),
    )
  }, 700)
  return (
    <TextInput
      label={w.settings.name} value={name} dir="auto" autoComplete="name"
      onChange={(event) => {
        setName(event.currentTarget.value)
        save(event.currentTarget.value)
      }}
    />
  )
}

function Theme({ value, onChange }: { value: string; onChange: (value: string) => void }) {
  const { w } = useI18n()
  const { setColorScheme } = useMantineColorScheme()
  const data = (['auto', 'light', 'dark'] as const).map((key) => ({ value: key, label: w.settings.themes[key] }))
  return (
    <div>
      <div className={classes.label} id="theme-label">{w.settings.theme}</div>
      <SegmentedControl
        fullWidth aria-labelledby="theme-label" data={data} value={value} data-testid="setting-theme"
        onChange={(next) => {
          setColorScheme(next as 'auto' | 'light' | 'dark')
          onChange(next)
        }}
      />
    </div>
  )
}

function Device() {
  const { w } = useI18n()
  const { density, keys, notify } = usePrefs()
  const [denied, setDenied] = useState(false)
  async function allow(wanted: boolean): Promise<void> {
    const granted = wanted && 'Notification' in window && (await Notification.requestPermission()) === 'granted'
    setDenied(wanted && !granted)
    setPrefs({ notify: granted })
  }
  const densities = (['comfortable', 'compact'] as const).map((key) => ({ value: key, label: w.settings.densities[key] }))
  return (
    <section className={classes.device} aria-labelledby="device-label">
      <h3 className={classes.section} id="device-label">{w.settings.device}</h3>
      <SegmentedControl
        fullWidth aria-label={w.settings.density} data={densities} value={density}
        onChange={(value) => setPrefs({ density: value as 'comfortable' | 'compact' })}
      />
      <Switch label={w.settings.keys} checked={keys} onChange={(event) => setPrefs({ keys: event.currentTarget.checked })} />
      <Switch label={w.settings.notifications} checked={notify} onChange={(event) => void allow(event.currentTarget.checked)} error={denied ? w.settings.notificationsDenied : null} />
    </section>
  )
}
