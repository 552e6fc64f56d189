import type { ReactNode } from 'react'
import { go } from '../lib/router'

interface Props {
  to: string
  className?: string | undefined
  title?: string
  children: ReactNode
  testid?: string
}

/** A link within the console: one click goes there, with a modifier the browser does as it always does. */
export function PlainLink({ to, className, title, children, testid }: Props) {
  return (
    <a
      href={to} className={className} title={title} data-testid={testid}
      onClick={(event) => {
        if (event.metaKey || event.ctrlKey || event.button !== 0) return
        event.preventDefault()
        go(to)
      }}
    >
      {children}
    </a>
  )
}
