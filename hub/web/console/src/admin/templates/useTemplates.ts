import { useCallback, useEffect, useState } from 'react'
import { api } from '../../api/calls'
import { ApiError } from '../../api/http'
import type { Template, TemplateText } from '../../api/outreachTypes'
import type { FieldProblem } from '../../api/types'
import { loadCatalogue, useCatalogue } from '../../composer/canned/catalogue'
import { useI18n } from '../../i18n'
import { showDone, showProblem } from '../../lib/problem'

export interface Edited {
  name: string
  /** Not there yet: its name may be chosen. */
  fresh: boolean
  canned: boolean
  texts: Record<string, TemplateText>
}

export const editOf = (item: Template): Edited => ({ name: item.name, fresh: false, canned: item.canned, texts: structuredClone(item.texts) })
export const blankOf = (language: string): Edited => ({ name: '', fresh: true, canned: true, texts: { [language]: { text: '' } } })

interface Kept {
  items: Template[]
  loaded: boolean
  problems: FieldProblem[]
  save: (edited: Edited) => Promise<boolean>
  remove: (item: Template) => Promise<boolean>
}

/** The templates of the hub, and changing them. */
export function useTemplates(): Kept {
  const { w } = useI18n()
  const { items, loaded } = useCatalogue()
  const [problems, setProblems] = useState<FieldProblem[]>([])
  useEffect(() => {
    loadCatalogue().catch((error: unknown) => showProblem(error, w))
  }, [w])

  const save = useCallback(async ({ name, canned, texts }: Edited): Promise<boolean> => {
    setProblems([])
    try {
      await api.saveTemplate(name.trim(), { texts, canned })
      await loadCatalogue()
      showDone(w.templates.saved)
      return true
    } catch (error) {
      if (error instanceof ApiError && error.fields.length) setProblems(error.fields)
      else showProblem(error, w)
      return false
    }
  }, [w])

  const remove = useCallback(async (item: Template): Promise<boolean> => {
    try {
      await api.removeTemplate(item.name)
      await loadCatalogue()
      const back = useCatalogue.getState().items.some((one) => one.name === item.name)
      showDone(back ? w.templates.restored : w.templates.removed)
      return true
    } catch (error) {
      showProblem(error, w)
      return false
    }
  }, [w])

  return { items, loaded, problems, save, remove }
}
