/** A plan as the rules write it, one line a step; empty for none. */
export function planLines(plan: unknown): string[] {
  const steps = Array.isArray(plan) ? plan : isObject(plan) && Array.isArray(plan['steps']) ? plan['steps'] : []
  const lines = steps.filter(isObject).map((step) => Object.entries(step).filter(([, value]) => !isEmpty(value)).map(([key, value]) => `${key}: ${written(value)}`).join(', '))
  const overflow = isObject(plan) && typeof plan['overflow'] === 'string' ? [`overflow: ${plan['overflow']}`] : []
  return [...lines, ...overflow].filter(Boolean)
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value)

const isEmpty = (value: unknown): boolean => value === null || value === '' || (Array.isArray(value) && value.length === 0)

/** In the flow style of YAML. */
function written(value: unknown): string {
  if (Array.isArray(value)) return value.length === 1 ? written(value[0]) : `[${value.map(written).join(', ')}]`
  if (isObject(value)) return Object.entries(value).filter(([, one]) => !isEmpty(one)).map(([key, one]) => `${key} ${written(one)}`).join(' ')
  return String(value)
}
