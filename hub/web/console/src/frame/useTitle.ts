import { useEffect } from 'react'
import { useI18n } from '../i18n'
import { unreadMine } from '../store/select'
import { useHub } from '../store/store'

/** The tab's title carries what wants attention: my unread conversations and offers. */
export function useTitle(): void {
  const { w, f } = useI18n()
  const name = useHub((state) => state.me?.hub.name ?? '')
  const count = useHub((state) => unreadMine(state) + Object.keys(state.offers).length)
  useEffect(() => {
    const title = name || w.product
    document.title = count > 0 ? `(${f.number(count)}) ${title}` : title
  }, [name, count, w, f])
}
