/** One message: words, links and files, whoever wrote it. */

import { Fragment, h, type ComponentChildren } from 'preact'
import type { Format } from '../format'
import type { FileRef } from '../types'
import { ClipIcon } from './icons'

const LINK = /(https?:\/\/[^\s<>"']*[^\s<>"'.,;:!?)\]}،؛؟])/

function Linked({ text }: { text: string }) {
  return (
    <>
      {text.split(LINK).map((part, index) =>
        index % 2 ? <a href={part} target="_blank" rel="noopener noreferrer">{part}</a> : part,
      )}
    </>
  )
}

interface Props {
  text: string
  files: readonly FileRef[]
  mine: boolean
  hub: string
  format: Format
  first: boolean
  class?: string
  foot?: ComponentChildren
}

export function Bubble({ text, files, mine, hub, format, first, foot, ...rest }: Props) {
  return (
    <div class={`row ${mine ? 'mine' : 'theirs'} ${first ? 'first' : ''} ${rest.class ?? ''}`}>
      <div class="stack">
        {text && <div class="bubble" dir="auto"><Linked text={text} /></div>}
        {files.map(file => <FileChip key={file.id ?? file.name} file={file} hub={hub} format={format} />)}
        {foot && <div class="foot">{foot}</div>}
      </div>
    </div>
  )
}

function FileChip({ file, hub, format }: { file: FileRef; hub: string; format: Format }) {
  const inside = (
    <>
      <ClipIcon />
      <span><bdi>{file.name}</bdi><small>{format.size(file.size)}</small></span>
    </>
  )
  return file.url
    ? <a class="bubble file" href={new URL(file.url, `${hub}/`).href} target="_blank" rel="noopener noreferrer">{inside}</a>
    : <div class="bubble file">{inside}</div>
}
