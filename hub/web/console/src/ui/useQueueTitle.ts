import type { Ref } from '../api/types'
import { useI18n } from '../i18n'
import { useHub } from '../store/store'
import { refTitle } from '../store/titles'

export function useQueueTitle(queue: Ref | null): string | null {
  const { f } = useI18n()
  return useHub((state) => (queue ? refTitle(state, queue, f.language) : null))
}
