import { apiUrl, csrfHeader, NoAnswer, readProblem } from './http'
import type { Upload } from './types'

export interface RunningUpload {
  done: Promise<Upload>
  cancel: () => void
}

/** Send one file, raw, with its progress from 0 to 1. (fetch cannot tell upload progress.) */
export function upload(file: File, onProgress: (share: number) => void): RunningUpload {
  const request = new XMLHttpRequest()
  const done = new Promise<Upload>((resolve, reject) => {
    request.upload.onprogress = (event) => {
      if (event.lengthComputable) onProgress(event.loaded / event.total)
    }
    request.onload = () => {
      if (request.status >= 200 && request.status < 300) {
        resolve(JSON.parse(request.responseText) as Upload)
      } else reject(readProblem(request.responseText, request.status))
    }
    request.onerror = () => reject(new NoAnswer('upload'))
    request.onabort = () => reject(new NoAnswer('cancelled'))
  })
  request.open('POST', apiUrl('/uploads', { name: file.name || 'file' }))
  request.setRequestHeader('Content-Type', file.type || 'application/octet-stream')
  for (const [name, value] of Object.entries(csrfHeader())) request.setRequestHeader(name, value)
  request.send(file)
  return { done, cancel: () => request.abort() }
}
