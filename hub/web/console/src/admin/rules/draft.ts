/** Changed rows that are not published yet: kept for this tab, so that a look at a contact loses nothing. */
export interface RulesDraft {
  /** The version that was changed. */
  base: number
  /** Its rows. */
  before: string
  body: string
}

const KEY = 'hub.rules'

export function keptDraft(): RulesDraft | null {
  try {
    return JSON.parse(sessionStorage.getItem(KEY) ?? 'null') as RulesDraft | null
  } catch {
    return null
  }
}

export function keepDraft(draft: RulesDraft | null): void {
  if (draft === null || draft.body === draft.before) sessionStorage.removeItem(KEY)
  else sessionStorage.setItem(KEY, JSON.stringify(draft))
}
