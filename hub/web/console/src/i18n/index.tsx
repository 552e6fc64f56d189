import { createContext, useContext } from 'react'
import type { ReactNode } from 'react'
import type { Words } from './en'
import { en } from './en'
import { fa } from './fa'
import type { Language } from './format'
import { Format, formatSettings } from './format'

export interface I18n {
  w: Words
  f: Format
}

const catalogues: Record<Language, Words> = { en, fa }

export const directionOf = (language: Language): 'ltr' | 'rtl' => (language === 'fa' ? 'rtl' : 'ltr')

export function i18nFor(format: Format): I18n {
  return { w: catalogues[format.language], f: format }
}

const I18nContext = createContext<I18n>(i18nFor(new Format(formatSettings())))

export function I18nProvider({ value, children }: { value: I18n; children: ReactNode }) {
  return <I18nContext value={value}>{children}</I18nContext>
}

/** The catalogue `w` and the formatter `f` of the signed-in person's language. */
export const useI18n = (): I18n => useContext(I18nContext)
