import type { AuditLine } from '../../api/accessTypes'
import type { Words } from '../../i18n/en'
import type { Format } from '../../i18n/format'

/** What was done, in words; an act without words is named as it is stored. */
export function actName(action: string, w: Words): string {
  return w.audit.acts[action] ?? action
}

export function actorName(line: AuditLine, w: Words, f: Format): string {
  return line.actor_name || w.audit.actors[line.actor] || subjectName(line.actor, '', w, f)
}

/** `user:3` with its name, `rules:7` as "Rules 7", `calendar:main` as "Calendar main". */
export function subjectName(subject: string, name: string, w: Words, f: Format): string {
  if (name) return name
  const [kind = '', id = ''] = subject.split(/:(.*)/s)
  if (!id) return w.audit.subjects[subject] ?? subject
  return w.audit.numbered(w.audit.kinds[kind] ?? kind, /^\d+$/.test(id) ? f.number(Number(id)) : id)
}
