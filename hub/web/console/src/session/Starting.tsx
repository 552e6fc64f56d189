import { Button, Loader } from '@mantine/core'
import { useI18n } from '../i18n'
import { start } from '../live/session'
import classes from './Door.module.css'

/** Between the page and the first snapshot. */
export function Starting({ failed }: { failed: boolean }) {
  const { w } = useI18n()
  return (
    <main className={classes.page} aria-busy={!failed}>
      {failed ? (
        <>
          <div role="alert">{w.errors.noAnswer}</div>
          <Button variant="default" onClick={() => void start()}>{w.common.retry}</Button>
        </>
      ) : <Loader size="sm" color="gray" aria-label={w.common.loading} />}
    </main>
  )
}
