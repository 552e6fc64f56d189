import { ActionIcon, Button, Checkbox, Menu, Tabs, Textarea, TextInput } from '@mantine/core'
import { IconPlus, IconTrash } from '@tabler/icons-react'
import { useRef, useState } from 'react'
import type { Template, TemplateText } from '../../api/outreachTypes'
import { useI18n } from '../../i18n'
import { Hint } from '../../ui/Hint'
import { Preview } from './Preview'
import classes from './Templates.module.css'
import type { Edited } from './useTemplates'
import type { useTemplates } from './useTemplates'
import { Variables } from './Variables'

interface Props {
  first: Edited
  /** As it is in force; null: a new one. */
  item: Template | null
  kept: ReturnType<typeof useTemplates>
  words: boolean
  onOpen: (name: string | null) => void
}

const MORE = ['en', 'fa', 'ar', 'de', 'fr', 'tr', 'ru', 'es', 'ku', 'az', 'zh']
type Part = 'subject' | 'text' | 'html'

export function Editor({ first, item, kept, words, onOpen }: Props) {
  const { w, f } = useI18n()
  const [edited, setEdited] = useState(first)
  const [language, setLanguage] = useState(() => (f.language in first.texts ? f.language : (Object.keys(first.texts)[0] ?? f.language)))
  const [sure, setSure] = useState(false)
  const [busy, setBusy] = useState(false)
  const languages = Object.keys(edited.texts)
  const text = edited.texts[language] ?? { text: '' }
  const names = new Intl.DisplayNames([f.language], { type: 'language' })
  const problem = (part: string): string | undefined => kept.problems.find((one) => one.field === `${language}.${part}`)?.reason
  const elsewhere = kept.problems.find((one) => !one.field.startsWith(`${language}.`))
  const { place, insert } = useInsertion(text, (patch) => setText(patch))

  function setText(patch: Partial<TemplateText>): void {
    setEdited({ ...edited, texts: { ...edited.texts, [language]: { ...text, ...patch } } })
  }
  function add(code: string): void {
    setEdited({ ...edited, texts: { ...edited.texts, [code]: { text: '' } } })
    setLanguage(code)
  }
  function drop(): void {
    const { [language]: _gone, ...rest } = edited.texts
    setEdited({ ...edited, texts: rest })
    setLanguage(Object.keys(rest)[0] ?? f.language)
  }
  async function save(): Promise<void> {
    setBusy(true)
    const done = await kept.save(edited)
    setBusy(false)
    if (done) onOpen(edited.name.trim())
  }
  async function remove(): Promise<void> {
    if (item && (await kept.remove(item))) onOpen(null)
  }

  return (
    <div className={classes.form}>
      {edited.fresh
        ? <TextInput label={w.templates.name} description={w.templates.nameHint} value={edited.name} dir="ltr" error={kept.problems.find((one) => one.field === 'name')?.reason} onChange={(event) => setEdited({ ...edited, name: event.currentTarget.value })} data-autofocus autoFocus data-testid="template-name" />
        : <h2 className={classes.heading}><bdi>{edited.name}</bdi></h2>}
      <div className={classes.row}>
        <Tabs value={language} onChange={(value) => value && setLanguage(value)} variant="pills" aria-label={w.templates.languages}>
          <Tabs.List>{languages.map((code) => <Tabs.Tab key={code} value={code} data-testid={`template-lang-${code}`}>{names.of(code) ?? code}</Tabs.Tab>)}</Tabs.List>
        </Tabs>
        {words && (
          <Menu position="bottom-start">
            <Menu.Target><ActionIcon size={28} aria-label={w.templates.addLanguage} data-testid="template-add-lang"><IconPlus size={16} stroke={1.7} /></ActionIcon></Menu.Target>
            <Menu.Dropdown>
              {MORE.filter((code) => !(code in edited.texts)).map((code) => <Menu.Item key={code} onClick={() => add(code)} data-testid={`add-${code}`}>{names.of(code) ?? code}</Menu.Item>)}
            </Menu.Dropdown>
          </Menu>
        )}
        {words && languages.length > 1 && (
          <Hint label={w.templates.removeLanguage(names.of(language) ?? language)}>
            <ActionIcon size={28} aria-label={w.templates.removeLanguage(names.of(language) ?? language)} onClick={drop}><IconTrash size={16} stroke={1.6} /></ActionIcon>
          </Hint>
        )}
      </div>
      {elsewhere && elsewhere.field !== 'name' && <p className={classes.wrong} role="alert">{elsewhere.field ? `${elsewhere.field}: ` : ''}{elsewhere.reason}</p>}
      <TextInput label={w.templates.subject} placeholder={w.templates.subjectHint} value={text.subject ?? ''} dir={text.subject ? 'auto' : undefined} readOnly={!words} error={problem('subject')} {...place('subject')} onChange={(event) => setText({ subject: event.currentTarget.value })} />
      <Textarea label={w.templates.text} autosize minRows={5} maxRows={16} value={text.text} dir={text.text ? 'auto' : undefined} readOnly={!words} error={problem('text')} {...place('text')} onChange={(event) => setText({ text: event.currentTarget.value })} data-testid="template-text" />
      <Textarea label={w.templates.html} placeholder={w.templates.htmlHint} autosize minRows={2} maxRows={14} value={text.html ?? ''} dir={text.html ? 'ltr' : undefined} className={classes.code} readOnly={!words} error={problem('html')} {...place('html')} onChange={(event) => setText({ html: event.currentTarget.value })} data-testid="template-html" />
      {text.html && words && <Preview html={text.html} />}
      {words && <Variables onInsert={insert} />}
      <Checkbox label={w.templates.canned} description={edited.canned ? undefined : w.templates.notCanned} checked={edited.canned} disabled={!words} onChange={(event) => setEdited({ ...edited, canned: event.currentTarget.checked })} />
      {words && (
        <div className={classes.foot}>
          {item && !item.shipped && (sure
            ? <Button variant="light" color="red" onClick={() => void remove()} data-testid="template-remove-sure">{w.templates.removeSure}</Button>
            : <Button variant="subtle" color="gray" onClick={() => setSure(true)} data-testid="template-remove">{w.templates.remove}</Button>)}
          <Button onClick={() => void save()} loading={busy} disabled={!edited.name.trim() || !text.text.trim()} className={classes.save} data-testid="template-save">{w.templates.save}</Button>
        </div>
      )}
    </div>
  )
}

/** Where the cursor was last: variables are put there. */
function useInsertion(text: TemplateText, onText: (patch: Partial<TemplateText>) => void) {
  const last = useRef<{ part: Part; at: number }>({ part: 'text', at: -1 })
  const place = (part: Part) => ({
    onSelect: (event: React.SyntheticEvent<HTMLInputElement | HTMLTextAreaElement>) => {
      last.current = { part, at: event.currentTarget.selectionStart ?? -1 }
    },
  })
  function insert(name: string): void {
    const { part, at } = last.current
    const before = text[part] ?? ''
    const where = at < 0 ? before.length : Math.min(at, before.length)
    const put = `{{ ${name} }}`
    last.current = { part, at: where + put.length }
    onText({ [part]: before.slice(0, where) + put + before.slice(where) })
  }
  return { place, insert }
}
