import { useMediaQuery } from '@mantine/hooks'

const now = { getInitialValueInEffect: false }

/** One column at a time. */
export const useIsPhone = (): boolean => useMediaQuery('(max-width: 47.99em)', undefined, now) ?? false

/** Room for two columns, but not for every button in words. */
export const useIsNarrow = (): boolean => useMediaQuery('(max-width: 61.99em)', undefined, now) ?? false

/** List, conversation and context side by side. */
export const useIsWide = (): boolean => useMediaQuery('(min-width: 75em)', undefined, now) ?? true
