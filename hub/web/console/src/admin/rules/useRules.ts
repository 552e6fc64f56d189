import { useDebouncedValue } from '@mantine/hooks'
import { useCallback, useEffect, useState } from 'react'
import { api } from '../../api/calls'
import { ApiError } from '../../api/http'
import type { RuleSchema } from '../../api/routingTypes'
import type { FieldProblem, Rules } from '../../api/types'
import { useI18n } from '../../i18n'
import { showProblem } from '../../lib/problem'
import { keepDraft, keptDraft } from './draft'
import type { Problem } from './problems'
import { problemOf } from './problems'

interface RulesState {
  rules: Rules
  body: string
  setBody: (body: string) => void
  /** Start from these: what was published, or what a colleague published meanwhile. `body` keeps mine. */
  startFrom: (rules: Rules, body?: string) => void
}

/** The rows in force and mine; mine outlive a visit to another page. */
export function useRules(): RulesState | null {
  const { w } = useI18n()
  const [rules, setRules] = useState<Rules | null>(null)
  const [body, setBody] = useState('')
  const startFrom = useCallback((found: Rules, mine: string = found.body) => {
    setRules(found)
    setBody(mine)
    keepDraft({ base: found.version, before: found.body, body: mine })
  }, [])
  useEffect(() => {
    api.rules().then((found) => {
      const kept = keptDraft()
      if (kept && kept.base !== found.version) startFrom({ ...found, version: kept.base, body: kept.before }, kept.body)
      else startFrom(found, kept?.body)
    }, (error: unknown) => showProblem(error, w))
  }, [w, startFrom])
  if (!rules) return null
  return {
    rules, body, startFrom,
    setBody: (changed) => {
      setBody(changed)
      keepDraft({ base: rules.version, before: rules.body, body: changed })
    },
  }
}

/** What can stand in a rule; null until known. */
export function useRuleSchema(): RuleSchema | null {
  const [schema, setSchema] = useState<RuleSchema | null>(null)
  useEffect(() => {
    api.ruleSchema().then(setSchema, () => undefined)
  }, [])
  return schema
}

/** What is wrong with rows that were changed; null while it is being asked. */
export function useValidation(body: string, published: string, active: boolean): Problem[] | null {
  const { f } = useI18n()
  const [wanted] = useDebouncedValue(body, 450)
  const [answer, setAnswer] = useState<{ body: string; problems: Problem[] }>({ body: '', problems: [] })
  useEffect(() => {
    if (!active || wanted === published) return
    let current = true
    const say = (problems: FieldProblem[]): void => {
      if (current) setAnswer({ body: wanted, problems: problems.map((one) => problemOf(one, f.language)) })
    }
    api.validateRules(wanted).then(
      (found) => say(found.errors),
      (error: unknown) => {
        if (!(error instanceof ApiError)) return
        say(error.fields.length ? error.fields : [{ field: 'body', reason: error.message }])
      },
    )
    return () => {
      current = false
    }
  }, [wanted, published, active, f.language])
  if (body === published) return none
  return answer.body === body ? answer.problems : null
}

const none: Problem[] = []
