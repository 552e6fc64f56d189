import { useDebouncedValue } from '@mantine/hooks'
import { useEffect, useState } from 'react'
import { api } from '../api/calls'
import type { Hit } from '../api/personTypes'

const PAUSE_MS = 120

/** What the hub finds for what is typed; null while nothing was asked. The newest question wins. */
export function useFind(query: string, limit: number): Hit[] | null {
  const [wanted] = useDebouncedValue(query.trim(), PAUSE_MS)
  const [hits, setHits] = useState<Hit[] | null>(null)
  useEffect(() => {
    let current = true
    if (wanted.length < 2) setHits(null)
    else api.find(wanted, limit).then((found) => current && setHits(found.items), () => current && setHits([]))
    return () => {
      current = false
    }
  }, [wanted, limit])
  return hits
}
