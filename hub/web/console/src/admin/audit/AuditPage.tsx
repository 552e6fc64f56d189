import { Button, Loader, Menu } from '@mantine/core'
import { IconDownload } from '@tabler/icons-react'
import { useEffect, useState } from 'react'
import type { AuditFilter, AuditLine } from '../../api/accessTypes'
import { api } from '../../api/calls'
import type { Page } from '../../api/types'
import { useI18n } from '../../i18n'
import { showProblem } from '../../lib/problem'
import { Empty } from '../../ui/Empty'
import page from '../AdminPage.module.css'
import classes from './Audit.module.css'
import { Filters } from './Filters'
import { Line } from './Line'

/** Who did what: filtered, read on by pages, taken away as a file. */
export function AuditPage() {
  const { w } = useI18n()
  const [filter, setFilter] = useState<AuditFilter>({})
  const [found, setFound] = useState<Page<AuditLine> | null>(null)
  useEffect(() => {
    let current = true
    setFound(null)
    api.audit(filter).then((lines) => current && setFound(lines), (error: unknown) => current && showProblem(error, w))
    return () => {
      current = false
    }
  }, [filter, w])

  async function more(): Promise<void> {
    if (!found?.next) return
    const next = await api.audit(filter, found.next)
    setFound({ items: [...found.items, ...next.items], next: next.next })
  }

  return (
    <>
      <div className={page.head}>
        <p className={page.intro}>{w.audit.intro}</p>
        <Files filter={filter} />
      </div>
      <Filters filter={filter} onChange={setFilter} />
      {!found && <Loader size="sm" mt="md" />}
      {found?.items.length === 0 && <Empty title={w.audit.empty} help={w.audit.emptyHelp} />}
      {found && found.items.length > 0 && (
        <ol className={classes.lines} data-testid="audit-lines">
          {found.items.map((line) => <Line key={line.id} line={line} onFilter={(change) => setFilter({ ...filter, ...change })} />)}
        </ol>
      )}
      {found?.next && <Button mt="sm" variant="default" size="xs" onClick={() => void more()} data-testid="audit-more">{w.common.loadMore}</Button>}
    </>
  )
}

function Files({ filter }: { filter: AuditFilter }) {
  const { w } = useI18n()
  return (
    <Menu position="bottom-end" width={170}>
      <Menu.Target><Button size="xs" flex="none" variant="default" leftSection={<IconDownload size={14} />} data-testid="audit-export">{w.audit.export}</Button></Menu.Target>
      <Menu.Dropdown>
        <Menu.Item component="a" href={api.auditFile(filter, 'csv')} download>{w.audit.csv}</Menu.Item>
        <Menu.Item component="a" href={api.auditFile(filter, 'jsonl')} download>{w.audit.jsonl}</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}
