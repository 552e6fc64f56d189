import { Button } from '@mantine/core'
import { IconArrowLeft, IconPlus } from '@tabler/icons-react'
import { useState } from 'react'
import type { Template } from '../../api/outreachTypes'
import { useI18n } from '../../i18n'
import type { Words } from '../../i18n/en'
import { useIsPhone } from '../../lib/screen'
import { can } from '../../store/select'
import { useHub } from '../../store/store'
import { Empty } from '../../ui/Empty'
import page from '../AdminPage.module.css'
import { Editor } from './Editor'
import classes from './Templates.module.css'
import { blankOf, editOf, useTemplates } from './useTemplates'

const NEW = ' new'

/** What the hub says by itself and what people say often. */
export function TemplatesPage() {
  const { w, f } = useI18n()
  const kept = useTemplates()
  const words = useHub((state) => can(state.me, 'templates'))
  const phone = useIsPhone()
  const [open, setOpen] = useState<string | null>(null)
  const chosen = kept.items.find((item) => item.name === open)
  const own = kept.items.filter((item) => !item.shipped)
  const shipped = kept.items.filter((item) => item.shipped)
  return (
    <>
      <div className={page.head}>
        <p className={page.intro}>{w.templates.intro}</p>
        {words && <Button size="xs" flex="none" leftSection={<IconPlus size={15} stroke={1.7} />} onClick={() => setOpen(NEW)} data-testid="template-new">{w.templates.make}</Button>}
      </div>
      {!words && <p className={page.dim}>{w.templates.readOnly}</p>}
      <div className={classes.halves}>
        {phone && open !== null
          ? <Button variant="subtle" color="gray" size="xs" leftSection={<IconArrowLeft size={16} className="turns" />} onClick={() => setOpen(null)} className={classes.back}>{w.common.back}</Button>
          : (
            <nav className={classes.list} aria-label={w.templates.tab}>
              <List title={w.templates.own} items={own} open={open} onOpen={setOpen} none={w.templates.empty} />
              <List title={w.templates.shipped} items={shipped} open={open} onOpen={setOpen} />
            </nav>
          )}
        <div className={classes.editor}>
          {open === NEW && <Editor key={NEW} first={blankOf(f.language)} kept={kept} item={null} words={words} onOpen={setOpen} />}
          {chosen && <Editor key={`${chosen.name} ${chosen.updated_at}`} first={editOf(chosen)} kept={kept} item={chosen} words={words} onOpen={setOpen} />}
          {open === null && kept.loaded && !phone && <Empty title={w.templates.choose} />}
        </div>
      </div>
    </>
  )
}

/** `queue general`, in the reader's language. */
function userWords(user: string, w: Words): string {
  const [noun = '', name = ''] = user.split(' ', 2)
  return w.templates.users[noun]?.(`\u2068${name}\u2069`) ?? user
}

function List({ title, items, open, onOpen, none }: { title: string; items: Template[]; open: string | null; onOpen: (name: string) => void; none?: string }) {
  const { w, f } = useI18n()
  const names = new Intl.DisplayNames([f.language], { type: 'language' })
  if (items.length === 0 && !none) return null
  return (
    <section>
      <h2 className={classes.title}>{title}</h2>
      {items.length === 0 && <p className={page.dim}>{none}</p>}
      <ul className={classes.items}>
        {items.map((item) => {
          const text = item.texts[f.language] ?? Object.values(item.texts)[0]
          return (
            <li key={item.name}>
              <button type="button" className={classes.item} aria-current={item.name === open || undefined} onClick={() => onOpen(item.name)} data-testid={`template-${item.name}`}>
                <span className={classes.name}><bdi>{item.name}</bdi><span className={classes.langs}>{Object.keys(item.texts).map((code) => names.of(code) ?? code).join(w.between)}</span></span>
                <span className={classes.words} dir="auto">{text?.text}</span>
                {item.used_by.length > 0 && <span className={classes.used}>{w.templates.usedBy(item.used_by.map((one) => userWords(one, w)).join(f.language === 'fa' ? '، ' : ', '))}</span>}
              </button>
            </li>
          )
        })}
      </ul>
    </section>
  )
}
