import { ActionIcon, TextInput } from '@mantine/core'
import { IconCheck, IconPencil } from '@tabler/icons-react'
import type { FormEvent } from 'react'
import { useState } from 'react'
import { api } from '../api/calls'
import type { Contact } from '../api/types'
import { useI18n } from '../i18n'
import { showProblem } from '../lib/problem'
import { addContact } from '../store/reduce'
import { can } from '../store/select'
import { update, useHub } from '../store/store'
import classes from './NameField.module.css'

/** A person's name, to read and to change in place. */
export function NameField({ contact }: { contact: Contact }) {
  const { w } = useI18n()
  const [editing, setEditing] = useState(false)
  const [name, setName] = useState('')
  const mayChange = useHub((state) => can(state.me, 'work'))

  function begin(): void {
    setName(contact.name)
    setEditing(true)
  }
  function save(event: FormEvent): void {
    event.preventDefault()
    setEditing(false)
    const wanted = name.trim()
    if (!wanted || wanted === contact.name) return
    api.rename(contact.id, wanted).then((fresh) => update((state) => addContact(state, fresh)), (error: unknown) => showProblem(error, w))
  }

  if (editing) {
    return (
      <form className={classes.edit} onSubmit={save}>
        <TextInput
          size="sm" flex={1} autoFocus dir="auto" aria-label={w.context.name} value={name} data-testid="contact-name-input"
          onChange={(event) => setName(event.currentTarget.value)} onKeyDown={(event) => event.code === 'Escape' && setEditing(false)}
        />
        <ActionIcon type="submit" size={32} variant="light" color="teal" aria-label={w.common.save}><IconCheck size={16} /></ActionIcon>
      </form>
    )
  }
  return (
    <div className={classes.show}>
      <bdi className={classes.name} data-none={!contact.name || undefined}>{contact.name || w.common.unnamed}</bdi>
      {mayChange && <ActionIcon size={26} className={classes.pencil} aria-label={w.context.rename} onClick={begin} data-testid="rename"><IconPencil size={15} stroke={1.6} /></ActionIcon>}
    </div>
  )
}
