import { useCallback } from 'react'
import { upload } from '../api/upload'
import type { Capabilities, Id } from '../api/types'
import { useI18n } from '../i18n'
import { problemText } from '../lib/problem'
import { notifications } from '@mantine/notifications'
import { change, writing } from './drafts'
import type { FileItem } from './drafts'

function patch(id: Id, key: string, part: Partial<FileItem>): void {
  change(id, { files: writing(id).files.map((file) => (file.key === key ? { ...file, ...part } : file)) })
}

/** Take files from the button, the clipboard or a drop, and send them up at once with progress. */
export function useFiles(id: Id, capabilities: Capabilities | undefined): { add: (files: Iterable<File>) => void; remove: (key: string) => void } {
  const { w, f } = useI18n()
  const add = useCallback((files: Iterable<File>) => {
    const warn = (message: string): void => void notifications.show({ message, color: 'red' })
    if (capabilities && !capabilities.attachments) {
      warn(w.composer.noFiles)
      return
    }
    const most = capabilities?.max_attachment_bytes || Infinity
    for (const file of files) {
      if (file.size > most) warn(w.composer.tooBig(file.name, f.bytes(most)))
      else begin(id, file, (error) => warn(problemText(error, w)))
    }
  }, [id, capabilities, w, f])
  const remove = useCallback((key: string) => {
    writing(id).files.find((file) => file.key === key)?.cancel()
    change(id, { files: writing(id).files.filter((file) => file.key !== key) })
  }, [id])
  return { add, remove }
}

function begin(id: Id, file: File, onError: (error: unknown) => void): void {
  const key = crypto.randomUUID()
  const running = upload(file, (share) => patch(id, key, { share }))
  const item: FileItem = { key, name: file.name, size: file.size, share: 0, state: 'uploading', upload: null, cancel: running.cancel }
  change(id, { files: [...writing(id).files, item] })
  running.done.then(
    (done) => patch(id, key, { state: 'done', share: 1, upload: done }),
    (error: unknown) => {
      if (!writing(id).files.some((other) => other.key === key)) return
      patch(id, key, { state: 'failed' })
      onError(error)
    },
  )
}
