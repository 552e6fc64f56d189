import { Button, Loader } from '@mantine/core'
import { useEffect, useState } from 'react'
import { useI18n } from '../i18n'
import { Empty } from './Empty'

/** Shorter waits show nothing: what appears and goes at once only blinks. */
const PATIENCE_MS = 300

/** In the place of what was asked for: that it comes, or that the hub did not answer. */
export function Awaited({ failed, onRetry }: { failed: boolean; onRetry: () => void }) {
  const { w } = useI18n()
  const [late, setLate] = useState(false)
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), PATIENCE_MS)
    return () => clearTimeout(timer)
  }, [])
  if (failed) {
    return (
      <div role="alert">
        <Empty title={w.errors.notLoaded} help={w.errors.noAnswer}>
          <Button variant="default" mt="sm" onClick={onRetry} data-testid="load-again">{w.common.retry}</Button>
        </Empty>
      </div>
    )
  }
  return late ? <Loader size="sm" color="gray" m="auto" aria-label={w.common.loading} /> : null
}
